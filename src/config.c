/* config.json: the table of its keys, and the way from the file to struct config. */
#include "config.h"

#include "config_finish.h"
#include "config_names.h"
#include "config_value.h"
#include "json_text.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key has the name of its field. */
#define KEY(field) .path = #field, .offset = offsetof(struct config, field)

static const char *const SOURCES[] = {
	[SOURCE_AUTO] = "auto", [SOURCE_API] = "api", [SOURCE_STORAGE] = "storage", NULL
};
static const char *const AGES[] = {
	[AGE_CREATED] = "created", [AGE_PUSHED] = "pushed", [AGE_NEWEST] = "newest", NULL
};
static const char *const UNKNOWN_AGES[] = {
	[UNKNOWN_KEEP] = "keep", [UNKNOWN_PUSHED] = "pushed", NULL
};
static const char *const WHEN[] = {
	[GC_DELETED] = "deleted", [GC_ALWAYS] = "always", [GC_NEVER] = "never", NULL
};

static const struct config_key KEYS[] = {
	{ KEY(registry.url), .rule = RULE_URL,
	  .meaning = "Base of the v2 API, http or https; a path prefix is allowed" },
	{ KEY(registry.user), .rule = RULE_USER, .fallback = "\"\"",
	  .meaning = "Basic auth when it is not empty" },
	{ KEY(registry.password), .fallback = "\"\"", .secret = true,
	  .meaning = "Password of registry.user" },
	{ KEY(registry.container), .rule = RULE_CONTAINER, .fallback = "\"\"",
	  .meaning = "The registry's container; required when registry.exec or gc.restart mentions "
		     "{container}" },
	{ KEY(registry.exec), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY,
	  .fallback = "[\"docker\",\"exec\",\"{container}\"]",
	  .meaning = "Command prefix that reaches the registry's program; [] means on this host" },
	{ KEY(registry.program), .rule = RULE_NOT_EMPTY, .fallback = "\"registry\"",
	  .meaning = "The registry's program, for its collector" },
	{ KEY(registry.timeout), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 3600,
	  .fallback = "20", .meaning = "Seconds that a GET may take; a DELETE may take 600" },
	{ KEY(registry.retry_seconds), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 3600,
	  .fallback = "60",
	  .meaning = "Seconds for which one request may be repeated; 0 means never" },
	{ KEY(registry.max_concurrent_requests), .type = CONFIG_NUMBER, .minimum = 1,
	  .maximum = 200, .fallback = "20", .meaning = "Transfers in flight" },
	{ KEY(registry.ca_cert), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "File with the CA certificates to trust instead of the system's" },
	{ KEY(inventory.source), .type = CONFIG_CHOICE, .choices = SOURCES, .fallback = "\"auto\"",
	  .meaning =
		  "Where the registry is read: from its storage on this host, or through its API" },
	{ KEY(cleanup.days_to_keep), .type = CONFIG_NUMBER, .minimum = 1, .maximum = 36500,
	  .meaning = "Images older than this many days go" },
	{ KEY(cleanup.age_from), .type = CONFIG_CHOICE, .choices = AGES, .fallback = "\"created\"",
	  .meaning =
		  "What a tag's age is counted from: when its image was created, when the tag was "
		  "pushed, or the later of the two" },
	{ KEY(cleanup.unknown_age), .type = CONFIG_CHOICE, .choices = UNKNOWN_AGES,
	  .fallback = "\"keep\"",
	  .meaning =
		  "What becomes of a tag whose image has no date: it stays, or its push counts" },
	{ KEY(cleanup.protected_tags), .type = CONFIG_LIST, .rule = RULE_TAG,
	  .fallback = "[\"latest\"]", .meaning = "Tags that stay, by their exact names" },
	{ KEY(cleanup.protected_patterns), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY,
	  .fallback = "[]",
	  .meaning = "A tag that contains one of these stays; letter case does not matter" },
	{ KEY(cleanup.protected_repositories), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY,
	  .fallback = "[]", .meaning = "Globs of repositories in which everything stays" },
	{ KEY(paths.config), .rule = RULE_PATH,
	  .meaning = "The registry's own configuration file, where registry.exec runs" },
	{ KEY(paths.storage), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "Root of the storage, where registry.exec runs" },
	{ KEY(paths.host_storage), .rule = RULE_PATH_OR_NONE, .fallback = "\"\"",
	  .meaning = "Root of the storage on this host" },
	{ KEY(paths.state), .rule = RULE_PATH, .fallback = "\"/var/lib/clean-registry\"",
	  .meaning = "Folder for the lock and for what an interrupted run still owes" },
	{ KEY(gc.when), .type = CONFIG_CHOICE, .choices = WHEN, .fallback = "\"deleted\"",
	  .meaning = "When the collector runs: after deletions, always or never" },
	{ KEY(gc.restart), .type = CONFIG_LIST, .rule = RULE_NOT_EMPTY, .fallback = "[]",
	  .meaning = "Command that restarts the registry after a collection" },
	{ KEY(gc.second_opinion), .type = CONFIG_BOOLEAN, .fallback = "true",
	  .meaning = "Collect only if no tag needs what the collector would remove" },
	{ KEY(gc.quiet_minutes), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 1440,
	  .fallback = "0",
	  .meaning = "Minutes without a write to any upload before a collection; 0 means off" },
	{ KEY(gc.quiet_wait_minutes), .type = CONFIG_NUMBER, .minimum = 0, .maximum = 1440,
	  .fallback = "30", .meaning = "Minutes to wait for that" },
	{ KEY(log.file), .rule = RULE_PATH_OR_NONE, .fallback = "\"/var/log/clean-registry.log\"",
	  .meaning = "The log file; empty means none" },
};
#define KEY_COUNT (sizeof KEYS / sizeof *KEYS)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void put_object(struct json_object **object)
{
	json_object_put(*object);
}

