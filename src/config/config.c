/* config.json: the way from the file and the environment to struct config. */
#include "config/config.h"

#include "config/cross_check.h"
#include "config/environment.h"
#include "config/group.h"
#include "config/keys.h"
#include "config/kind.h"
#include "config/names.h"
#include "config/value.h"
#include "util/buf.h"
#include "util/environment.h"
#include "util/secure_file.h"
#include "util/xalloc.h"
#include "json/document.h"
#include "json/strict.h"

#include <json-c/json.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

/* A configuration while it is read. */
struct reading {
	const char *path; /* of the file */
	mode_t mode;
	struct json_object *root;
	struct config config;
	struct notes *faults, *warnings;
	struct string_list secrets; /* variables that held some */
	bool kind_at_fault;         /* registry.kind: nobody knows which keys it has */
	bool rule_at_fault;         /* what says what is to be deleted was given, but not rightly */
};

static void end_reading(struct reading *reading)
{
	json_object_put(reading->root);
	config_clear(&reading->config);
	for (size_t i = 0; i < reading->secrets.count; i++)
		environment_forget(reading->secrets.items[i]);
	string_list_clear(&reading->secrets);
}

/* Where KEY stands: the top, or its section, which may be missing or of a wrong type. */
static bool find_section(struct json_object *root, const struct config_key *key,
			 struct json_object **section)
{
	size_t length = strcspn(key->path, ".");
	CLEANUP(free_p) char *name = xstrndup(key->path, length);

	*section = root;
	return !key->path[length] || json_object_object_get_ex(root, name, section);
}

/* The value of KEY in the file, in VALUE, which may be a JSON null. False: it is not given. */
static bool find_value(struct json_object *root, const struct config_key *key,
		       struct json_object **value)
{
	struct json_object *section;

	return find_section(root, key, &section) &&
	       json_object_get_type(section) == json_type_object &&
	       json_object_object_get_ex(section, config_key_name(key), value);
}

/* False when the section of KEY is no object: that was said already. */
static bool good_section(struct json_object *root, const struct config_key *key)
{
	struct json_object *section;

	return !find_section(root, key, &section) ||
	       json_object_get_type(section) == json_type_object;
}

static bool holds_password(const struct config_key *key, struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!key->secret || json_object_get_type(value) != json_type_string ||
	    config_environment_is_reference(value))
		return false;
	return key->rule == RULE_PROXY ? strchr(text, '@') != NULL : *text != '\0';
}

/* Of one string of VALUE, or of VALUE itself, as KEY has it. */
static bool holds_some(const struct config_key *key, struct json_object *value)
{
	if (json_object_get_type(value) != json_type_array)
		return holds_password(key, value);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		if (holds_password(key, json_object_array_get_idx(value, i)))
			return true;
	}
	return false;
}

/* The key of GROUP that holds a password in an item of LIST, as notes call it; the caller's. NULL:
 * none does. */
static char *find_password(const struct config_key *key, struct json_object *list)
{
	const struct config_group *group = key->group;
	struct json_object *value;

	if (!key->secret || json_object_get_type(list) != json_type_array)
		return NULL;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		for (size_t k = 0; k < group->key_count; k++) {
			const char *name = config_key_name(&group->keys[k]);

			if (json_object_get_type(item) == json_type_object &&
			    json_object_object_get_ex(item, name, &value) &&
			    holds_some(&group->keys[k], value))
				return xasprintf("%s[%zu].%s", key->path, i, name);
		}
	}
	return NULL;
}

static char *where_password_is(const struct config_key *key, struct json_object *value)
{
	if (key->type == CONFIG_GROUP)
		return find_password(key, value);
	return holds_password(key, value) ? xstrdup(key->path) : NULL;
}

static bool set_value(struct reading *reading, const struct config_key *key, const char *name,
		      struct json_object *value)
{
	return key->type == CONFIG_GROUP
		       ? config_group_set(key, name, value, &reading->config, reading->faults)
		       : config_value_set(key, name, value, &reading->config, reading->faults);
}

