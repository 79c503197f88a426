/* Who points at a manifest: the inventory's edges turned round, for the plan alone. */
#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

/* For each manifest a run of ITEMS: first[m] … first[m + 1]. */
struct plan_edges {
	uint32_t *first;
	uint32_t *items;
};

struct plan_graph {
	struct plan_edges tags;       /* tags that point at it */
	struct plan_edges parents;    /* indexes that list it */
	struct plan_edges describers; /* manifests whose `subject` it is */
	struct plan_edges namers;     /* tags whose name says that they describe it (S4) */
};

void plan_graph_build(struct plan_graph *graph, const struct inventory *inventory);
void plan_graph_clear(struct plan_graph *graph);

/* S4: the manifest that TAG describes by its name, or INVENTORY_NONE: a cosign name always, a bare
 * sha256-… only when it is an index whose children that are there all have that subject. */
uint32_t plan_graph_named_subject(const struct inventory *inventory, uint32_t tag);

#endif
