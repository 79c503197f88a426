/* Values that are one or some of a few words. */
#include "config/choice.h"

#include "config/value.h"
#include "util/notes.h"
#include "util/xalloc.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

void config_choice_list(const struct config_key *key, char text[CONFIG_TYPE_NAME])
{
	size_t used = strlen(text);

	for (size_t i = 0; key->choices[i]; i++) {
		const char *separator = i == 0 ? "" : key->choices[i + 1] ? ", " : " or ";

		used += (size_t)snprintf(text + used, CONFIG_TYPE_NAME - used, "%s\"%s\"",
					 separator, key->choices[i]);
		if (used >= CONFIG_TYPE_NAME)
			die_internal("%s has too many choices", key->path);
	}
}

/* Which of KEY's choices the string VALUE is; -1: none. */
static int find_choice(const struct config_key *key, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t length = (size_t)json_object_get_string_len(value);

	for (int i = 0; key->choices[i]; i++) {
		if (strlen(key->choices[i]) == length && memcmp(text, key->choices[i], length) == 0)
			return i;
	}
	return -1;
}

static bool no_choice(const struct config_key *key, const char *name, struct notes *faults)
{
	char wanted[CONFIG_TYPE_NAME] = "";

	config_choice_list(key, wanted);
	notes_add(faults, "%s: expected %s", name, wanted);
	return false;
}

bool config_choice_set(const struct config_key *key, const char *name, struct json_object *value,
		       int *field, struct notes *faults)
{
	int choice = find_choice(key, value);

	if (choice < 0)
		return no_choice(key, name, faults);
	*field = choice;
	return true;
}

bool config_choices_set(const struct config_key *key, const char *name, struct json_object *value,
			unsigned *field, struct notes *faults)
{
	bool is_list = json_object_get_type(value) == json_type_array;
	size_t count = is_list ? json_object_array_length(value) : 1;
	unsigned chosen = 0;
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = is_list ? json_object_array_get_idx(value, i) : value;
		CLEANUP(free_p)
		char *item_name = is_list ? xasprintf("%s[%zu]", name, i) : xstrdup(name);
		int choice = json_object_get_type(item) == json_type_string ? find_choice(key, item)
									    : -1;

		if (choice < 0)
			good = no_choice(key, item_name, faults);
		else
			chosen |= 1U << choice;
	}
	if (count == 0)
		notes_add(faults, "%s: must not be empty", name);
	if (good && count > 0)
		*field = chosen;
	return good && count > 0;
}
