/* The phases of a reading in their order, and what a tag then says. */
#include "scan_storage/load.h"

#include "config/config.h"
#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "scan_storage/file_cache.h"
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"
#include "storage/links.h"
#include "storage/tree.h"
#include "util/date.h"
#include "util/progress.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What a tag's manifest turned out to be decides what the tag says, as it decides the registry's
 * answer to a GET of the tag. */
static void point(struct reading *reading, uint32_t tag)
{
	struct inventory *inventory = reading->inventory;
	uint32_t manifest = reading->targets[tag];

	if (manifest == INVENTORY_NONE)
		return;
	switch ((enum manifest_kind)inventory->manifests[manifest].kind) {
	case MANIFEST_MISSING:
	case MANIFEST_UNSEEN:
		inventory->tags[tag].state = TAG_MISSING;
		break;
	case MANIFEST_OPAQUE: /* no storage has such */
	case MANIFEST_UNREADABLE:
		inventory->tags[tag].state = TAG_UNREADABLE;
		inventory->tags[tag].unread = manifest;
		break;
	case MANIFEST_IMAGE:
	case MANIFEST_ARTIFACT:
	case MANIFEST_INDEX:
	case MANIFEST_SCHEMA1:
		inventory_point(inventory, tag, manifest);
		break;
	}
}

/* A tag whose name says what it describes may be the only one to mention that. */
static int point_tags(struct reading *reading, struct err *err)
{
	for (uint32_t t = 0; t < reading->inventory->tag_count; t++)
		point(reading, t);
	return scan_storage_bodies(reading, err);
}

static int read_repositories(struct reading *reading, struct err *err)
{
	if (scan_storage_names(reading, err) < 0 || scan_storage_tags(reading, err) < 0 ||
	    scan_storage_revisions(reading, err) < 0 || scan_storage_bodies(reading, err) < 0 ||
	    point_tags(reading, err) < 0 || scan_storage_aliases(reading, err) < 0 ||
	    (reading->dates && scan_storage_configs(reading, err) < 0))
		return -1;
	reading->inventory->from_storage = true;
	return 0;
}

/* Who verifies looks also at what the registry has lost from its catalog. */
static enum tree_marker marker_of(const struct inventory *inventory)
{
	if (inventory->server.major == 0 || inventory->to_verify)
		return TREE_ANY;
	return inventory->server.major < 3 ? TREE_LAYERS : TREE_MANIFESTS;
}

static int list_repositories(struct reading *reading, struct err *err)
{
	struct inventory *inventory = reading->inventory;
	struct tree_names names = { 0 };
	int result = tree_repositories(reading->layout, marker_of(inventory), &names, err);
	const char *name = buf_string(&names.text);

	for (size_t i = 0; i < names.count && result == 0; i++, name += strlen(name) + 1) {
		if (api_repository_valid(name))
			inventory_repository(inventory, name);
		else
			inventory_fault_name(inventory, name);
	}
	tree_names_clear(&names);
	return result;
}

/* DATES become the reading's. */
static int load(struct inventory *inventory, const struct layout *layout, struct file_cache *cache,
		struct image_dates *dates, struct err *err)
{
	struct reading reading = {
		.inventory = inventory, .layout = layout, .cache = cache, .dates = dates
	};
	int result = list_repositories(&reading, err);

	if (result == 0)
		result = read_repositories(&reading, err);
	if (result == 0 && inventory->wants_untagged)
		result = scan_storage_untagged(&reading, err);
	if (result == 0 && cache) {
		file_cache_end(cache, reading.dates);
		reading.dates = NULL;
	}
	reading_forget_dates(&reading);
	if (result == 0)
		result = scan_storage_blobs(&reading, err);
	reading_clear(&reading);
	progress_end();
	return result;
}

int scan_storage_load(struct inventory *inventory, const struct layout *layout, struct err *err)
{
	return scan_storage_load_cached(inventory, layout, NULL, err);
}

int scan_storage_load_cached(struct inventory *inventory, const struct layout *layout,
			     struct file_cache *cache, struct err *err)
{
	return load(inventory, layout, cache, image_dates_new(), err);
}

int scan_storage_load_undated(struct inventory *inventory, const struct layout *layout,
			      struct file_cache *cache, struct err *err)
{
	return load(inventory, layout, cache, NULL, err);
}

/* A protected name that the folder has and the list left out. */
static void check_protected(struct reading *reading, const struct string_list *names)
{
	const struct inventory *fresh = reading->inventory;
	const char *repository = fresh->repositories[0].name;

	for (size_t i = 0; i < names->count; i++) {
		bool listed = false;

		if (!api_tag_valid(names->items[i]))
			continue;
		for (uint32_t t = 0; t < fresh->tag_count && !listed; t++)
			listed = strcmp(fresh->tags[t].name, names->items[i]) == 0;
		if (!listed &&
		    links_tag(reading->layout, repository, names->items[i]).state != LINK_ABSENT)
			inventory_fault(reading->inventory, true, 0, "a protected tag",
					"it came while the repository was read");
	}
}

int scan_storage_look(const struct storage_look *look, const struct layout *layout, struct err *err)
{
	const char *name = look->fresh->repositories[0].name;
	struct reading reading = { .inventory = look->fresh,
				   .layout = layout,
				   .known = look->known,
				   .reread = look->reread,
				   .known_repository = inventory_repository_find(look->known, name),
				   .dates = image_dates_new() };
	int result = read_repositories(&reading, err);

	if (result == 0)
		check_protected(&reading, look->protected_tags);
	reading_clear(&reading);
	return result;
}
