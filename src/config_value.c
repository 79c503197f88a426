/* From a JSON value to a field of struct config, with every rule about single values. */
#include "config_value.h"

#include "config.h"
#include "config_url.h"
#include "util/xalloc.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void config_note(struct config_notes *notes, const char *format, ...)
{
	va_list arguments;
	char *line = NULL;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		die_internal("a note on the configuration cannot be formatted");
	va_end(arguments);
	for (char *at = line; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	notes->lines = xreallocarray(notes->lines, notes->count + 1, sizeof *notes->lines);
	notes->lines[notes->count++] = line;
}

void config_notes_clear(struct config_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->lines[i]);
	free(notes->lines);
	*notes = (struct config_notes){ 0 };
}

/* "a", "b" or "c" */
static void list_choices(const struct config_key *key, char text[CONFIG_TYPE_NAME])
{
	size_t used = 0;

	for (size_t i = 0; key->choices[i]; i++) {
		const char *separator = i == 0 ? "" : key->choices[i + 1] ? ", " : " or ";

		used += (size_t)snprintf(text + used, CONFIG_TYPE_NAME - used, "%s\"%s\"",
					 separator, key->choices[i]);
		if (used >= CONFIG_TYPE_NAME)
			die_internal("%s has too many choices", key->path);
	}
}

const char *config_type_name(const struct config_key *key, char text[CONFIG_TYPE_NAME])
{
	switch (key->type) {
	case CONFIG_STRING:
		return "a string";
	case CONFIG_NUMBER:
		return "a whole number";
	case CONFIG_LIST:
		return "a list of strings";
	case CONFIG_CHOICE:
		list_choices(key, text);
		return text;
	case CONFIG_BOOLEAN:
		return "true or false";
	}
	die_internal("%s has no type", key->path);
}

const char *config_found_name(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return json_object_get_boolean(value) ? "true" : "false";
	case json_type_double:
		return "a number with a fraction or an exponent";
	case json_type_int:
		return "a number";
	case json_type_object:
		return "an object";
	case json_type_array:
		return "a list";
	case json_type_string:
		return "a string";
	}
	return "something else";
}

static const char *tag_problem(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strlen(text);

	if (length > 128 || strspn(text, letters) < length || *text == '.' || *text == '-')
		return "is not a possible tag: letters, digits, '_', '.' and '-', at most 128, the "
		       "first of them neither '.' nor '-'";
	return NULL;
}

/* What is wrong with a string under RULE, as a phrase, or NULL. It never holds any of the string,
 * which may be a password. */
static const char *problem_of(enum config_rule rule, const char *text, size_t length)
{
	bool may_be_empty = rule == RULE_ANY || rule == RULE_USER || rule == RULE_CONTAINER ||
			    rule == RULE_PATH_OR_NONE;

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return "must not hold NUL or other control characters";
	}
	if (length == 0)
		return may_be_empty ? NULL : "must not be empty";
	if (rule == RULE_URL)
		return config_url_problem(text);
	if (rule == RULE_USER && strchr(text, ':'))
		return "must not hold ':', which separates user and password in Basic auth";
	if (rule == RULE_CONTAINER && *text == '-')
		return "must not begin with '-'";
	if ((rule == RULE_PATH || rule == RULE_PATH_OR_NONE) && *text != '/')
		return "must be an absolute path, beginning with '/'";
	if (rule == RULE_TAG)
		return tag_problem(text);
	return NULL;
}

static bool wrong_type(const struct config_key *key, struct json_object *value,
		       struct config_notes *faults)
{
	char name[CONFIG_TYPE_NAME];

	config_note(faults, "%s: expected %s, found %s", key->path, config_type_name(key, name),
		    config_found_name(value));
	return false;
}

static bool set_string(const struct config_key *key, struct json_object *value, char **field,
		       struct config_notes *faults)
{
	const char *text = json_object_get_string(value);
	const char *problem =
		problem_of(key->rule, text, (size_t)json_object_get_string_len(value));

