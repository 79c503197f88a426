/* One table of words, and one of exit statuses. Podman 4.3 and Docker 28 were tried, with runc and
 * the words of crun; those of nerdctl and kubectl are documented. */
#include "engine/failure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ENGINE_DOWN "the container engine cannot be reached: is it running, is DOCKER_HOST right?"
#define NO_PERMISSION \
	"no permission to reach the container engine: run as root, or as a member of its group"
#define NO_CONTAINER \
	"there is no such container: check registry.container (`docker ps` lists the names)"
#define NOT_RUNNING "the container is not running: start it (`docker start`)"
#define PAUSED      "the container is paused: `docker unpause` it"
#define NO_PROGRAM  "the registry's program is not found in the container: check registry.program"
#define NO_CLUSTER  "the cluster cannot be reached: check the context that kubectl uses"
#define NO_OPTION \
	"the engine does not know an option or command in registry.exec: check registry.exec"

static const struct symptom {
	const char *text; /* somewhere in a line, in any case */
	const char *also; /* and this, in the same line; NULL: nothing more */
	const char *meaning;
	bool not_started; /* the engine says so before it starts anything */
} SYMPTOMS[] = {
	{ "permission denied while trying to connect", NULL, NO_PERMISSION, true },
	{ "cannot connect to the docker daemon", NULL, ENGINE_DOWN, true },
	{ "failed to connect to the docker API", NULL, ENGINE_DOWN, true },
	{ "cannot connect to podman", NULL, ENGINE_DOWN, true },
	{ "cannot access containerd socket", NULL, ENGINE_DOWN, true },
	{ "unable to connect to the server", NULL, NO_CLUSTER, true },
	{ "the connection to the server", "was refused", NO_CLUSTER, true },
	{ "(Forbidden)", "pods/exec",
	  "the cluster does not let this user run anything in the registry's pod: it needs the "
	  "right to create pods/exec",
	  true },
	{ "no such container", NULL, NO_CONTAINER, true },
	{ "no such object", NULL, NO_CONTAINER, true },
	{ "container not found (\"", NULL, NO_CONTAINER, true },
	{ "(NotFound)", "not found",
	  "there is no such pod, deployment or namespace: check registry.exec (`kubectl get pods` "
	  "lists them)",
	  true },
	{ "pod does not exist", NULL, NO_CONTAINER, true },
	/* Podman of a container that is stopped or paused. */
	{ "container state improper", NULL,
	  "the container is not running, or is paused: start or unpause it (`podman ps -a` tells)",
	  true },
	{ "no running task found", NULL, NOT_RUNNING, true },
	{ "cannot exec in a stopped", NULL, NOT_RUNNING, true },
	{ "completed pod", NULL, NOT_RUNNING, true },
	{ "is restarting, wait until", NULL,
	  "the container is restarting: see why (`docker logs`) and wait until it runs", true },
	{ "is not running", NULL, NOT_RUNNING, true },
	{ "is paused", NULL, PAUSED, true },
	{ "paused container", NULL, PAUSED, true },
	/* runc: executable file not found; crun: executable file `x` not found */
	{ "executable file", "not found", NO_PROGRAM, true },
	{ "a command that was not found", NULL, NO_PROGRAM, true },
	{ "exec: \"", "no such file or directory", NO_PROGRAM, true },
	{ "exec: \"", "permission denied",
	  "the registry's program may not be executed in the container: check registry.program",
	  true },
	{ "OCI permission denied", NULL,
	  "the registry's program may not be executed in the container: check registry.program",
	  true },
	{ "unable to find user", NULL,
	  "the container does not know the user that registry.exec names: check registry.exec",
	  true },
	{ "is not a docker command", NULL, NO_OPTION, true },
	{ "unknown command: docker", NULL, NO_OPTION, true },
	{ "unrecognized command `podman", NULL, NO_OPTION, true },
	{ "unknown flag", NULL, "this program does not know our options: check registry.program",
	  false },
	{ "unknown shorthand flag", NULL,
	  "this program does not know our options: check registry.program", false },
	{ "unknown command", NULL, "this program has no garbage-collect: check registry.program",
	  false },
	{ "not compatible with database metadata", NULL,
	  "this registry keeps its metadata in a database and collects by itself: set gc.when to "
	  "never",
	  false },
};

