/* Which manifests tags lead to: what nobody can reach but by its digest is untagged. For
 * src/forecast/forecast.c, src/forecast/usage.c and their kin. */
#ifndef FORECAST_REACH_H
#define FORECAST_REACH_H

#include <stdbool.h>

struct inventory;  /* inventory/inventory.h */
struct plan;       /* plan/plan.h */
struct plan_graph; /* plan/graph.h */

/* Of each manifest (as inventory.manifests): whether a tag that stays leads to it, by pointing at
 * it, through indexes, or because it describes something that a tag leads to. PLAN may be NULL: all
 * tags stay. The caller frees it. */
bool *forecast_reach(const struct inventory *inventory, const struct plan *plan,
		     const struct plan_graph *graph);

#endif