const char *config_default_path(void)
{
	static const char *const paths[] = { "./config.json",
					     SYSCONFDIR "/clean-registry/config.json" };
	struct stat status;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		if (lstat(paths[i], &status) == 0)
			return paths[i];
	}
	return NULL;
}

/* Who can write the file decides what is deleted and which commands run. */
static void check_file(const char *path, const struct stat *status, struct config_notes *faults)
{
	if (!S_ISREG(status->st_mode)) {
		config_note(faults, "%s: not a regular file", path);
		return;
	}
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		config_note(faults,
			    "%s: it can be written by others than its owner; run: chmod go-w %s",
			    path, path);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		config_note(faults, "%s: it must belong to root or to the user who runs this",
			    path);
}

/* Reads what was checked: the same open file. */
static void read_file(const char *path, struct buf *text, struct stat *status,
		      struct config_notes *faults)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char block[16 * 1024];
	ssize_t count = 0;

	if (fd < 0 || fstat(fd, status) < 0) {
		config_note(faults, "%s: %s", path, strerror(errno));
		return;
	}
	check_file(path, status, faults);
	if (faults->count > 0)
		return;
	do {
		if (count > 0)
			buf_add(text, block, (size_t)count);
		count = read(fd, block, sizeof block);
	} while ((count > 0 && text->length <= JSON_TEXT_SIZE_LIMIT) ||
		 (count < 0 && errno == EINTR));
	if (count < 0)
		config_note(faults, "%s: %s", path, strerror(errno));
}

static bool find_section(struct json_object *root, const struct config_key *key,
			 struct json_object **section)
{
	CLEANUP(free_p) char *name = xstrndup(key->path, strcspn(key->path, "."));

	return json_object_object_get_ex(root, name, section);
}

/* The value of KEY in VALUE, which may be a JSON null. False: it is not given. */
static bool find_value(struct json_object *root, const struct config_key *key,
		       struct json_object **value)
{
	struct json_object *section;

	return find_section(root, key, &section) &&
	       json_object_get_type(section) == json_type_object &&
	       json_object_object_get_ex(section, strchr(key->path, '.') + 1, value);
}

static void note_missing(struct json_object *root, const struct config_key *key,
			 struct config_notes *faults)
{
	struct json_object *section;

	/* That a section is no object was said already. */
	if (!find_section(root, key, &section) || json_object_get_type(section) == json_type_object)
		config_note(faults, "%s: required, but missing", key->path);
}

static void set_key(struct json_object *root, const struct config_key *key, struct config *config,
		    struct config_notes *faults)
{
	struct json_object *value;

	if (find_value(root, key, &value)) {
		config_value_set(key, value, config, faults);
	} else if (key->fallback) {
		CLEANUP(put_object)
		struct json_object *fallback = json_tokener_parse(key->fallback);

		config_value_set(key, fallback, config, faults);
	} else {
		note_missing(root, key, faults);
	}
}

static void read_keys(struct json_object *root, struct config *config, struct config_notes *faults)
{
	const struct config_key *state = NULL;
	struct json_object *value;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		set_key(root, &KEYS[i], config, faults);
		if (KEYS[i].offset == offsetof(struct config, paths.state))
			state = &KEYS[i];
	}
	if (state && !find_value(root, state, &value))
		config_finish_state(config, faults);
	config_finish_container(config, faults);
	config_finish_storage(config, faults);
}

static void warn_readable_secret(const char *path, mode_t mode, const struct config *config,
				 struct config_notes *warnings)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		char *const *text = (const void *)((const char *)config + KEYS[i].offset);

		if (KEYS[i].secret && **text && mode & S_IROTH)
			config_note(warnings, "%s: everybody can read it; run: chmod o-r %s",
				    KEYS[i].path, path);
	}
}

int config_load(const char *path, struct config *out, struct config_notes *faults,
		struct config_notes *warnings)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(put_object) struct json_object *root = NULL;
	CLEANUP(config_clear) struct config config = { 0 };
	struct json_repeats repeats;
	struct stat status;
	struct err err;

	read_file(path, &text, &status, faults);
	if (faults->count > 0)
		return -1;
	if (json_text_parse(buf_string(&text), text.length, &root, &repeats, &err) < 0) {
		config_note(faults, "%s", err.msg);
		return -1;
	}
	config_names_repeats(&repeats, KEYS, KEY_COUNT, faults);
	json_repeats_clear(&repeats);
	if (json_object_get_type(root) != json_type_object) {
		config_note(faults, "line 1: expected an object, found %s",
			    config_found_name(root));
		return -1;
	}
	config_names_check(root, KEYS, KEY_COUNT, faults);
	read_keys(root, &config, faults);
	if (faults->count > 0)
		return -1;
	config_finish_warn(&config, warnings);
	warn_readable_secret(path, status.st_mode, &config, warnings);
	*out = config;
	config = (struct config){ 0 };
	return 0;
}

void config_clear(struct config *config)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		config_value_clear(&KEYS[i], config);
}

void config_describe(FILE *out)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct config_key *key = &KEYS[i];
		char name[CONFIG_TYPE_NAME];

		fprintf(out, "%s\t%s", key->path, config_type_name(key, name));
		if (key->type == CONFIG_NUMBER)
			fprintf(out, ", %ld to %ld", key->minimum, key->maximum);
		fprintf(out, "\t%s\t%s\n", key->fallback ? key->fallback : "required",
			key->meaning);
	}
}
