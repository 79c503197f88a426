/* The second look at one repository (S6): a scan that knows what it saw before. */
#include "inventory_api.h"

#include "config.h"
#include "inventory.h"
#include "inventory_dates.h"
#include "inventory_scan.h"
#include "registry/api.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

bool look_take_known(struct scan *scan, uint32_t manifest)
{
	struct inventory *inventory = scan->inventory;
	const struct inventory *known;
	uint32_t id;

	if (!scan->look || !scan->known_tags)
		return false;
	known = scan->look->known;
	id = inventory_manifest_find(known, scan->known_repository,
				     inventory_digest(inventory, manifest));
	if (id == INVENTORY_NONE || known->manifests[id].gone ||
	    known->manifests[id].kind == MANIFEST_UNSEEN ||
	    known->manifests[id].kind == MANIFEST_MISSING ||
	    known->manifests[id].kind == MANIFEST_UNREADABLE)
		return false;
	inventory_copy(inventory, manifest, known, id);
	return true;
}

const char *look_known_digest(const struct scan *scan, uint32_t tag)
{
	const char *name = scan->inventory->tags[tag].name;
	const struct inventory_tag *entry;
	uint32_t number;

	if (!scan->known_tags)
		return NULL;
	number = strtab_find(scan->known_tags, name, strlen(name));
	if (number == STRTAB_NONE)
		return NULL;
	entry = &scan->look->known->tags[scan->known_first + number];
	return entry->state == TAG_READ ? inventory_digest(scan->look->known, entry->manifest)
					: NULL;
}

/* A protected name that the list left out proves that the list leaves names out. */
void look_take_protected(struct scan *scan, uint32_t number, const struct api_answer *answer)
{
	const char *name = scan->look->protected_tags->items[number];
	char what[300];

	snprintf(what, sizeof what, "protected tag %.200s", name);
	if (answer->outcome == API_OK || answer->outcome == API_NOT_MODIFIED)
		scan_trouble(scan, 0, what, "it exists, but the registry does not list it");
	else if (answer->outcome == API_FAILED)
		scan_trouble(scan, 0, what, answer->why);
	scan_answered(scan, 0);
}

static bool is_listed(const struct api_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->names[i], name) == 0)
			return true;
	}
	return false;
}

void look_ask_protected(struct scan *scan, const struct api_list *list)
{
	const struct string_list *names = scan->look->protected_tags;

	for (size_t i = 0; i < names->count; i++) {
		if (!api_tag_valid(names->items[i]) || is_listed(list, names->items[i]))
			continue;
		scan->pending[0]++;
		scan_ask(scan, ASK_PROTECTED, (uint32_t)i);
	}
}

void look_end(struct scan *scan)
{
	void (*done)(void *ctx) = scan->look->done;
	void *ctx = scan->look->ctx;

	scan_clear(scan);
	free(scan);
	done(ctx);
}

void inventory_api_look(const struct inventory_look *look, struct api *api)
{
	struct scan *scan = xcalloc(1, sizeof *scan);
	const struct inventory *known = look->known;
	const struct inventory_repository *repository;

	*scan = (struct scan){ .inventory = look->fresh,
			       .api = api,
			       .look = look,
			       .dates = dates_new(),
			       .window = look->window };
	scan->known_repository =
		inventory_repository_find(known, look->fresh->repositories[0].name);
	if (scan->known_repository != INVENTORY_NONE) {
		repository = &known->repositories[scan->known_repository];
		scan->known_tags = strtab_new();
		scan->known_first = repository->first_tag;
		for (uint32_t i = 0; i < repository->tag_count; i++) {
			const char *name = known->tags[repository->first_tag + i].name;

			strtab_add(scan->known_tags, name, strlen(name));
		}
	}
	scan_ask_tags(scan, 0);
	scan_pump(scan);
}
