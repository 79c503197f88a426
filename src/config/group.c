/* Lists of objects: jobs, retain_lists. */
#include "config/group.h"

#include "config/names.h"
#include "config/value.h"
#include "util/notes.h"
#include "util/xalloc.h"
#include "json/document.h"

#include <json-c/json.h>
#include <string.h>

/* The common beginning of all lists in struct config. */
struct items {
	void *items;
	size_t count;
};

static void clear_items(const struct config_group *group, struct items *list)
{
	for (size_t i = 0; i < list->count; i++) {
		for (size_t k = 0; k < group->key_count; k++)
			config_value_clear(&group->keys[k],
					   (char *)list->items + i * group->item_size);
	}
	free(list->items);
}

static bool set_key(const struct config_key *key, const char *item_name, struct json_object *object,
		    void *item, struct notes *faults)
{
	CLEANUP(free_p) char *name = xasprintf("%s.%s", item_name, config_key_name(key));
	CLEANUP(document_put) struct json_object *fallback = NULL;
	struct json_object *value;

	if (json_object_object_get_ex(object, config_key_name(key), &value))
		return config_value_set(key, name, value, item, faults);
	if (!key->fallback) {
		notes_add(faults, "%s: required, but missing", name);
		return false;
	}
	fallback = xchecked(json_tokener_parse(key->fallback));
	return config_value_set(key, name, fallback, item, faults);
}

/* Keys of OBJECT that do not go with what its first key says, which is in ITEM. */
static bool check_kinds(const struct config_group *group, const char *name,
			struct json_object *object, const void *item, struct notes *faults)
{
	const struct config_key *kind = &group->keys[0];
	int number;
	bool good = true;

	memcpy(&number, (const char *)item + kind->offset, sizeof number);
	for (size_t i = 1; i < group->key_count; i++) {
		const char *key = config_key_name(&group->keys[i]);

		if (group->keys[i].kinds == 0 || group->keys[i].kinds >> number & 1 ||
		    !json_object_object_get_ex(object, key, NULL))
			continue;
		notes_add(faults, "%s.%s: must not be given, because %s.%s is \"%s\"", name, key,
			  name, config_key_name(kind), kind->choices[number]);
		good = false;
	}
	return good;
}

static bool set_item(const struct config_group *group, const char *name, struct json_object *object,
		     void *item, struct notes *faults)
{
	bool good;

	if (json_object_get_type(object) != json_type_object) {
		notes_add(faults, "%s: expected an object, found %s", name,
			  config_found_name(object));
		return false;
	}
	good = config_names_check_item(object, name, group, faults);
	for (size_t i = 0; i < group->key_count; i++) {
		bool has_kinds = i == 0 && group->keys[0].type == CONFIG_CHOICE;

		if (!set_key(&group->keys[i], name, object, item, faults) ||
		    (has_kinds && !check_kinds(group, name, object, item, faults)))
			good = false;
	}
	return good && (!group->check_item || group->check_item(item, name, faults));
}

bool config_group_set(const struct config_key *key, const char *name, struct json_object *value,
		      void *base, struct notes *faults)
{
	const struct config_group *group = key->group;
	struct items list = { 0 };
	bool good = true;

	if (json_object_get_type(value) != json_type_array) {
		notes_add(faults, "%s: expected a list of objects, found %s", name,
			  config_found_name(value));
		return false;
	}
	list.count = json_object_array_length(value);
	if (list.count > group->maximum) {
		notes_add(faults, "%s: at most %zu are allowed, found %zu", name, group->maximum,
			  list.count);
		return false;
	}
	if (list.count == 0)
		return true;
	list.items = xcalloc(list.count, group->item_size);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_p) char *item_name = xasprintf("%s[%zu]", name, i);

		if (!set_item(group, item_name, json_object_array_get_idx(value, i),
			      (char *)list.items + i * group->item_size, faults))
			good = false;
	}
	if (group->check && !group->check(list.items, list.count, name, faults))
		good = false;
	if (good)
		memcpy((char *)base + key->offset, &list, sizeof list);
	else
		clear_items(group, &list);
	return good;
}

void config_group_clear(const struct config_key *key, void *base)
{
	void *field = (char *)base + key->offset;
	struct items list;

	memcpy(&list, field, sizeof list);
	clear_items(key->group, &list);
	memset(field, 0, sizeof list);
}