/* Puts VALUE, which notes call NAME, into its field. */
static bool take_value(struct reading *reading, const struct config_key *key, const char *name,
		       struct json_object *value)
{
	if (!set_value(reading, key, name, value))
		return false;
	if (key->type == CONFIG_GROUP && json_object_array_length(value) == 0)
		notes_add(reading->warnings, "%s: the list is empty, as if it were not given",
			  name);
	return true;
}

static bool take_variable(struct reading *reading, const struct config_key *key,
			  const char *variable, const char *text)
{
	CLEANUP(document_put) struct json_object *value = NULL;
	struct string_list *secrets = key->secret ? &reading->secrets : NULL;

	return config_environment_read(key, variable, text, &value, secrets, reading->faults) &&
	       take_value(reading, key, variable, value);
}

static bool take_from_file(struct reading *reading, const struct config_key *key,
			   struct json_object *value)
{
	struct string_list *secrets = key->secret ? &reading->secrets : NULL;
	CLEANUP(free_p)
	char *place = reading->mode & S_IROTH ? where_password_is(key, value) : NULL;

	if (place) {
		config_note_exposed(&reading->config, reading->path);
		notes_add(reading->warnings, "%s: everybody can read it; run: chmod o-r %s", place,
			  reading->path);
	}
	return config_environment_replace(value, key->path, secrets, reading->faults) &&
	       take_value(reading, key, key->path, value);
}

static void take_fallback(struct reading *reading, const struct config_key *key)
{
	CLEANUP(document_put)
	struct json_object *fallback = xchecked(json_tokener_parse(key->fallback));

	set_value(reading, key, key->path, fallback);
	if (key->offset == offsetof(struct config, paths.state))
		config_finish_state(&reading->config, reading->faults);
}

/* The value that KEY was given, by its VARIABLE or in the file; false: it is at fault. GIVEN: it
 * was.
 */
static bool take_given(struct reading *reading, const struct config_key *key, bool *given)
{
	CLEANUP(free_p) char *variable = config_environment_name(key);
	const char *text = getenv(variable);
	struct json_object *value = NULL;
	bool in_file = find_value(reading->root, key, &value);

	*given = text || in_file;
	if (*given && !reading->kind_at_fault &&
	    !config_kind_allows(key, text ? variable : key->path, reading->config.registry.kind,
				reading->faults))
		return false;
	if (text && in_file && key->secret)
		config_environment_note(value, &reading->secrets);
	if (text)
		return take_variable(reading, key, variable, text);
	return !in_file || take_from_file(reading, key, value);
}

static void set_key(struct reading *reading, const struct config_key *in_table)
{
	const struct config_key key = config_kind_key(in_table, reading->config.registry.kind);
	bool section_is_good = good_section(reading->root, &key);
	bool given, good = take_given(reading, &key, &given);

	if (!good && key.offset == offsetof(struct config, registry.kind))
		reading->kind_at_fault = true;
	if (!given && key.fallback)
		take_fallback(reading, &key);
	else if (!given && !key.optional && section_is_good && !reading->kind_at_fault)
		notes_add(reading->faults, "%s: required, but missing", key.path);
	if (key.selects && (!good || !section_is_good))
		reading->rule_at_fault = true;
}

static void override(struct config *config, const struct config_overrides *overrides)
{
	if (!overrides || !overrides->repositories_file)
		return;
	free(config->cleanup.repositories_file);
	config->cleanup.repositories_file = xstrdup(overrides->repositories_file);
}

/* Children shall not have it. */
static void take_scaleway_variable(struct reading *reading)
{
	static const char NAME[] = "SCW_SECRET_KEY";
	struct config *config = &reading->config;
	const char *text = getenv(NAME);

	if (!text || !config->registry.scaleway_config || !*config->registry.scaleway_config)
		return;
	config->scaleway_variable = xstrdup(text);
	string_list_add(&reading->secrets, xstrdup(NAME));
}

/* Nor under any other name: what exports the key for Scaleway's own tools, too. */
static void take_copies(struct reading *reading)
{
	const char *key = reading->config.registry.secret_key;

	if (!key || !*key)
		return;
	for (char **at = environ; at && *at; at++) {
		size_t length = strcspn(*at, "=");

		if ((*at)[length] && strcasecmp(*at + length + 1, key) == 0)
			string_list_add(&reading->secrets, xstrndup(*at, length));
	}
}

