/* Names and digests of one repository's tags, with the number of the list that they were in last.
 */
#include "apply/view.h"

#include "inventory/inventory.h"
#include "registry/api.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct entry {
	uint32_t digest; /* number in digests, or STRTAB_NONE */
	uint32_t list;   /* the last list that had it; 0: none */
};

struct view {
	struct strtab *names, *digests;
	struct entry *entries; /* by number of the name */
	size_t count, capacity;
	uint32_t list; /* how many lists were taken */
};

struct view *view_new(void)
{
	struct view *view = xcalloc(1, sizeof *view);

	view->names = strtab_new();
	view->digests = strtab_new();
	return view;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	strtab_free(view->names);
	strtab_free(view->digests);
	free(view->entries);
	free(view);
}

/* NAME is in the list that is being taken; what it pointed at is forgotten unless it was in the one
 * before. */
static struct entry *enter(struct view *view, const char *name)
{
	uint32_t id = strtab_add(view->names, name, strlen(name));
	struct entry *entry;

	if (id == view->count) {
		GROW(view->entries, view->count, view->capacity);
		view->entries[view->count++] = (struct entry){ .digest = STRTAB_NONE };
	}
	entry = &view->entries[id];
	if (entry->list == view->list)
		return entry;
	if (entry->list + 1 != view->list)
		entry->digest = STRTAB_NONE;
	entry->list = view->list;
	return entry;
}

bool view_take(struct view *view, const struct inventory *inventory, uint32_t repository)
{
	const struct inventory_repository *from = &inventory->repositories[repository];
	bool moved = false;

	view->list++;
	for (uint32_t i = 0; i < from->tag_count; i++) {
		const struct inventory_tag *tag = &inventory->tags[from->first_tag + i];
		struct entry *entry = enter(view, tag->name);
		const char *digest;
		uint32_t number = STRTAB_NONE;

		if (tag->state == TAG_READ) {
			digest = inventory_digest(inventory, tag->manifest);
			number = strtab_add(view->digests, digest, strlen(digest));
		}
		moved |= entry->digest != STRTAB_NONE && entry->digest != number;
		entry->digest = number;
	}
	return moved;
}

void view_list(struct view *view, const struct api_list *list)
{
	view->list++;
	for (size_t i = 0; i < list->count; i++)
		(void)enter(view, list->names[i]);
}

struct strtab *view_names(const struct view *view)
{
	struct strtab *names = strtab_new();

	for (uint32_t tag = 0; tag < view_count(view); tag++) {
		const char *name = view_name(view, tag);

		if (view_listed(view, tag))
			strtab_add(names, name, strlen(name));
	}
	return names;
}

uint32_t view_count(const struct view *view)
{
	return (uint32_t)view->count;
}

const char *view_name(const struct view *view, uint32_t tag)
{
	return strtab_text(view->names, tag);
}

const char *view_digest(const struct view *view, uint32_t tag)
{
	uint32_t digest = view->entries[tag].digest;

	return digest == STRTAB_NONE ? NULL : strtab_text(view->digests, digest);
}

void view_set(struct view *view, uint32_t tag, const char *digest)
{
	view->entries[tag].digest =
		digest ? strtab_add(view->digests, digest, strlen(digest)) : STRTAB_NONE;
}

bool view_listed(const struct view *view, uint32_t tag)
{
	return view->entries[tag].list == view->list;
}

bool view_vanished(const struct view *view, uint32_t tag)
{
	return view->entries[tag].list + 1 == view->list;
}

uint32_t view_find(const struct view *view, const char *name)
{
	uint32_t tag = strtab_find(view->names, name, strlen(name));

	return tag != STRTAB_NONE && view_listed(view, tag) ? tag : INVENTORY_NONE;
}
