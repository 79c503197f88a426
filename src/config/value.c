/* From a JSON value to a field of struct config. */
#include "config/value.h"

#include "config/choice.h"
#include "config/config.h"
#include "config/url.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/notes.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *config_type_name(const struct config_key *key, char text[CONFIG_TYPE_NAME])
{
	switch (key->type) {
	case CONFIG_STRING:
		return "a string";
	case CONFIG_NUMBER:
		return "a whole number";
	case CONFIG_DECIMAL:
		return "a number";
	case CONFIG_DATE:
		return "a date in a string";
	case CONFIG_LIST:
		return "a list of strings";
	case CONFIG_COMMANDS:
		return "a list of lists of strings";
	case CONFIG_CHOICE:
		*text = '\0';
		config_choice_list(key, text);
		return text;
	case CONFIG_CHOICES:
		snprintf(text, CONFIG_TYPE_NAME, "a list, or one, of ");
		config_choice_list(key, text);
		return text;
	case CONFIG_BOOLEAN:
		return "true or false";
	case CONFIG_GROUP:
		return "a list of objects";
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

const char *config_key_name(const struct config_key *key)
{
	const char *dot = strrchr(key->path, '.');

	return dot ? dot + 1 : key->path;
}

static bool wrong_type(const struct config_key *key, const char *name, struct json_object *value,
		       struct notes *faults)
{
	char wanted[CONFIG_TYPE_NAME];

	notes_add(faults, "%s: expected %s, found %s", name, config_type_name(key, wanted),
		  config_found_name(value));
	return false;
}

static bool good_text(enum config_rule rule, const char *name, struct json_object *value,
		      struct notes *faults)
{
	struct err err;

	if (config_format_check(rule, json_object_get_string(value),
				(size_t)json_object_get_string_len(value), &err) == 0)
		return true;
	notes_add(faults, "%s: %s", name, err.msg);
	return false;
}

static bool set_string(const struct config_key *key, const char *name, struct json_object *value,
		       char **field, struct notes *faults)
{
	const char *text = json_object_get_string(value);

	if (!good_text(key->rule, name, value, faults))
		return false;
	*field = key->rule == RULE_URL ? config_url_normal(text) : xstrdup(text);
	if ((key->rule == RULE_NAMESPACE || key->rule == RULE_IMAGE) && uuid_valid(text))
		uuid_lower(*field);
	return true;
}

static bool out_of_range(const struct config_key *key, const char *name, struct notes *faults)
{
	notes_add(faults, "%s: out of range, %ld to %ld is allowed", name, key->minimum,
		  key->maximum);
	return false;
}

static bool set_number(const struct config_key *key, const char *name, struct json_object *value,
		       long *field, struct notes *faults)
{
	/* Numbers beyond 64 bits arrive as the largest or smallest one. */
	int64_t number = json_object_get_int64(value);

	if (number < key->minimum || number > key->maximum)
		return out_of_range(key, name, faults);
	*field = (long)number;
	return true;
}

static bool set_decimal(const struct config_key *key, const char *name, struct json_object *value,
			double *field, struct notes *faults)
{
	double number = json_object_get_double(value);

	if (!(number >= (double)key->minimum && number <= (double)key->maximum))
		return out_of_range(key, name, faults);
	*field = number;
	return true;
}

/* RFC 3339, or a day alone, which begins at 00:00 UTC. */
static bool set_date(const char *name, struct json_object *value, int64_t *field,
		     struct notes *faults)
{
	static const char midnight[] = "T00:00:00Z";
	const char *text = json_object_get_string(value);
	size_t length = (size_t)json_object_get_string_len(value);
	CLEANUP(buf_free) struct buf day = { 0 };
	int64_t date;

	buf_add(&day, text, length);
	if (length == strlen("YYYY-MM-DD"))
		buf_text(&day, midnight);
	date = date_parse(buf_string(&day), day.length);
	if (!date_known(date)) {
		notes_add(faults,
			  "%s: expected a date since 2013-03-20, as 2026-01-31 or "
			  "2026-01-31T12:00:00Z",
			  name);
		return false;
	}
	*field = date;
	return true;
}

/* Every item of the list VALUE: strings, the first under FIRST, the others under RULE. */
static bool good_items(enum config_rule first, enum config_rule rule, const char *name,
		       struct json_object *value, struct notes *faults)
{
	bool good = true;

	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		CLEANUP(free_p) char *item_name = xasprintf("%s[%zu]", name, i);

		if (json_object_get_type(item) != json_type_string) {
			notes_add(faults, "%s: expected a string, found %s", item_name,
				  config_found_name(item));
			good = false;
		} else if (!good_text(i == 0 ? first : rule, item_name, item, faults)) {
			good = false;
		}
	}
	return good;
}

/* VALUE has good items. */
static void copy_items(struct json_object *value, struct string_list *field)
{
	size_t count = json_object_array_length(value);

	if (count == 0)
		return;
	field->items = xcalloc(count + 1, sizeof *field->items);
	for (size_t i = 0; i < count; i++)
		field->items[i] =
			xstrdup(json_object_get_string(json_object_array_get_idx(value, i)));
	field->count = count;
}

static bool set_list(const struct config_key *key, const char *name, struct json_object *value,
		     struct string_list *field, struct notes *faults)
{
	if (key->filled && json_object_array_length(value) == 0) {
		notes_add(faults, "%s: must not be empty", name);
		return false;
	}
	if (!good_items(key->rule, key->rule, name, value, faults))
		return false;
	copy_items(value, field);
	return true;
}

static bool good_command(const char *name, struct json_object *value, struct notes *faults)
{
	if (json_object_get_type(value) != json_type_array) {
		notes_add(faults, "%s: expected a list of strings, found %s", name,
			  config_found_name(value));
		return false;
	}
	if (json_object_array_length(value) == 0) {
		notes_add(faults, "%s: must not be empty", name);
		return false;
	}
	return good_items(RULE_NOT_EMPTY, RULE_ANY, name, value, faults);
}

static bool set_commands(const char *name, struct json_object *value, struct command_list *field,
			 struct notes *faults)
{
	size_t count = json_object_array_length(value);
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		CLEANUP(free_p) char *command_name = xasprintf("%s[%zu]", name, i);

		if (!good_command(command_name, json_object_array_get_idx(value, i), faults))
			good = false;
	}
	if (!good || count == 0)
		return good;
	field->items = xcalloc(count, sizeof *field->items);
	field->count = count;
	for (size_t i = 0; i < count; i++)
		copy_items(json_object_array_get_idx(value, i), &field->items[i]);
	return true;
}

