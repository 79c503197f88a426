/* Finds what keeps a tag or manifest that would go otherwise. For src/plan/plan.c only. */
#ifndef PLAN_BLOCKERS_H
#define PLAN_BLOCKERS_H

#include "plan/plan.h"

struct inventory;
struct plan_graph;

/* Names what holds TAG, which stays and has no reason of its own for that: another tag of its
 * digest, an index that lists it, or that its digest is that of a blob, too. KEPT: of each
 * manifest, whether it stays. */
void plan_blockers_tag(const struct inventory *inventory, const struct plan_graph *graph,
		       const bool *kept, struct plan *plan, uint32_t tag);
/* Names, for each tag that stays as a part by its name (PART_KEPT), a tag that it may be a part of
 * and that stays. */
void plan_blockers_parts(const struct plan_graph *graph, struct plan *plan);
/* Names, for each manifest that is SELECTED, has no tag and stays, an index that stays, has no tag
 * either, and lists it. */
void plan_blockers_manifests(const struct inventory *inventory, const struct plan_graph *graph,
			     const bool *selected, const bool *kept, struct plan *plan);

#endif