/* What a status alone means: those of engines, of shells, and 128 + n for a signal. */
static const struct {
	int status;
	const char *meaning;
} STATUSES[] = {
	{ 125, "the container engine itself failed: check registry.exec" },
	{ 126, "the program cannot be executed: check registry.program and registry.exec" },
	{ 127, "a program was not found: check registry.program and registry.exec" },
	{ 137,
	  "it was killed (SIGKILL): was the container stopped or removed, or is memory short?" },
	{ 143, "it was told to end (SIGTERM): was the container stopped?" },
};

struct line {
	const char *text;
	size_t length;
};

/* The line at *AT, without blanks at its end; *AT goes to the next. False: there is none. */
static bool next_line(const char **at, struct line *line)
{
	*line = (struct line){ *at, strcspn(*at, "\n") };
	if (!**at)
		return false;
	*at += line->length + ((*at)[line->length] == '\n');
	while (line->length > 0 && isspace((unsigned char)line->text[line->length - 1]))
		line->length--;
	return true;
}

static bool has(const struct line *line, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i + length <= line->length; i++)
		if (strncasecmp(line->text + i, text, length) == 0)
			return true;
	return false;
}

static const struct symptom *symptom_of(const struct line *line)
{
	for (size_t i = 0; i < sizeof SYMPTOMS / sizeof *SYMPTOMS; i++)
		if (has(line, SYMPTOMS[i].text) &&
		    (!SYMPTOMS[i].also || has(line, SYMPTOMS[i].also)))
			return &SYMPTOMS[i];
	return NULL;
}

/* The earliest symptom of the table, and the line that has it. */
static const struct symptom *find_symptom(const char *text, struct line *line)
{
	const struct symptom *found = NULL, *symptom;
	struct line at;

	while (next_line(&text, &at)) {
		symptom = symptom_of(&at);
		if (symptom && (!found || symptom < found)) {
			found = symptom;
			*line = at;
		}
	}
	return found;
}

bool engine_failure_is_panic(const char *line)
{
	return strncmp(line, "panic: ", 7) == 0 || strncmp(line, "fatal error: ", 13) == 0;
}

/* Without a symptom: the first panic, else the last line that says something. */
static struct line plain_line(const char *text)
{
	struct line line, last = { text, 0 };

	while (next_line(&text, &line)) {
		if (line.length > 0)
			last = line;
		if (engine_failure_is_panic(line.text))
			break;
	}
	return last;
}

static enum engine_cause cause_of(const char *meaning)
{
	if (strcmp(meaning, NO_CONTAINER) == 0)
		return ENGINE_FAILED_NO_CONTAINER;
	return strcmp(meaning, NO_PERMISSION) == 0 || strcmp(meaning, ENGINE_DOWN) == 0 ||
			       strcmp(meaning, NO_CLUSTER) == 0
		       ? ENGINE_FAILED_UNREACHABLE
		       : ENGINE_FAILED;
}

/* The engine's own complaint of an option: the registry's program has no command `exec`. */
static bool is_of_engine(const char *text, const struct line *line, int status)
{
	return status == 125 || strstr(text, " exec --help") ||
	       (line->length > 5 && strncmp(line->text, "FATA[", 5) == 0);
}

static const char *meaning_of(int status)
{
	for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++)
		if (STATUSES[i].status == status)
			return STATUSES[i].meaning;
	return NULL;
}

struct engine_failure engine_failure_read(const char *text, int status)
{
	struct engine_failure failure = { 0 };
	struct line line = { 0 };
	const struct symptom *symptom = find_symptom(text, &line);

	if (symptom && strncmp(symptom->text, "unknown ", 8) == 0 &&
	    is_of_engine(text, &line, status)) {
		failure.meaning = NO_OPTION;
		failure.not_started = true;
	} else if (symptom) {
		failure.meaning = symptom->meaning;
		failure.cause = cause_of(symptom->meaning);
		failure.not_started = symptom->not_started;
	} else {
		line = plain_line(text);
		failure.meaning = meaning_of(status);
	}
	snprintf(failure.line, sizeof failure.line, "%.*s",
		 (int)(line.length > ENGINE_LINE ? ENGINE_LINE : line.length), line.text);
	return failure;
}
