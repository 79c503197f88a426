/* Reverse edges in two flat arrays each, so that a million tags cost no allocation of their own. */
#include "plan_graph.h"

#include "inventory.h"
#include "oci/digest.h"
#include "oci/referrer.h"
#include "util/xalloc.h"

/* Calls ADD for every edge FROM → TO (a manifest), always in the same order. */
typedef void (*edge_visit)(struct plan_edges *edges, uint32_t to, uint32_t from);

static void count_edge(struct plan_edges *edges, uint32_t to, uint32_t from)
{
	(void)from;
	edges->first[to + 1]++;
}

/* While filling, first[to] is the next free place of TO; afterwards it is where TO's run ends,
 * which is where the next one's begins. */
static void fill_edge(struct plan_edges *edges, uint32_t to, uint32_t from)
{
	edges->items[edges->first[to]++] = from;
}

static void visit_tags(const struct inventory *inventory, struct plan_edges *edges,
		       edge_visit visit)
{
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].manifest != INVENTORY_NONE)
			visit(edges, inventory->tags[t].manifest, t);
	}
}

static void visit_parents(const struct inventory *inventory, struct plan_edges *edges,
			  edge_visit visit)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *index = &inventory->manifests[m];

		for (uint32_t i = 0; i < index->child_count; i++)
			visit(edges, inventory->children[index->children + i].manifest, m);
	}
}

static void visit_describers(const struct inventory *inventory, struct plan_edges *edges,
			     edge_visit visit)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (inventory->manifests[m].subject != INVENTORY_NONE)
			visit(edges, inventory->manifests[m].subject, m);
	}
}

static void visit_namers(const struct inventory *inventory, struct plan_edges *edges,
			 edge_visit visit)
{
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		uint32_t subject = plan_graph_named_subject(inventory, t);

		if (subject != INVENTORY_NONE)
			visit(edges, subject, t);
	}
}

typedef void (*edge_source)(const struct inventory *inventory, struct plan_edges *edges,
			    edge_visit visit);

static void build(const struct inventory *inventory, struct plan_edges *edges, edge_source source)
{
	size_t count = inventory->manifest_count;

	edges->first = xcalloc(count + 1, sizeof *edges->first);
	source(inventory, edges, count_edge);
	for (size_t i = 0; i < count; i++)
		edges->first[i + 1] += edges->first[i];
	edges->items = xcalloc((size_t)edges->first[count] + 1, sizeof *edges->items);
	source(inventory, edges, fill_edge);
	for (size_t i = count; i > 0; i--)
		edges->first[i] = edges->first[i - 1];
	edges->first[0] = 0;
}

void plan_graph_build(struct plan_graph *graph, const struct inventory *inventory)
{
	build(inventory, &graph->tags, visit_tags);
	build(inventory, &graph->parents, visit_parents);
	build(inventory, &graph->describers, visit_describers);
	build(inventory, &graph->namers, visit_namers);
}

static void clear(struct plan_edges *edges)
{
	free(edges->first);
	free(edges->items);
}

void plan_graph_clear(struct plan_graph *graph)
{
	clear(&graph->tags);
	clear(&graph->parents);
	clear(&graph->describers);
	clear(&graph->namers);
}

/* A fallback index of the referrers API lists at least one manifest that is there, and all of
 * these describe SUBJECT. */
static bool is_fallback_index(const struct inventory *inventory, uint32_t index, uint32_t subject)
{
	const struct inventory_manifest *manifest = &inventory->manifests[index];
	bool any = false;

	if (manifest->kind != MANIFEST_INDEX)
		return false;
	for (uint32_t i = 0; i < manifest->child_count; i++) {
		uint32_t child = inventory->children[manifest->children + i].manifest;

		if (inventory->manifests[child].kind == MANIFEST_MISSING)
			continue;
		if (inventory->manifests[child].subject != subject)
			return false;
		any = true;
	}
	return any;
}

uint32_t plan_graph_named_subject(const struct inventory *inventory, uint32_t tag)
{
	const struct inventory_tag *entry = &inventory->tags[tag];
	char subject[DIGEST_TEXT];

	if (entry->named_subject == INVENTORY_NONE)
		return INVENTORY_NONE;
	if (referrer_parse(entry->name, subject) == REFERRER_BARE &&
	    !is_fallback_index(inventory, entry->manifest, entry->named_subject))
		return INVENTORY_NONE;
	return entry->named_subject;
}
