/* A queue, and a mark for each manifest. */
#include "inventory/walk.h"

#include "inventory/inventory.h"
#include "util/xalloc.h"

struct inventory_walk inventory_walk_begin(const struct inventory *inventory)
{
	size_t count = inventory->manifest_count + 1;

	return (struct inventory_walk){ .inventory = inventory,
					.queue = xcalloc(count, sizeof(uint32_t)),
					.seen = xcalloc(count, sizeof(uint32_t)),
					.round = 1 };
}

void inventory_walk_end(struct inventory_walk *walk)
{
	free(walk->queue);
	free(walk->seen);
}

void inventory_walk_again(struct inventory_walk *walk)
{
	walk->round++;
	walk->queued = walk->done = 0;
}

void inventory_walk_add(struct inventory_walk *walk, uint32_t manifest)
{
	if (manifest == INVENTORY_NONE || walk->seen[manifest] == walk->round)
		return;
	walk->seen[manifest] = walk->round;
	walk->queue[walk->queued++] = manifest;
}

void inventory_walk_add_children(struct inventory_walk *walk, uint32_t manifest)
{
	const struct inventory *inventory = walk->inventory;
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	for (uint32_t i = 0; i < entry->child_count; i++)
		inventory_walk_add(walk, inventory->children[entry->children + i].manifest);
}

uint32_t inventory_walk_next(struct inventory_walk *walk)
{
	return walk->done < walk->queued ? walk->queue[walk->done++] : INVENTORY_NONE;
}

bool inventory_walk_met(const struct inventory_walk *walk, uint32_t manifest)
{
	return walk->seen[manifest] == walk->round;
}
