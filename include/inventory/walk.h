/* A breadth-first walk over manifests, each met once: what is added while it goes on comes later.
 */
#ifndef INVENTORY_WALK_H
#define INVENTORY_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

struct inventory_walk {
	const struct inventory *inventory;
	uint32_t *queue; /* has room for every manifest */
	size_t queued, done;
	uint32_t *seen; /* by manifest: the round in which it was met last */
	uint32_t round;
};

/* Its memory is the caller's (inventory_walk_end). */
struct inventory_walk inventory_walk_begin(const struct inventory *inventory);
void inventory_walk_end(struct inventory_walk *walk);
/* Begins anew: nothing was met in this round. */
void inventory_walk_again(struct inventory_walk *walk);
/* Lets the walk come to MANIFEST, unless it is INVENTORY_NONE or was met in this round. */
void inventory_walk_add(struct inventory_walk *walk, uint32_t manifest);
/* The same for all that MANIFEST lists. */
void inventory_walk_add_children(struct inventory_walk *walk, uint32_t manifest);
/* The next manifest, or INVENTORY_NONE at the end. */
uint32_t inventory_walk_next(struct inventory_walk *walk);
/* Was it met in this round? */
bool inventory_walk_met(const struct inventory_walk *walk, uint32_t manifest);

#endif
