/* What is in use, and what it is a part of. For src/plan.c only. */
#ifndef PLAN_IN_USE_H
#define PLAN_IN_USE_H

#include <stdint.h>

struct inventory;
struct plan_graph;
struct plan_manifest;
struct policy;

/* Sets IN_USE of all MANIFESTS (as inventory.manifests): those that the policy's in_use names, by a
 * tag, by their digest or by that of their config, and every index that lists one of them, over any
 * number of steps. QUEUE has room for every manifest. */
void plan_in_use(const struct inventory *inventory, const struct policy *policy,
		 const struct plan_graph *graph, struct plan_manifest *manifests, uint32_t *queue);

#endif
