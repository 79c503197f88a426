/* An explicit stack: indexes may be nested deeper than ours goes. */
#include "verify/walk.h"

#include "inventory/inventory.h"
#include "util/xalloc.h"

struct verify_walk verify_walk_begin(const struct inventory *inventory)
{
	return (struct verify_walk){ .inventory = inventory,
				     .seen = xcalloc(inventory->manifest_count + 1,
						     sizeof(uint32_t)) };
}

void verify_walk_end(struct verify_walk *walk)
{
	free(walk->stack);
	free(walk->seen);
}

void verify_walk_push(struct verify_walk *walk, uint32_t manifest)
{
	if (walk->seen[manifest] == walk->round)
		return;
	walk->seen[manifest] = walk->round;
	GROW(walk->stack, walk->depth, walk->capacity);
	walk->stack[walk->depth++] = manifest;
}

/* The next manifest of this round, each once, or INVENTORY_NONE. */
uint32_t verify_walk_next(struct verify_walk *walk)
{
	const struct inventory *inventory = walk->inventory;
	uint32_t id;

	if (walk->depth == 0)
		return INVENTORY_NONE;
	id = walk->stack[--walk->depth];
	for (uint32_t i = inventory->manifests[id].child_count; i-- > 0;)
		verify_walk_push(
			walk, inventory->children[inventory->manifests[id].children + i].manifest);
	return id;
}
