/* Looks each name up that another may be made of. */
#include "plan/parts.h"

#include "inventory/inventory.h"
#include "oci/platform_tag.h"
#include "util/strtab.h"

#include <string.h>

struct search {
	const struct inventory *inventory;
	struct strtab *names; /* of the repository's tags, numbered as these stand there */
	uint32_t first, part;
	plan_part_visit visit;
	void *ctx;
};

static void look_up(void *ctx, const char *base, size_t length)
{
	struct search *search = ctx;
	uint32_t number;

	number = strtab_find(search->names, base, length);
	if (number == STRTAB_NONE ||
	    search->inventory->tags[search->first + number].manifest == INVENTORY_NONE)
		return;
	search->visit(search->ctx, search->first + number, search->part);
}

static void search_repository(struct search *search, const struct inventory_repository *repository)
{
	const struct inventory_tag *tags = search->inventory->tags;

	search->first = repository->first_tag;
	search->names = strtab_new();
	for (uint32_t t = 0; t < repository->tag_count; t++)
		strtab_add(search->names, tags[search->first + t].name,
			   strlen(tags[search->first + t].name));
	for (uint32_t t = 0; t < repository->tag_count; t++) {
		search->part = search->first + t;
		if (tags[search->part].manifest != INVENTORY_NONE)
			platform_tag_bases(tags[search->part].name, look_up, search);
	}
	strtab_free(search->names);
}

void plan_parts(const struct inventory *inventory, plan_part_visit visit, void *ctx)
{
	struct search search = { .inventory = inventory, .visit = visit, .ctx = ctx };

	if (!inventory->opaque)
		return;
	for (size_t r = 0; r < inventory->repository_count; r++)
		search_repository(&search, &inventory->repositories[r]);
}
