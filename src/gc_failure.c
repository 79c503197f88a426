/* A table of what container engines and collectors say when they fail. */
#include "gc_failure.h"

#include "config.h"
#include "storage/obstacles.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_2  "/etc/docker/registry/config.yml"
#define NO_FOLDER ": Path not found: /docker/registry/v2/repositories"
#define CONFIG_3  "/etc/distribution/config.yml"

struct symptom {
	const char *text; /* somewhere in stderr */
	const char *meaning;
	bool not_started; /* the engine says so before it starts anything */
};

static const struct symptom SYMPTOMS[] = {
	{ "permission denied while trying to connect to the Docker daemon",
	  "no permission to reach the container engine: run as root, or as a member of its group",
	  true },
	{ "Cannot connect to the Docker daemon",
	  "the container engine cannot be reached: is it running, is DOCKER_HOST right?", true },
	{ "No such container",
	  "there is no such container: check registry.container (`docker ps` lists the names)",
	  true },
	{ "is not running", "the container is not running: start it (`docker start`)", true },
	{ "is paused", "the container is paused: `docker unpause` it", true },
	{ "executable file not found",
	  "the registry's program is not found in the container: check registry.program", true },
	{ "unknown flag", "this program does not know our options: check registry.program", false },
	{ "unknown command", "this program has no garbage-collect: check registry.program", false },
	{ "not compatible with database metadata",
	  "this registry keeps its metadata in a database and collects by itself: set gc.when to "
	  "never",
	  false },
};

/* The last line that says something, for the end of the message. */
static void last_line(const char *errors, char *out, size_t size)
{
	size_t end = strlen(errors), begin;

	while (end > 0 && isspace((unsigned char)errors[end - 1]))
		end--;
	for (begin = end; begin > 0 && errors[begin - 1] != '\n'; begin--)
		;
	snprintf(out, size, "%.*s", (int)(end - begin > 400 ? 400 : end - begin), errors + begin);
}

static int config_path_failure(const struct config *config, struct err *err)
{
	const char *other = strcmp(config->paths.config, CONFIG_3) == 0 ? CONFIG_2 : CONFIG_3;

	return err_set(err, ERR_COLLECTOR,
		       "the collector cannot read its configuration %s: check paths.config (this "
		       "image may have it at %s)",
		       config->paths.config, other);
}

static int broken_link_failure(struct layout *layout, struct err *err)
{
	static const enum obstacle kinds[] = { OBSTACLE_REVISION, OBSTACLE_LAYER };
	struct obstacles found = { 0 };
	struct err ignored;
	int result = 0;

	if (layout && obstacles_find(layout, &found, &ignored) < 0)
		obstacles_clear(&found);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && result == 0; i++) {
		if (found.counts[kinds[i]] > 0)
			result = err_set(err, ERR_COLLECTOR,
					 "the collector met a broken link file and stopped before "
					 "it removed anything: remove or restore %s%s",
					 buf_string(&found.names[kinds[i]]),
					 found.counts[kinds[i]] > OBSTACLES_NAMED ? ", …" : "");
	}
	obstacles_clear(&found);
	if (result < 0)
		return result;
	return err_set(err, ERR_COLLECTOR,
		       "the collector met a broken link file (empty, or no digest in it) and "
		       "stopped before it removed anything: find it under repositories/ "
		       "(`find … -name link -size -71c`) and remove or restore it");
}

bool gc_never_started(const char *errors)
{
	for (size_t i = 0; i < sizeof SYMPTOMS / sizeof *SYMPTOMS; i++)
		if (SYMPTOMS[i].not_started && strstr(errors, SYMPTOMS[i].text))
			return true;
	return false;
}

bool gc_finds_no_repositories(const char *errors)
{
	const char *at = strstr(errors, "failed to mark: ");

	/* The folder itself: one below it says that something is broken there. */
	at = at ? strstr(at, NO_FOLDER) : NULL;
	return at && strspn(at + strlen(NO_FOLDER), "/ \r\n") == strlen(at + strlen(NO_FOLDER));
}

int gc_failure(const struct config *config, struct layout *layout, const struct proc_result *end,
	       const char *errors, int summary, struct err *err)
{
	char how[128], last[401];

	proc_describe(end, 0, how, sizeof how);
	last_line(errors, last, sizeof last);
	if (end->end == PROC_TIMEOUT)
		return err_set(err, ERR_COLLECTOR,
			       "the collector gave no answer within %g minutes: is its storage "
			       "reachable? A dry run that rightly takes longer (object storage) "
			       "needs a larger gc.question_minutes",
			       config->gc.question_minutes);
	if (end->end == PROC_ABANDONED)
		return err_set(err, ERR_COLLECTOR,
			       "the collector was left running; nothing is deleted until it is "
			       "known that it has ended");
	if (strstr(errors, "configuration error") ||
	    (strstr(errors, "no such file or directory") && strstr(errors, config->paths.config)))
		return config_path_failure(config, err);
	if (strstr(errors, "invalid checksum digest format"))
		return broken_link_failure(layout, err);
	if (gc_finds_no_repositories(errors))
		return err_set(err, ERR_COLLECTOR,
			       "the collector failed (%s): the registry has no repositories there: "
			       "is paths.config the file that the registry runs with?: %s",
			       how, last);
	for (size_t i = 0; i < sizeof SYMPTOMS / sizeof *SYMPTOMS; i++) {
		if (strstr(errors, SYMPTOMS[i].text))
			return err_set(err, ERR_COLLECTOR, "the collector failed (%s): %s: %s", how,
				       SYMPTOMS[i].meaning, last);
	}
	if (end->end == PROC_EXITED && end->status == 0 && !summary)
		return err_set(err, ERR_COLLECTOR,
			       "the collector exited 0 but printed no summary line, so it did "
			       "nothing: check registry.program and paths.config%s%s",
			       *last ? ": " : "", last);
	return err_set(err, ERR_COLLECTOR, "the collector failed (%s)%s%s", how, *last ? ": " : "",
		       last);
}