	if (problem) {
		config_note(faults, "%s: %s", key->path, problem);
		return false;
	}
	*field = key->rule == RULE_URL ? config_url_normal(text) : xstrdup(text);
	return true;
}

static bool set_number(const struct config_key *key, struct json_object *value, long *field,
		       struct config_notes *faults)
{
	/* Numbers beyond 64 bits arrive as the largest or smallest one. */
	int64_t number = json_object_get_int64(value);

	if (number < key->minimum || number > key->maximum) {
		config_note(faults, "%s: out of range, %ld to %ld is allowed", key->path,
			    key->minimum, key->maximum);
		return false;
	}
	*field = (long)number;
	return true;
}

static bool good_item(const struct config_key *key, struct json_object *value, size_t index,
		      struct config_notes *faults)
{
	const char *problem;

	if (json_object_get_type(value) != json_type_string) {
		config_note(faults, "%s[%zu]: expected a string, found %s", key->path, index,
			    config_found_name(value));
		return false;
	}
	problem = problem_of(key->rule, json_object_get_string(value),
			     (size_t)json_object_get_string_len(value));
	if (problem)
		config_note(faults, "%s[%zu]: %s", key->path, index, problem);
	return !problem;
}

static bool set_list(const struct config_key *key, struct json_object *value,
		     struct string_list *field, struct config_notes *faults)
{
	size_t count = json_object_array_length(value);
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		if (!good_item(key, json_object_array_get_idx(value, i), i, faults))
			good = false;
	}
	if (!good || count == 0)
		return good;
	field->items = xcalloc(count + 1, sizeof *field->items);
	for (size_t i = 0; i < count; i++)
		field->items[i] =
			xstrdup(json_object_get_string(json_object_array_get_idx(value, i)));
	field->count = count;
	return true;
}

static bool set_choice(const struct config_key *key, struct json_object *value, int *field,
		       struct config_notes *faults)
{
	char name[CONFIG_TYPE_NAME];
	const char *text = json_object_get_string(value);
	size_t length = (size_t)json_object_get_string_len(value);

	for (int i = 0; key->choices[i]; i++) {
		if (strlen(key->choices[i]) == length &&
		    memcmp(text, key->choices[i], length) == 0) {
			*field = i;
			return true;
		}
	}
	config_note(faults, "%s: expected %s", key->path, config_type_name(key, name));
	return false;
}

bool config_value_set(const struct config_key *key, struct json_object *value,
		      struct config *config, struct config_notes *faults)
{
	static const enum json_type wanted[] = {
		[CONFIG_STRING] = json_type_string,   [CONFIG_NUMBER] = json_type_int,
		[CONFIG_LIST] = json_type_array,      [CONFIG_CHOICE] = json_type_string,
		[CONFIG_BOOLEAN] = json_type_boolean,
	};
	void *field = (char *)config + key->offset;

	if (json_object_get_type(value) != wanted[key->type])
		return wrong_type(key, value, faults);
	switch (key->type) {
	case CONFIG_STRING:
		return set_string(key, value, field, faults);
	case CONFIG_NUMBER:
		return set_number(key, value, field, faults);
	case CONFIG_LIST:
		return set_list(key, value, field, faults);
	case CONFIG_CHOICE:
		return set_choice(key, value, field, faults);
	case CONFIG_BOOLEAN:
		*(bool *)field = json_object_get_boolean(value);
		return true;
	}
	die_internal("%s has no type", key->path);
}

void config_value_clear(const struct config_key *key, struct config *config)
{
	void *field = (char *)config + key->offset;

	if (key->type == CONFIG_STRING) {
		char **text = field;

		free(*text);
		*text = NULL;
	} else if (key->type == CONFIG_LIST) {
		struct string_list *list = field;

		for (size_t i = 0; i < list->count; i++)
			free(list->items[i]);
		free(list->items);
		*list = (struct string_list){ 0 };
	}
}
