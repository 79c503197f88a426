/* Looks for a blocker once it is decided what stays. */
#include "plan/blockers.h"

#include "inventory/inventory.h"
#include "plan/graph.h"

void plan_blockers_tag(const struct inventory *inventory, const struct plan_graph *graph,
		       const bool *kept, struct plan *plan, uint32_t tag)
{
	struct plan_tag *decision = &plan->tags[tag];
	uint32_t manifest = inventory->tags[tag].manifest;

	for (uint32_t i = graph->tags.first[manifest]; i < graph->tags.first[manifest + 1]; i++) {
		if (plan->tags[graph->tags.items[i]].reasons & PLAN_KEEPING) {
			decision->reasons |= REASON_SHARED_DIGEST;
			decision->blocker = graph->tags.items[i];
			return;
		}
	}
	for (uint32_t i = graph->parents.first[manifest]; i < graph->parents.first[manifest + 1];
	     i++) {
		if (kept[graph->parents.items[i]]) {
			decision->reasons |= REASON_INDEX_KEPT;
			decision->blocker = graph->parents.items[i];
			return;
		}
	}
	/* Nothing else is left that could hold it. */
	decision->reasons |= REASON_ALSO_BLOB;
}

void plan_blockers_parts(const struct plan_graph *graph, struct plan *plan)
{
	for (size_t i = 0; i < graph->pair_count; i++) {
		const struct plan_part *pair = &graph->pairs[i];
		struct plan_tag *decision = &plan->tags[pair->part];

		if (decision->reasons & REASON_PART_KEPT && decision->blocker == INVENTORY_NONE &&
		    !plan->tags[pair->whole].goes)
			decision->blocker = pair->whole;
	}
}

static bool has_tag(const struct plan_graph *graph, uint32_t manifest)
{
	return graph->tags.first[manifest] < graph->tags.first[manifest + 1];
}

static uint32_t untagged_holder(const struct plan_graph *graph, const bool *kept, uint32_t manifest)
{
	const uint32_t *first = graph->parents.first;

	for (uint32_t i = first[manifest]; i < first[manifest + 1]; i++) {
		uint32_t parent = graph->parents.items[i];

		if (kept[parent] && !has_tag(graph, parent))
			return parent;
	}
	return INVENTORY_NONE;
}

void plan_blockers_manifests(const struct inventory *inventory, const struct plan_graph *graph,
			     const bool *selected, const bool *kept, struct plan *plan)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		plan->manifests[m].blocker = INVENTORY_NONE;
		if (selected[m] && kept[m] && !has_tag(graph, m))
			plan->manifests[m].blocker = untagged_holder(graph, kept, m);
	}
}
