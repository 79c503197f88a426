/* Follows each tag down to its blobs. */
#include "forecast/usage_tags.h"

#include "forecast/exclusive.h"
#include "forecast/marks.h"
#include "inventory/inventory.h"
#include "inventory/walk.h"
#include "plan/effective_dates.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

struct weighing {
	const struct inventory *inventory;
	uint64_t *sizes;
	struct inventory_walk walk;
	uint32_t *digests; /* by digest: the round of the walk in which it was counted last */
};

static struct weighing weighing_new(const struct inventory *inventory)
{
	size_t digests = strtab_count(inventory->digests);

	return (struct weighing){
		.inventory = inventory,
		.sizes = forecast_sizes(inventory),
		.walk = inventory_walk_begin(inventory),
		.digests = xcalloc(digests + 1, sizeof(uint32_t)),
	};
}

static void weighing_release(struct weighing *weighing)
{
	free(weighing->sizes);
	inventory_walk_end(&weighing->walk);
	free(weighing->digests);
}

/* The bytes of what TAG leads to and nothing has counted in this round. */
static uint64_t weigh(struct weighing *weighing, uint32_t tag)
{
	const struct inventory *inventory = weighing->inventory;
	struct inventory_walk *walk = &weighing->walk;
	uint64_t bytes = 0;
	uint32_t id;

	inventory_walk_add(walk, inventory->tags[tag].manifest);
	while ((id = inventory_walk_next(walk)) != INVENTORY_NONE) {
		uint32_t count = forecast_mark_count(inventory, id);

		for (uint32_t i = 0; i < count; i++) {
			uint32_t digest = forecast_mark(inventory, id, i);

			if (weighing->digests[digest] == walk->round ||
			    weighing->sizes[digest] == INVENTORY_ABSENT)
				continue;
			weighing->digests[digest] = walk->round;
			bytes = forecast_add(bytes, weighing->sizes[digest]);
		}
		inventory_walk_add_children(walk, id);
	}
	return bytes;
}

static void fill_exclusive(const struct inventory *inventory, const uint64_t *sizes,
			   struct usage_tags *tags)
{
	CLEANUP(free_p) uint64_t *exclusive = xcalloc(inventory->tag_count + 1, sizeof *exclusive);
	struct plan_graph graph;

	plan_graph_build(&graph, inventory);
	forecast_tags(inventory, &graph, sizes, exclusive);
	plan_graph_clear(&graph);
	for (size_t i = 0; i < tags->count; i++)
		tags->items[i].exclusive = exclusive[tags->items[i].tag];
}

static void fill_dates(const struct inventory *inventory, struct usage_tags *tags)
{
	CLEANUP(free_p)
	struct plan_manifest *dates = xcalloc(inventory->manifest_count + 1, sizeof *dates);

	plan_dates(inventory, dates);
	for (size_t i = 0; i < tags->count; i++) {
		uint32_t manifest = inventory->tags[tags->items[i].tag].manifest;

		tags->items[i].created =
			manifest == INVENTORY_NONE ? DATE_ABSENT : dates[manifest].created;
	}
}

static int compare(const void *left, const void *right, void *ctx)
{
	const struct inventory *inventory = ctx;
	const struct space_tag *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	if (a->exclusive != b->exclusive)
		return a->exclusive > b->exclusive ? -1 : 1;
	return strcmp(inventory->tags[a->tag].name, inventory->tags[b->tag].name);
}

struct usage_tags *usage_tags_build(const struct inventory *inventory, uint32_t repository)
{
	CLEANUP(weighing_release) struct weighing weighing = weighing_new(inventory);
	const struct inventory_repository *entry = &inventory->repositories[repository];
	struct usage_tags *tags = xcalloc(1, sizeof *tags);

	tags->count = entry->tag_count;
	tags->items = xcalloc(tags->count + 1, sizeof *tags->items);
	for (uint32_t i = 0; i < entry->tag_count; i++) {
		tags->items[i].tag = entry->first_tag + i;
		inventory_walk_again(&weighing.walk);
		tags->items[i].bytes = weigh(&weighing, entry->first_tag + i);
	}
	fill_exclusive(inventory, weighing.sizes, tags);
	fill_dates(inventory, tags);
	qsort_r(tags->items, tags->count, sizeof *tags->items, compare,
		(void *)(uintptr_t)inventory);
	tags->bytes = usage_tags_rest(inventory, tags, 0);
	return tags;
}

uint64_t usage_tags_rest(const struct inventory *inventory, const struct usage_tags *tags,
			 size_t first)
{
	CLEANUP(weighing_release) struct weighing weighing = weighing_new(inventory);
	uint64_t bytes = 0;

	for (size_t i = first; i < tags->count; i++)
		bytes = forecast_add(bytes, weigh(&weighing, tags->items[i].tag));
	return bytes;
}

void usage_tags_free(struct usage_tags *tags)
{
	if (!tags)
		return;
	free(tags->items);
	free(tags);
}
