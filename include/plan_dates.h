/* How old manifests are, for the plan alone. */
#ifndef PLAN_DATES_H
#define PLAN_DATES_H

struct inventory;
struct plan_manifest;

/* Sets CREATED of all MANIFESTS (as inventory.manifests): an index is as old as its newest child
 * (S5). */
void plan_dates(const struct inventory *inventory, struct plan_manifest *manifests);

#endif