static bool set_boolean(const struct config_key *key, const char *name, struct json_object *value,
			bool *field, struct notes *faults)
{
	if (json_object_get_boolean(value) && key->refusal) {
		notes_add(faults, "%s: must not be true: %s", name, key->refusal);
		return false;
	}
	*field = json_object_get_boolean(value);
	return true;
}

static bool has_type(const struct config_key *key, struct json_object *value)
{
	static const enum json_type wanted[] = {
		[CONFIG_STRING] = json_type_string,   [CONFIG_NUMBER] = json_type_int,
		[CONFIG_DECIMAL] = json_type_double,  [CONFIG_DATE] = json_type_string,
		[CONFIG_LIST] = json_type_array,      [CONFIG_COMMANDS] = json_type_array,
		[CONFIG_CHOICE] = json_type_string,   [CONFIG_CHOICES] = json_type_array,
		[CONFIG_BOOLEAN] = json_type_boolean,
	};
	enum json_type type = json_object_get_type(value);

	return type == wanted[key->type] ||
	       (key->type == CONFIG_DECIMAL && type == json_type_int) ||
	       (key->type == CONFIG_CHOICES && type == json_type_string);
}

bool config_value_set(const struct config_key *key, const char *name, struct json_object *value,
		      void *base, struct notes *faults)
{
	void *field = (char *)base + key->offset;

	if (key->type != CONFIG_GROUP && !has_type(key, value))
		return wrong_type(key, name, value, faults);
	switch (key->type) {
	case CONFIG_STRING:
		return set_string(key, name, value, field, faults);
	case CONFIG_NUMBER:
		return set_number(key, name, value, field, faults);
	case CONFIG_DECIMAL:
		return set_decimal(key, name, value, field, faults);
	case CONFIG_DATE:
		return set_date(name, value, field, faults);
	case CONFIG_LIST:
		return set_list(key, name, value, field, faults);
	case CONFIG_COMMANDS:
		return set_commands(name, value, field, faults);
	case CONFIG_CHOICE:
		return config_choice_set(key, name, value, field, faults);
	case CONFIG_CHOICES:
		return config_choices_set(key, name, value, field, faults);
	case CONFIG_BOOLEAN:
		return set_boolean(key, name, value, field, faults);
	case CONFIG_GROUP:
		break;
	}
	die_internal("%s is no single value", key->path);
}

void config_value_clear(const struct config_key *key, void *base)
{
	void *field = (char *)base + key->offset;

	if (key->type == CONFIG_STRING) {
		char **text = field;

		free(*text);
		*text = NULL;
	} else if (key->type == CONFIG_LIST) {
		string_list_clear(field);
	} else if (key->type == CONFIG_COMMANDS) {
		struct command_list *commands = field;

		for (size_t i = 0; i < commands->count; i++)
			string_list_clear(&commands->items[i]);
		free(commands->items);
		*commands = (struct command_list){ 0 };
	}
}
