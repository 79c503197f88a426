/* A walk from tags to the manifests that they lead to. Private to src/verify*.c. */
#ifndef VERIFY_WALK_H
#define VERIFY_WALK_H

#include <stddef.h>
#include <stdint.h>

struct inventory;

/* Manifests that are still to be gone into. */
struct verify_walk {
	const struct inventory *inventory;
	uint32_t *stack;
	size_t depth, capacity;
	uint32_t *seen; /* by manifest: the round in which it was seen last */
	uint32_t round; /* 1, 2, …: in each, every manifest comes once */
};

struct verify_walk verify_walk_begin(const struct inventory *inventory);
void verify_walk_end(struct verify_walk *walk);
/* Lets the walk come to MANIFEST, unless it did in this round. */
void verify_walk_push(struct verify_walk *walk, uint32_t manifest);
/* The next manifest, or INVENTORY_NONE; those that it lists come later. */
uint32_t verify_walk_next(struct verify_walk *walk);

#endif
