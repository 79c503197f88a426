/* From the tags down through indexes, and to what describes that: all of it stays with them. The
 * superseded lists of that are of no more use. */
#include "forecast/reach.h"

#include "inventory/inventory.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "util/xalloc.h"

struct reach {
	const struct inventory *inventory;
	bool *led_to;
	uint32_t *queue;
	size_t queued;
};

static void lead_to(struct reach *reach, uint32_t manifest)
{
	if (manifest == INVENTORY_NONE || reach->led_to[manifest])
		return;
	/* What describes something absent is an orphan. */
	if (reach->inventory->manifests[manifest].kind == MANIFEST_MISSING)
		return;
	reach->led_to[manifest] = true;
	reach->queue[reach->queued++] = manifest;
}

bool *forecast_reach(const struct inventory *inventory, const struct plan *plan,
		     const struct plan_graph *graph)
{
	const struct plan_edges *describers = &graph->describers;
	CLEANUP(free_p) uint32_t *queue = xcalloc(inventory->manifest_count + 1, sizeof *queue);
	struct reach reach = { .inventory = inventory, .queue = queue };

	reach.led_to = xcalloc(inventory->manifest_count + 1, sizeof *reach.led_to);
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (!plan || !plan->tags[t].goes)
			lead_to(&reach, inventory->tags[t].manifest);
	}
	for (size_t done = 0; done < reach.queued; done++) {
		uint32_t id = queue[done];
		const struct inventory_manifest *manifest = &inventory->manifests[id];

		for (uint32_t i = 0; i < manifest->child_count; i++)
			lead_to(&reach, inventory->children[manifest->children + i].manifest);
		for (uint32_t i = describers->first[id]; i < describers->first[id + 1]; i++) {
			if (!plan_graph_is_superseded(graph, describers->items[i]))
				lead_to(&reach, describers->items[i]);
		}
	}
	return reach.led_to;
}