/* Rules between keys that depend on the kind of registry. */
static void finish_registry(struct config *config, struct notes *faults)
{
	config_finish_kind(config, faults);
	config_finish_container(config, faults);
	config_finish_storage(config, faults);
	config_finish_login(config, faults);
	config_finish_pulls(config, faults);
	config_finish_method(config, faults);
}

static void read_keys(struct reading *reading, const struct config_overrides *overrides)
{
	struct config *config = &reading->config;

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		set_key(reading, &CONFIG_KEYS[i]);
	override(config, overrides);
	take_scaleway_variable(reading);
	take_copies(reading);
	config_finish_rules(config, reading->rule_at_fault, reading->faults, reading->warnings);
	if (!reading->kind_at_fault)
		finish_registry(config, reading->faults);
	config_finish_watch(config, reading->faults);
	if (reading->faults->count == 0)
		config_finish_warn(config, (int64_t)time(NULL), reading->warnings);
}

/* Checks what can be checked without the values. */
static int read_text(struct reading *reading, const struct buf *text)
{
	struct json_repeats repeats;
	struct err err;

	if (json_strict_parse(buf_string(text), text->length, &reading->root, &repeats, &err) < 0) {
		notes_add(reading->faults, "%s", err.msg);
		return -1;
	}
	config_names_repeats(&repeats, CONFIG_KEYS, CONFIG_KEY_COUNT, reading->faults);
	json_repeats_clear(&repeats);
	if (json_object_get_type(reading->root) != json_type_object) {
		notes_add(reading->faults, "line 1: expected an object, found %s",
			  config_found_name(reading->root));
		return -1;
	}
	config_names_check(reading->root, CONFIG_KEYS, CONFIG_KEY_COUNT, reading->faults);
	config_environment_check(CONFIG_KEYS, CONFIG_KEY_COUNT, reading->faults);
	return 0;
}

int config_load(const char *path, const struct config_overrides *overrides, struct config *out,
		struct notes *faults, struct notes *warnings)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(end_reading)
	struct reading reading = { .path = path, .faults = faults, .warnings = warnings };
	struct stat status = { 0 };

	if (secure_file_read(path, JSON_STRICT_SIZE_LIMIT, &text, &status, faults) < 0)
		return -1;
	reading.mode = status.st_mode;
	if (read_text(&reading, &text) < 0)
		return -1;
	read_keys(&reading, overrides);
	if (faults->count > 0) {
		notes_clear(warnings);
		return -1;
	}
	*out = reading.config;
	reading.config = (struct config){ 0 };
	return 0;
}

void config_note_exposed(struct config *config, const char *path)
{
	free(config->exposed_file);
	config->exposed_file = xstrdup(path);
}

void config_clear(struct config *config)
{
	free(config->exposed_file);
	config->exposed_file = NULL;
	free(config->scaleway_variable);
	config->scaleway_variable = NULL;
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		if (CONFIG_KEYS[i].type == CONFIG_GROUP)
			config_group_clear(&CONFIG_KEYS[i], config);
		else
			config_value_clear(&CONFIG_KEYS[i], config);
	}
}

static void describe(const struct config_key *key, FILE *out)
{
	char name[CONFIG_TYPE_NAME];

	fprintf(out, "%s\t%s", key->path, config_type_name(key, name));
	if (key->type == CONFIG_NUMBER || key->type == CONFIG_DECIMAL)
		fprintf(out, ", %ld to %ld", key->minimum, key->maximum);
	fprintf(out, "\t%s\t%s\n",
		key->fallback   ? key->fallback
		: key->optional ? "none"
				: "required",
		key->meaning);
}

void config_describe(FILE *out)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_group *group = CONFIG_KEYS[i].group;

		describe(&CONFIG_KEYS[i], out);
		for (size_t k = 0; group && k < group->key_count; k++)
			describe(&group->keys[k], out);
	}
}
