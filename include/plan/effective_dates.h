/* How old manifests are, for the plan alone. */
#ifndef PLAN_EFFECTIVE_DATES_H
#define PLAN_EFFECTIVE_DATES_H

#include <stdint.h>

struct inventory;
struct plan_manifest;

/* Sets CREATED of all MANIFESTS (as inventory.manifests): an index is as old as its newest child
 * (S5). */
void plan_dates(const struct inventory *inventory, struct plan_manifest *manifests);
/* After that: the first child for which the age of INDEX is not known; INVENTORY_NONE where it is,
 * and where that is due to no child. */
uint32_t plan_undated_child(const struct inventory *inventory,
			    const struct plan_manifest *manifests, uint32_t index);

#endif
