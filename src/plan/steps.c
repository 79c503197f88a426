/* The order of deletes, repository by repository. */
#include "plan/steps.h"

#include "inventory/inventory.h"
#include "plan/delete_order.h"
#include "plan/plan.h"
#include "util/xalloc.h"

static void add_step(struct plan *plan, uint32_t repository, uint32_t manifest, uint32_t tag)
{
	plan->steps[plan->step_count++] = (struct plan_step){ .manifest = manifest, .tag = tag };
	plan->repositories[repository].step_count++;
}

/* The manifests of one repository in their order, then single tags. RANK and IDS are working space.
 */
static void add_steps(const struct inventory *inventory, const struct plan_graph *graph,
		      struct plan *plan, uint32_t id, uint32_t *rank, uint32_t *ids)
{
	const struct inventory_repository *repository = &inventory->repositories[id];
	size_t count = 0;

	plan->repositories[id].first_step = (uint32_t)plan->step_count;
	for (uint32_t m = repository->first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next) {
		if (plan->manifests[m].goes)
			ids[count++] = m;
	}
	plan_order(inventory, graph, ids, count, rank);
	for (size_t i = 0; i < count; i++)
		add_step(plan, id, ids[i], INVENTORY_NONE);
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t tag = repository->first_tag + i;
		uint32_t manifest = inventory->tags[tag].manifest;

		if (plan->tags[tag].goes && !plan->manifests[manifest].goes)
			add_step(plan, id, manifest, tag);
	}
}

void plan_steps(const struct inventory *inventory, const struct plan_graph *graph,
		struct plan *plan, uint32_t *ids)
{
	CLEANUP(free_p) uint32_t *rank = xcalloc(inventory->manifest_count + 1, sizeof *rank);

	plan->steps = xcalloc(plan->tags_going + plan->manifests_going + 1, sizeof *plan->steps);
	for (uint32_t r = 0; r < inventory->repository_count; r++)
		add_steps(inventory, graph, plan, r, rank, ids);
}
