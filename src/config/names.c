/* The names in the file: unknown ones, with what they were probably meant to be, and those given
 * twice. */
#include "config/names.h"

#include "config/config.h"
#include "config/schema.h"
#include "config/value.h"
#include "util/edit_distance.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "json/strict.h"

#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

struct nearest {
	size_t distance; /* only what is nearer is taken */
	const char *text;
	size_t length;
};

static void consider(struct nearest *best, size_t found, const char *text, size_t length)
{
	if (found < best->distance)
		*best = (struct nearest){ .distance = found, .text = text, .length = length };
}

/* A third of the letters may be wrong, and one always may. */
static size_t too_far(size_t length)
{
	return (length < 3 ? 1 : length / 3) + 1;
}

/* The path of a key, or the name of a section, nearest to GIVEN; NULL when none is near. */
static char *suggest(const char *given, const struct config_key *keys, size_t count)
{
	const char *dot = strrchr(given, '.');
	const char *name = dot ? dot + 1 : given;
	size_t name_length = strlen(name);
	struct nearest best = { .distance = too_far(name_length) };

	for (size_t i = 0; i < count; i++) {
		const char *path = keys[i].path;
		size_t length = strlen(path), section = strcspn(path, ".");
		const char *own_name = config_key_name(&keys[i]);
		size_t elsewhere = edit_distance(name, name_length, own_name, strlen(own_name));

		consider(&best, edit_distance(given, strlen(given), path, length), path, length);
		/* The right name in a wrong place. */
		if (elsewhere < SIZE_MAX)
			consider(&best, elsewhere + 1, path, length);
		if (!dot)
			consider(&best, edit_distance(given, name_length, path, section), path,
				 section);
	}
	return best.text ? xstrndup(best.text, best.length) : NULL;
}

static bool is_key(const char *path, const struct config_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].path, path) == 0)
			return true;
	}
	return false;
}

/* True when this is a key without a section. */
static bool is_top_key(const char *name, const struct config_key *keys, size_t count)
{
	return !strchr(name, '.') && is_key(name, keys, count);
}

/* True when keys stand in a section of this name. */
static bool is_section(const char *name, const struct config_key *keys, size_t count)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < count; i++) {
		if (strncmp(keys[i].path, name, length) == 0 && keys[i].path[length] == '.')
			return true;
	}
	return false;
}

static void note_unknown(const char *path, const struct config_key *keys, size_t count,
			 struct notes *faults)
{
	CLEANUP(free_p) char *meant = suggest(path, keys, count);

	if (meant && strcmp(meant, path) == 0)
		notes_add(faults, "%s: unknown key; write \"%.*s\": {\"%s\": ...}", path,
			  (int)strcspn(path, "."), path, strchr(path, '.') + 1);
	else if (meant)
		notes_add(faults, "%.100s: unknown key; did you mean %s?", path, meant);
	else
		notes_add(faults, "%.100s: unknown key", path);
}

static void check_section(const char *name, struct json_object *section,
			  const struct config_key *keys, size_t count, struct notes *faults)
{
	struct json_object_iterator at, end;

	if (is_top_key(name, keys, count))
		return;
	if (strcmp(name, CONFIG_SCHEMA_KEY) == 0) {
		if (json_object_get_type(section) != json_type_string)
			notes_add(faults, "%s: expected a string, found %s", name,
				  config_found_name(section));
		return;
	}
	if (!is_section(name, keys, count)) {
		note_unknown(name, keys, count, faults);
		return;
	}
	if (json_object_get_type(section) != json_type_object) {
		notes_add(faults, "%s: expected an object, found %s", name,
			  config_found_name(section));
		return;
	}
	at = json_object_iter_begin(section);
	end = json_object_iter_end(section);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		CLEANUP(free_p)
		char *path = xasprintf("%s.%s", name, json_object_iter_peek_name(&at));

		if (!is_key(path, keys, count))
			note_unknown(path, keys, count, faults);
	}
}

void config_names_check(struct json_object *root, const struct config_key *keys, size_t count,
			struct notes *faults)
{
	struct json_object_iterator at = json_object_iter_begin(root);
	struct json_object_iterator end = json_object_iter_end(root);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		check_section(json_object_iter_peek_name(&at), json_object_iter_peek_value(&at),
			      keys, count, faults);
}

static bool is_item_key(const char *name, const struct config_group *group)
{
	for (size_t i = 0; i < group->key_count; i++) {
		if (strcmp(config_key_name(&group->keys[i]), name) == 0)
			return true;
	}
	return false;
}

static void note_unknown_in_item(const char *given, const char *item_name,
				 const struct config_group *group, struct notes *faults)
{
	struct edits_nearest best = { .below = too_far(strlen(given)) };

	for (size_t i = 0; i < group->key_count; i++)
		edit_distance_consider(&best, given, config_key_name(&group->keys[i]));
	if (best.name)
		notes_add(faults, "%s.%.100s: unknown key; did you mean %s.%s?", item_name, given,
			  item_name, best.name);
	else
		notes_add(faults, "%s.%.100s: unknown key", item_name, given);
}

bool config_names_check_item(struct json_object *item, const char *name,
			     const struct config_group *group, struct notes *faults)
{
	struct json_object_iterator at = json_object_iter_begin(item);
	struct json_object_iterator end = json_object_iter_end(item);
	bool good = true;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *given = json_object_iter_peek_name(&at);

		if (is_item_key(given, group))
			continue;
		note_unknown_in_item(given, name, group, faults);
		good = false;
	}
	return good;
}

/* How much of PATH may be shown: nothing that stands inside the value of a key, which may be a
 * password. */
static int shown_length(const char *path, const struct config_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(keys[i].path);

		if (!text_begins(path, keys[i].path) ||
		    (path[length] != '.' && path[length] != '['))
			continue;
		if (keys[i].type != CONFIG_GROUP)
			return (int)length;
		/* "jobs[0].name" */
		length += strcspn(path + length, ".");
		length += path[length] ? 1 + strcspn(path + length + 1, ".[") : 0;
		return length < 100 ? (int)length : 100;
	}
	return 100;
}

void config_names_repeats(const struct json_repeats *repeats, const struct config_key *keys,
			  size_t count, struct notes *faults)
{
	for (size_t i = 0; i < repeats->count; i++)
		notes_add(faults, "%.*s: given twice, on line %u and again on line %u",
			  shown_length(repeats->items[i].path, keys, count), repeats->items[i].path,
			  repeats->items[i].first_line, repeats->items[i].line);
}
