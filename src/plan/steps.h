/* From decisions to DELETEs. For src/plan/plan.c only. */
#ifndef PLAN_STEPS_H
#define PLAN_STEPS_H

#include <stdint.h>

struct inventory;
struct plan;
struct plan_graph;

/* Fills the steps of PLAN, whose decisions are made. IDS has room for every manifest. */
void plan_steps(const struct inventory *inventory, const struct plan_graph *graph,
		struct plan *plan, uint32_t *ids);

#endif
