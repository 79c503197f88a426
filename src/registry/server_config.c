/* Finds what matters in the registry's config.yml, and what its environment changes of that. */
#include "registry/server_config.h"

#include "registry/exec.h"
#include "registry/server_listen.h"
#include "registry/server_yaml.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ASK_LIMIT   ((size_t)1 << 20)
#define ASK_SECONDS 20

/* A value of several lines looks like a line that begins no variable. */
static bool is_continued(const char *next)
{
	size_t name =
		strspn(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return *next && (name == 0 || next[name] != '=');
}

static enum config_says flag_says(enum server_flag flag)
{
	switch (flag) {
	case FLAG_ABSENT:
	case FLAG_FALSE:
		return CONFIG_NO;
	case FLAG_TRUE:
		return CONFIG_YES;
	case FLAG_ODD:
		break;
	}
	return CONFIG_UNKNOWN;
}

static enum config_says read_value(const char *value, enum server_place place)
{
	size_t length = strcspn(value, "\n");
	CLEANUP(free_p) char *text = xstrndup(value, length);
	struct server_findings found;

	if ((value[length] && is_continued(value + length + 1)) ||
	    !server_yaml_read(text, place, &found))
		return CONFIG_UNKNOWN;
	if (place == PLACE_DELETE_ENABLED)
		return flag_says(found.deletes);
	if (found.cached || found.remote)
		return CONFIG_YES;
	/* The registry would not start on such a storage. */
	return place == PLACE_STORAGE && !found.storage ? CONFIG_UNKNOWN : CONFIG_NO;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static void apply(const char *environment, const char *name, enum server_place place,
		  enum config_says *says)
{
	size_t length = strlen(name);
	bool again = false;

	for (const char *line = environment; *line; line = next_line(line)) {
		if (strncmp(line, name, length) != 0 || line[length] != '=')
			continue;
		*says = again ? CONFIG_UNKNOWN : read_value(line + length + 1, place);
		again = true;
	}
}

/* Below storage the registry takes names in any case, and it may learn new ones. */
static bool is_odd_cache_variable(const char *line)
{
	static const char STORAGE[] = "REGISTRY_STORAGE_";
	static const char VALUE[] = "CACHE_BLOBDESCRIPTOR=";

	if (strncmp(line, STORAGE, sizeof STORAGE - 1) != 0)
		return false;
	line += sizeof STORAGE - 1;
	if (strncasecmp(line, "CACHE", 5) != 0 || (line[5] != '_' && line[5] != '='))
		return false;
	return strncmp(line, "CACHE=", 6) != 0 && strncmp(line, VALUE, sizeof VALUE - 1) != 0;
}

static bool has_odd_cache_variable(const char *environment)
{
	for (const char *line = environment; *line; line = next_line(line)) {
		if (is_odd_cache_variable(line))
			return true;
	}
	return false;
}

/* In the order in which the registry applies its variables: by name. */
static void apply_environment(const char *environment, struct server_config *out)
{
	enum config_says alias = CONFIG_UNKNOWN;

	apply(environment, "REGISTRY_PROXY", PLACE_PROXY, &out->proxy);
	apply(environment, "REGISTRY_PROXY_REMOTEURL", PLACE_REMOTE_URL, &out->proxy);
	apply(environment, "REGISTRY_STORAGE", PLACE_STORAGE, &out->cache);
	apply(environment, "REGISTRY_STORAGE_CACHE", PLACE_CACHE, &out->cache);
	apply(environment, "REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR", PLACE_CACHE_VALUE, &out->cache);
	apply(environment, "REGISTRY_STORAGE_CACHE_LAYERINFO", PLACE_CACHE_VALUE, &alias);
	if (alias == CONFIG_YES)
		out->cache = CONFIG_YES;
	else if (out->cache == CONFIG_NO && has_odd_cache_variable(environment))
		out->cache = CONFIG_UNKNOWN;
}

/* distribution's default. */
static const char DEFAULT_ROOT[] = "/var/lib/registry";

static void set_root(const char *text, size_t length, struct server_config *out)
{
	if (length >= sizeof out->root || *text != '/')
		length = 0;
	while (length > 1 && text[length - 1] == '/')
		length--;
	memcpy(out->root, text, length);
	out->root[length] = '\0';
}

static void found_root(const struct server_findings *found, struct server_config *out)
{
	if (!(found->seen & 1U << PLACE_FILESYSTEM))
		out->root[0] = '\0';
	else if (found->root_directory[0])
		set_root(found->root_directory, strlen(found->root_directory), out);
	else if (!(found->seen & 1U << PLACE_ROOT_DIRECTORY))
		set_root(DEFAULT_ROOT, sizeof DEFAULT_ROOT - 1, out);
}

/* Any other setting of the storage, in any case of letters, makes its root unknown. */
static void apply_root(const char *environment, struct server_config *out)
{
	static const char STORAGE[] = "REGISTRY_STORAGE=", FILES[] = "REGISTRY_STORAGE_FILESYSTEM";
	static const char NAME[] = "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=";
	static const char THREADS[] = "REGISTRY_STORAGE_FILESYSTEM_MAXTHREADS=";
	bool doubtful = false;

	for (const char *line = environment; *line; line = next_line(line)) {
		const char *value = line + sizeof NAME - 1;
		size_t length = strcspn(line, "\n");

		if (strncmp(line, NAME, sizeof NAME - 1) == 0 &&
		    (!line[length] || !is_continued(line + length + 1)))
			set_root(value, strcspn(value, "\n"), out);
		else if (strncasecmp(line, STORAGE, sizeof STORAGE - 1) == 0 ||
			 (strncasecmp(line, FILES, sizeof FILES - 1) == 0 &&
			  strncmp(line, THREADS, sizeof THREADS - 1) != 0))
			doubtful = true;
	}
	if (doubtful)
		out->root[0] = '\0';
}

/* The first word of what follows REGISTRY_STORAGE_ is a setting, or a driver. */
static bool is_of_driver(const char *name, const char *driver)
{
	static const char *const SETTINGS[] = { "MAINTENANCE", "CACHE", "DELETE", "REDIRECT",
						"TAG" };
	size_t length = strcspn(name, "_=\n");

	for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
		if (strlen(SETTINGS[i]) == length && strncasecmp(name, SETTINGS[i], length) == 0)
			return true;
	}
	return strlen(driver) == length && strncasecmp(name, driver, length) == 0;
}

/* REGISTRY_STORAGE replaces the file's storage; the others go into what there is. */
static void apply_driver(const char *environment, struct server_config *out)
{
	static const char STORAGE[] = "REGISTRY_STORAGE";
	bool doubtful = false, again = false;

	for (const char *line = environment; *line; line = next_line(line)) {
		const char *value = line + sizeof STORAGE;
		size_t length = strcspn(line, "\n");
		struct server_findings found;

		if (strncasecmp(line, STORAGE, sizeof STORAGE - 1) != 0 ||
		    line[sizeof STORAGE - 1] != '=')
			continue;
		CLEANUP(free_p) char *text = xstrndup(value, strcspn(value, "\n"));

		doubtful |= again || strncmp(line, STORAGE, sizeof STORAGE - 1) != 0 ||
			    (line[length] && is_continued(line + length + 1)) ||
			    !server_yaml_read(text, PLACE_STORAGE, &found);
		again = true;
		if (!doubtful)
			memcpy(out->driver, found.driver, sizeof out->driver);
	}
	for (const char *line = environment; *line; line = next_line(line)) {
		if (strncasecmp(line, STORAGE, sizeof STORAGE - 1) == 0 &&
		    line[sizeof STORAGE - 1] == '_')
			doubtful |= !is_of_driver(line + sizeof STORAGE, out->driver);
	}
	if (doubtful)
		out->driver[0] = '\0';
}

/* A variable whose name begins with NAME, in any case of letters. */
static bool has_variable(const char *environment, const char *name)
{
	for (const char *line = environment; *line; line = next_line(line))
		if (strncasecmp(line, name, strlen(name)) == 0)
			return true;
	return false;
}

/* Any other variable about the same, in any case of letters, is not weighed against them. */
static void apply_flags(const char *environment, struct server_config *out)
{
	static const char DELETE[] = "REGISTRY_STORAGE_DELETE";
	static const char ENABLED[] = "REGISTRY_STORAGE_DELETE_ENABLED=";

	apply(environment, "REGISTRY_STORAGE_DELETE_ENABLED", PLACE_DELETE_ENABLED, &out->deletes);
	for (const char *line = environment; *line; line = next_line(line)) {
		if (strncasecmp(line, DELETE, sizeof DELETE - 1) == 0 &&
		    strncmp(line, ENABLED, sizeof ENABLED - 1) != 0)
			out->deletes = CONFIG_UNKNOWN;
	}
	if (has_variable(environment, "REGISTRY_STORAGE="))
		out->deletes = CONFIG_UNKNOWN;
	if (has_variable(environment, "REGISTRY_STORAGE=") ||
	    has_variable(environment, "REGISTRY_STORAGE_MAINTENANCE"))
		out->readonly = CONFIG_UNKNOWN;
}

/* Which of several variables counts does not matter: any may. */
static bool names_redis(const char *environment)
{
	static const char STORAGE[] = "REGISTRY_STORAGE";

	for (const char *line = environment; *line; line = next_line(line)) {
		CLEANUP(free_p) char *text = xstrndup(line, strcspn(line, "\n"));

		if (strncasecmp(text, STORAGE, sizeof STORAGE - 1) == 0 &&
		    strcasestr(text, "redis"))
			return true;
	}
	return false;
}

void server_config_parse(const char *yaml, size_t length, const char *environment,
			 struct server_config *out)
{
	CLEANUP(free_p) char *text = xstrndup(yaml, length);
	struct server_findings found;

	*out = (struct server_config){ 0 };
	if (strlen(text) == length && server_yaml_read(text, PLACE_ROOT, &found)) {
		if (found.cached)
			out->cache = CONFIG_YES;
		else if (found.storage)
			out->cache = CONFIG_NO;
		out->cache_lasts = found.redis;
		found_root(&found, out);
		memcpy(out->driver, found.driver, sizeof out->driver);
		server_listen_found(&found, out);
		if (found.root)
			out->proxy = found.remote ? CONFIG_YES : CONFIG_NO;
		if (found.root) {
			out->sparse = found.sparse ? CONFIG_YES : CONFIG_NO;
			out->deletes = flag_says(found.deletes);
			out->readonly = flag_says(found.readonly);
		}
	}
	if (has_variable(environment, "REGISTRY_VALIDATION"))
		out->sparse = CONFIG_UNKNOWN;
	apply_environment(environment, out);
	out->cache_lasts |= names_redis(environment);
	apply_root(environment, out);
	apply_driver(environment, out);
	apply_flags(environment, out);
	server_listen_apply(environment, out);
}

bool server_config_is_filesystem(const struct server_config *config)
{
	return strcmp(config->driver, "filesystem") == 0;
}

bool server_config_has_no_folder(const struct server_config *config)
{
	return config->driver[0] && !server_config_is_filesystem(config);
}

static int ask(const char *const *exec, const char *const *words, struct buf *out, struct err *err)
{
	CLEANUP(free_p) const char **argv = exec_join(exec, words);
	CLEANUP(proc_answer_clear) struct proc_answer answer;
	char text[512];

	if (proc_ask(argv, ASK_SECONDS, ASK_LIMIT, &answer, err) < 0)
		return -1;
	if (answer.out.length >= ASK_LIMIT)
		return err_set(err, ERR_IO, "%s: more than 1 MiB", words[0]);
	if (!proc_succeeded(&answer)) {
		buf_clear(&answer.out); /* what it printed may have secrets in it */
		return err_set(err, ERR_IO, "%s: %s", words[0],
			       proc_failure(&answer, text, sizeof text));
	}
	buf_add(out, answer.out.data, answer.out.length);
	return 0;
}

int server_config_ask(const char *const *exec, const char *path, struct server_config *out,
		      struct err *err)
{
	const char *const read_file[] = { "cat", path, NULL }, *const list[] = { "env", NULL };
	CLEANUP(buf_free) struct buf yaml = { 0 };
	CLEANUP(buf_free) struct buf environment = { 0 };
	struct err unimportant;

	*out = (struct server_config){ 0 };
	if (ask(exec, read_file, &yaml, err) < 0)
		return err_wrap(err, "%s", path);
	if (ask(exec, list, &environment, &unimportant) == 0) {
		server_config_parse(buf_string(&yaml), yaml.length, buf_string(&environment), out);
	} else {
		server_config_parse(buf_string(&yaml), yaml.length, "", out);
		out->root[0] = '\0';
		out->driver[0] = '\0';
		out->sparse = CONFIG_UNKNOWN;
		out->deletes = CONFIG_UNKNOWN;
		out->readonly = CONFIG_UNKNOWN;
		out->listens = CONFIG_UNKNOWN;
		out->tls = CONFIG_UNKNOWN;
		out->login = CONFIG_UNKNOWN;
	}
	if ((!exec || !*exec) && out->deletes == CONFIG_NO)
		out->deletes = CONFIG_UNKNOWN;
	return 0;
}
