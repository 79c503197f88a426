/* Which tags may be parts of others, by their names, where nothing else tells it. For src/plan/
 * only. */
#ifndef PLAN_PARTS_H
#define PLAN_PARTS_H

#include <stddef.h>

struct inventory;
struct plan_part; /* plan/graph.h */

/* Finds each such pair of tags that were read and point at different manifests, in an inventory
 * that tells nothing of what manifests are (inventory.opaque), by oci/platform_tag.h; none in any
 * other. PAIRS gets them, the caller's. Returns how many there are. */
size_t plan_parts(const struct inventory *inventory, struct plan_part **pairs);

#endif
