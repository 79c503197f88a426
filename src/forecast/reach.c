/* From the tags down through indexes, and to what describes that: all of it stays with them. The
 * superseded lists of that are of no more use. */
#include "forecast/reach.h"

#include "inventory/inventory.h"
#include "inventory/walk.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "util/xalloc.h"

/* A manifest that describes something absent is an orphan. */
static void add(struct inventory_walk *walk, uint32_t manifest)
{
	if (manifest != INVENTORY_NONE &&
	    walk->inventory->manifests[manifest].kind != MANIFEST_MISSING)
		inventory_walk_add(walk, manifest);
}

bool *forecast_reach(const struct inventory *inventory, const struct plan *plan,
		     const struct plan_graph *graph)
{
	const struct plan_edges *describers = &graph->describers;
	CLEANUP(inventory_walk_end) struct inventory_walk walk = inventory_walk_begin(inventory);
	bool *reached = xcalloc(inventory->manifest_count + 1, sizeof *reached);
	uint32_t id;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (!plan || !plan->tags[t].goes)
			add(&walk, inventory->tags[t].manifest);
	}
	while ((id = inventory_walk_next(&walk)) != INVENTORY_NONE) {
		const struct inventory_manifest *manifest = &inventory->manifests[id];

		reached[id] = true;
		for (uint32_t i = 0; i < manifest->child_count; i++)
			add(&walk, inventory->children[manifest->children + i].manifest);
		for (uint32_t i = describers->first[id]; i < describers->first[id + 1]; i++) {
			if (!plan_graph_is_superseded(graph, describers->items[i]))
				add(&walk, describers->items[i]);
		}
	}
	return reached;
}
