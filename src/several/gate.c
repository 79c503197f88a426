/* The messages between the process of all and its children. */
#include "several/gate.h"

#include "config/config.h"
#include "util/environment.h"
#include "util/file.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char BEGIN[] = "begin";
/* Of the strings of a child's identity. */
enum { URL, STORAGE, COLLECTOR, FIRST_FILE, FIRST_VARIABLE = FIRST_FILE + GATE_FILES };

#define KEY(name, key) #key,
static const char *const KEYS[GATE_FILES] = { GATE_FILE_TABLE(KEY) };

void gate_identity_clear(struct gate_identity *identity)
{
	free(identity->url);
	free(identity->storage);
	free(identity->collector);
	for (int f = 0; f < GATE_FILES; f++)
		free(identity->files[f]);
	string_list_clear(&identity->variables);
	*identity = (struct gate_identity){ 0 };
}

void gate_open(struct several_gate *gate, int socket, const char *name, int64_t began_ms)
{
	*gate = (struct several_gate){ .socket = socket,
				       .name = xstrdup(name),
				       .began_ms = began_ms };
	for (char **at = environ; at && *at; at++)
		string_list_add(&gate->variables, xstrndup(*at, strcspn(*at, "=")));
}

/* URL with one name for this host, whichever of its own it has there. */
static char *plain_url(const char *url)
{
	static const char *const LOOPBACK[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;

	for (size_t i = 0; i < sizeof LOOPBACK / sizeof *LOOPBACK; i++) {
		size_t length = strlen(LOOPBACK[i]);

		if (strncmp(host, LOOPBACK[i], length) == 0 && strchr(":/", host[length]))
			return xasprintf("%.*slocalhost%s", (int)(host - url), url, host + length);
	}
	return xstrdup(url);
}

static void add(struct buf *text, const char *part)
{
	buf_add(text, part, strlen(part) + 1);
}

/* One command for one configuration is one collector, whatever the registry is called. */
static void add_collector(const struct config *config, struct buf *text)
{
	const struct string_list *exec = &config->registry.exec;

	for (size_t i = 0; config->gc.when != GC_NEVER && i < exec->count; i++)
		buf_format(text, "%s\n", exec->items[i]);
	add(text, config->gc.when != GC_NEVER ? config->paths.config : "");
}

/* PATH, which may be there or not, whichever way leads to it: what is written takes its place in
 * that folder, wherever that is mounted. */
static void add_file(const char *path, struct buf *text)
{
	CLEANUP(free_p) char *real = realpath(path, NULL);
	CLEANUP(free_p) char *folder = file_folder(real ? real : path);
	const char *name = strrchr(real ? real : path, '/');
	struct stat status;

	if (name && stat(folder, &status) == 0)
		buf_format(text, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	else
		name = path;
	add(text, name);
}

void gate_describe(const struct several_gate *gate, const struct config *config, struct buf *text)
{
	CLEANUP(free_p) char *url = plain_url(config->registry.url);
	char storage[64] = "";
	const char *const paths[GATE_FILES] = { [GATE_METRICS] = config->report.metrics_file,
						[GATE_HTML] = config->report.html_file,
						[GATE_LOG] = config->log.file };
	struct stat status;

	if (config->paths.host_storage[0] && stat(config->paths.host_storage, &status) == 0)
		(void)snprintf(storage, sizeof storage, "%ju:%ju", (uintmax_t)status.st_dev,
			       (uintmax_t)status.st_ino);
	add(text, url);
	add(text, storage);
	add_collector(config, text);
	for (int f = 0; f < GATE_FILES; f++)
		add_file(paths[f], text);
	for (size_t i = 0; i < gate->variables.count; i++) {
		if (!getenv(gate->variables.items[i]))
			add(text, gate->variables.items[i]);
	}
}

/* The strings at TEXT, each with its NUL; false: the last one has none. */
static bool split(const char *text, size_t length, struct string_list *parts)
{
	const char *end = text + length;

	if (length == 0 || end[-1] != '\0')
		return false;
	for (const char *at = text; at < end; at += strlen(at) + 1)
		string_list_add(parts, xstrdup(at));
	return true;
}

int gate_read_identity(const char *text, size_t length, struct gate_identity *identity)
{
	CLEANUP(string_list_clear) struct string_list parts = { 0 };

	*identity = (struct gate_identity){ 0 };
	if (!split(text, length, &parts) || parts.count < FIRST_VARIABLE)
		return -1;
	identity->url = xstrdup(parts.items[URL]);
	identity->storage = xstrdup(parts.items[STORAGE]);
	identity->collector = xstrdup(parts.items[COLLECTOR]);
	for (int f = 0; f < GATE_FILES; f++)
		identity->files[f] = xstrdup(parts.items[FIRST_FILE + f]);
	for (size_t i = FIRST_VARIABLE; i < parts.count; i++)
		string_list_add(&identity->variables, xstrdup(parts.items[i]));
	return 0;
}

char *gate_same_file(const struct gate_identity *a, const struct gate_identity *b)
{
	for (int f = 0; f < GATE_FILES; f++) {
		for (int g = 0; g < GATE_FILES; g++) {
			if ((f == GATE_LOG && g == GATE_LOG) || !*a->files[f] ||
			    strcmp(a->files[f], b->files[g]) != 0)
				continue;
			return f == g ? xstrdup(KEYS[f]) : xasprintf("%s and %s", KEYS[f], KEYS[g]);
		}
	}
	return NULL;
}

static bool put(int socket, const struct buf *text)
{
	return send(socket, text->data, text->length, MSG_NOSIGNAL) == (ssize_t)text->length;
}

bool gate_let_begin(int socket, const struct string_list *variables)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	add(&text, BEGIN);
	for (size_t i = 0; i < variables->count; i++)
		add(&text, variables->items[i]);
	return put(socket, &text);
}

/* Waits for the word to begin, or for a stop signal. */
static bool wait_for_word(int socket, struct string_list *parts)
{
	struct pollfd fds[] = { { .fd = socket, .events = POLLIN },
				{ .fd = stop_signal_fd(), .events = POLLIN } };
	CLEANUP(free_p) char *text = xmalloc(GATE_MESSAGE);
	ssize_t got;

	while (!fds[0].revents) {
		(void)poll(fds, 2, -1);
		if (stop_signal())
			return false;
	}
	got = recv(socket, text, GATE_MESSAGE, 0);
	return got > 0 && split(text, (size_t)got, parts) && strcmp(parts->items[0], BEGIN) == 0;
}

bool several_may_begin(struct several_gate *gate, const struct config *config)
{
	CLEANUP(string_list_clear) struct string_list parts = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };

	gate_describe(gate, config, &text);
	if (!put(gate->socket, &text) || !wait_for_word(gate->socket, &parts))
		return false;
	for (size_t i = 1; i < parts.count; i++)
		environment_forget(parts.items[i]);
	return true;
}

const char *several_name(const struct several_gate *gate)
{
	return gate->name;
}

int64_t several_time_left(const struct several_gate *gate, int64_t milliseconds)
{
	int64_t left = milliseconds - (time_monotonic_ms() - gate->began_ms);

	if (milliseconds == 0)
		return 0;
	return left < 1 ? 1 : left;
}

void several_tell(struct several_gate *gate, unsigned warnings, unsigned errors)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_format(&text, "%u", warnings);
	buf_add(&text, "", 1);
	buf_format(&text, "%u", errors);
	buf_add(&text, "", 1);
	/* Where nobody listens any more, there is no table. */
	(void)put(gate->socket, &text);
}

bool gate_read_counts(const char *text, size_t length, unsigned *warnings, unsigned *errors)
{
	CLEANUP(string_list_clear) struct string_list parts = { 0 };
	uint64_t first = 0, second = 0;

	if (!split(text, length, &parts) || parts.count != 2 ||
	    !units_parse_u64(parts.items[0], &first) || !units_parse_u64(parts.items[1], &second))
		return false;
	*warnings = (unsigned)first;
	*errors = (unsigned)second;
	return true;
}
