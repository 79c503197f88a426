/* Topological order (Kahn's algorithm) over three kinds of ties: index before child, subject before
 * describer, whole before what may be a part of it by its name. The first kind cannot form a
 * circle, since a digest cannot contain itself; the others can, through tag names, and then give
 * way: the last kind first. */
#include "plan/delete_order.h"

#include "inventory/inventory.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "util/xalloc.h"

#include <string.h>

struct order {
	const struct inventory *inventory;
	const struct plan_graph *graph;
	/* For a manifest that is to be sorted and not yet placed: 1 + what must still come before
	 * it. */
	uint32_t *rank;
	uint32_t *queue;
	size_t queued;
};

typedef void (*tie_visit)(struct order *order, uint32_t later);

static void hold_back(struct order *order, uint32_t later)
{
	if (order->rank[later])
		order->rank[later]++;
}

static void let_go(struct order *order, uint32_t later)
{
	if (order->rank[later] && --order->rank[later] == 1) {
		order->rank[later] = 0;
		order->queue[order->queued++] = later;
	}
}

static void visit_children(struct order *order, uint32_t id, tie_visit visit)
{
	const struct inventory_manifest *index = &order->inventory->manifests[id];

	for (uint32_t i = 0; i < index->child_count; i++)
		visit(order, order->inventory->children[index->children + i].manifest);
}

static void visit_describers(struct order *order, uint32_t id, tie_visit visit)
{
	const struct plan_edges *describers = &order->graph->describers;
	const struct plan_edges *namers = &order->graph->namers;

	for (uint32_t i = describers->first[id]; i < describers->first[id + 1]; i++)
		visit(order, describers->items[i]);
	for (uint32_t i = namers->first[id]; i < namers->first[id + 1]; i++) {
		uint32_t describer = order->inventory->tags[namers->items[i]].manifest;

		/* A tag may name its own manifest. */
		if (describer != id)
			visit(order, describer);
	}
}

static void visit_parts(struct order *order, uint32_t id, tie_visit visit)
{
	const struct plan_edges *parts = &order->graph->parts;

	for (uint32_t i = parts->first[id]; i < parts->first[id + 1]; i++)
		visit(order, order->inventory->tags[parts->items[i]].manifest);
}

/* Those that give way last come first. */
static void (*const TIES[])(struct order *order, uint32_t id,
			    tie_visit visit) = { visit_children, visit_describers, visit_parts };
#define TIES_COUNT (sizeof TIES / sizeof *TIES)

/* The first KINDS of TIES count. */
static void visit_all(struct order *order, uint32_t id, size_t kinds, tie_visit visit)
{
	for (size_t k = 0; k < kinds; k++)
		TIES[k](order, id, visit);
}

/* Places in the queue what none of the first KINDS of ties holds back. */
static void place(struct order *order, const uint32_t *ids, size_t count, size_t kinds)
{
	size_t done = order->queued;

	for (size_t i = 0; i < count; i++) {
		if (order->rank[ids[i]])
			visit_all(order, ids[i], kinds, hold_back);
	}
	for (size_t i = 0; i < count; i++) {
		if (order->rank[ids[i]] == 1) {
			order->rank[ids[i]] = 0;
			order->queue[order->queued++] = ids[i];
		}
	}
	for (; done < order->queued; done++)
		visit_all(order, order->queue[done], kinds, let_go);
	for (size_t i = 0; i < count; i++) {
		if (order->rank[ids[i]])
			order->rank[ids[i]] = 1;
	}
}

void plan_order(const struct inventory *inventory, const struct plan_graph *graph, uint32_t *ids,
		size_t count, uint32_t *rank)
{
	CLEANUP(free_p) uint32_t *queue = xcalloc(count + 1, sizeof *queue);
	struct order order = { inventory, graph, rank, queue, 0 };

	for (size_t i = 0; i < count; i++)
		rank[ids[i]] = 1;
	for (size_t kinds = TIES_COUNT; kinds > 0; kinds--)
		place(&order, ids, count, kinds);
	memcpy(ids, queue, count * sizeof *ids);
}

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
