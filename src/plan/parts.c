/* Looks each name up that another may be made of. */
#include "plan/parts.h"

#include "inventory/inventory.h"
#include "oci/platform_tag.h"
#include "plan/graph.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct search {
	const struct inventory *inventory;
	struct strtab *names; /* of the repository's tags, numbered as these stand there */
	uint32_t first, part;
	struct plan_part *pairs;
	size_t count, capacity;
};

static void look_up(void *ctx, const char *base, size_t length)
{
	struct search *search = ctx;
	const struct inventory_tag *tags = search->inventory->tags;
	uint32_t number = strtab_find(search->names, base, length), whole;

	if (number == STRTAB_NONE)
		return;
	whole = search->first + number;
	if (tags[whole].manifest == INVENTORY_NONE ||
	    tags[whole].manifest == tags[search->part].manifest)
		return;
	GROW(search->pairs, search->count, search->capacity);
	search->pairs[search->count++] = (struct plan_part){ .whole = whole, .part = search->part };
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

size_t plan_parts(const struct inventory *inventory, struct plan_part **pairs)
{
	struct search search = { .inventory = inventory };

	for (size_t r = 0; inventory->opaque && r < inventory->repository_count; r++)
		search_repository(&search, &inventory->repositories[r]);
	*pairs = search.pairs;
	return search.count;
}
