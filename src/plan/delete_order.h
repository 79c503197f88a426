/* The order in which the manifests of one repository must be deleted. */
#ifndef PLAN_DELETE_ORDER_H
#define PLAN_DELETE_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct inventory;
struct plan;
struct plan_graph;

/* Sorts the COUNT manifests in IDS, all of one repository and all going: an index always stands
 * before what it lists (S3); what is described stands before what describes it, except where names
 * that contradict each other make that impossible for them and for what comes behind. Manifests
 * without such a tie keep their order. RANK has room for every manifest of INVENTORY, all zero
 * before and after. */
void plan_order(const struct inventory *inventory, const struct plan_graph *graph, uint32_t *ids,
		size_t count, uint32_t *rank);

/* Fills the steps of PLAN, whose decisions are made. IDS has room for every manifest. */
void plan_steps(const struct inventory *inventory, const struct plan_graph *graph,
		struct plan *plan, uint32_t *ids);

#endif
