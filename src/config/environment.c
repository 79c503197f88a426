/* Variables of the environment instead of values in the file. */
#include "config/environment.h"

#include "config/config.h"
#include "config/value.h"
#include "util/buf.h"
#include "util/edit_distance.h"
#include "util/xalloc.h"
#include "json/strict.h"
#include "json/string.h"

#include <json-c/json.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define PREFIX    "CLEAN_REGISTRY_"
#define REFERENCE "__ENV:"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS  "0123456789"

char *config_environment_name(const struct config_key *key)
{
	char *name = xasprintf(PREFIX "%s", key->path);

	for (char *at = name + strlen(PREFIX); *at; at++) {
		if (*at == '.')
			*at = '_';
		else if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	}
	return name;
}

/* GIVEN is no key's variable: what was probably meant. */
static void note_unknown(const char *given, const struct config_key *keys, size_t count,
			 struct notes *faults)
{
	const char *rest = given + strlen(PREFIX);
	/* A third of the letters may be wrong, and one always may. */
	size_t nearest = (strlen(rest) < 3 ? 1 : strlen(rest) / 3) + 1;
	CLEANUP(free_p) char *meant = NULL;

	for (size_t i = 0; i < count; i++) {
		char *name = config_environment_name(&keys[i]);
		const char *own = name + strlen(PREFIX);
		size_t distance = edit_distance(rest, strlen(rest), own, strlen(own));

		if (distance < nearest) {
			char *before = meant;

			nearest = distance;
			meant = name;
			name = before;
		}
		free(name);
	}
	if (meant)
		notes_add(faults, "%.100s: unknown variable; did you mean %s?", given, meant);
	else
		notes_add(faults, "%.100s: unknown variable", given);
}

void config_environment_check(const struct config_key *keys, size_t count, struct notes *faults)
{
	for (char **at = environ; at && *at; at++) {
		CLEANUP(free_p) char *given = xstrndup(*at, strcspn(*at, "="));
		bool known = false;

		if (strncmp(given, PREFIX, strlen(PREFIX)) != 0)
			continue;
		for (size_t i = 0; i < count && !known; i++) {
			CLEANUP(free_p) char *name = config_environment_name(&keys[i]);

			known = strcmp(name, given) == 0;
		}
		if (!known)
			note_unknown(given, keys, count, faults);
	}
}

static bool is_plain(const struct config_key *key)
{
	return key->type == CONFIG_STRING || key->type == CONFIG_DATE || key->type == CONFIG_CHOICE;
}

/* NULL, or what keeps TEXT from being a string of the configuration. */
static const char *problem_of(const char *text)
{
	CLEANUP(buf_free) struct buf quoted = { 0 }, ignored = { 0 };
	const char *at;

	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_text(&quoted, "\\");
		buf_add(&quoted, text, 1);
	}
	buf_text(&quoted, "\"");
	at = buf_string(&quoted);
	return json_string_scan(&at, at + quoted.length, &ignored);
}

static bool read_json(const struct config_key *key, const char *variable, const char *text,
		      struct json_object **value, struct notes *faults)
{
	char wanted[CONFIG_TYPE_NAME];
	struct json_repeats repeats;
	struct err err;
	bool good;

	if (json_strict_parse(text, strlen(text), value, &repeats, &err) < 0) {
		notes_add(faults, "%s: expected %s as JSON: %s", variable,
			  config_type_name(key, wanted), err.msg);
		return false;
	}
	for (size_t i = 0; i < repeats.count; i++)
		notes_add(faults, "%s%.100s: given twice", variable, repeats.items[i].path);
	good = repeats.count == 0;
	json_repeats_clear(&repeats);
	return good;
}

bool config_environment_is_reference(struct json_object *value)
{
	return json_object_get_type(value) == json_type_string &&
	       strncmp(json_object_get_string(value), REFERENCE, strlen(REFERENCE)) == 0;
}

static bool is_variable(const char *name)
{
	return *name && !strchr(DIGITS, *name) && name[strspn(name, LETTERS DIGITS)] == '\0';
}

static void add_name(struct string_list *list, const char *name)
{
	if (!list)
		return;
	list->items = xreallocarray(list->items, list->count + 2, sizeof *list->items);
	list->items[list->count++] = xstrdup(name);
	list->items[list->count] = NULL;
}

void config_environment_note(struct json_object *value, struct string_list *used)
{
	const char *variable;

	if (!config_environment_is_reference(value))
		return;
	variable = json_object_get_string(value) + strlen(REFERENCE);
	variable += strspn(variable, " ");
	if (is_variable(variable))
		add_name(used, variable);
}

static bool replace_string(struct json_object *value, const char *name, struct string_list *used,
			   struct notes *faults)
{
	const char *variable = json_object_get_string(value) + strlen(REFERENCE);
	const char *text, *problem;

	variable += strspn(variable, " ");
	/* The value may be a password: never print it. */
	if (!is_variable(variable)) {
		notes_add(faults, "%s: expected the name of a variable behind " REFERENCE, name);
		return false;
	}
	text = getenv(variable);
	if (!text) {
		notes_add(faults, "%s: the variable %s is not set", name, variable);
		return false;
	}
	problem = problem_of(text);
	if (problem) {
		notes_add(faults, "%s: the variable %s: %s", name, variable, problem);
		return false;
	}
	add_name(used, variable);
	json_object_set_string(value, text);
	return true;
}

static bool replace_items(struct json_object *list, const char *name, struct string_list *used,
			  struct notes *faults)
{
	bool good = true;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		CLEANUP(free_p) char *item_name = xasprintf("%s[%zu]", name, i);

		if (!config_environment_replace(json_object_array_get_idx(list, i), item_name, used,
						faults))
			good = false;
	}
	return good;
}

static bool replace_members(struct json_object *object, const char *name, struct string_list *used,
			    struct notes *faults)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	bool good = true;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		CLEANUP(free_p)
		char *path = xasprintf("%s.%.100s", name, json_object_iter_peek_name(&at));

		if (!config_environment_replace(json_object_iter_peek_value(&at), path, used,
						faults))
			good = false;
	}
	return good;
}

bool config_environment_replace(struct json_object *value, const char *name,
				struct string_list *used, struct notes *faults)
{
	if (config_environment_is_reference(value))
		return replace_string(value, name, used, faults);
	if (json_object_get_type(value) == json_type_array)
		return replace_items(value, name, used, faults);
	if (json_object_get_type(value) == json_type_object)
		return replace_members(value, name, used, faults);
	return true;
}

bool config_environment_read(const struct config_key *key, const char *variable, const char *text,
			     struct json_object **value, struct string_list *used,
			     struct notes *faults)
{
	const char *problem;

	*value = NULL;
	add_name(used, variable);
	if (!is_plain(key))
		return read_json(key, variable, text, value, faults) &&
		       config_environment_replace(*value, variable, used, faults);
	problem = problem_of(text);
	if (problem) {
		notes_add(faults, "%s: %s", variable, problem);
		return false;
	}
	*value = xchecked(json_object_new_string(text));
	return true;
}
