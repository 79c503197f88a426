/* Reverse edges in two flat arrays each, so that a million tags cost no allocation of their own. */
#include "plan/graph.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/referrer.h"
#include "plan/parts.h"
#include "util/xalloc.h"

/* Told of every edge FROM → TO (a manifest), always in the same order. */
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

static void visit_tags(const struct plan_graph *graph, struct plan_edges *edges, edge_visit visit)
{
	const struct inventory *inventory = graph->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].manifest != INVENTORY_NONE)
			visit(edges, inventory->tags[t].manifest, t);
	}
}

static void visit_parents(const struct plan_graph *graph, struct plan_edges *edges,
			  edge_visit visit)
{
	const struct inventory *inventory = graph->inventory;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *index = &inventory->manifests[m];

		for (uint32_t i = 0; i < index->child_count; i++)
			visit(edges, inventory->children[index->children + i].manifest, m);
	}
}

static void visit_describers(const struct plan_graph *graph, struct plan_edges *edges,
			     edge_visit visit)
{
	const struct inventory *inventory = graph->inventory;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (graph->subjects[m] != INVENTORY_NONE)
			visit(edges, graph->subjects[m], m);
	}
}

static void visit_namers(const struct plan_graph *graph, struct plan_edges *edges, edge_visit visit)
{
	const struct inventory *inventory = graph->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		uint32_t subject = plan_graph_named_subject(inventory, t);

		if (subject != INVENTORY_NONE)
			visit(edges, subject, t);
	}
}

static void visit_parts(const struct plan_graph *graph, struct plan_edges *edges, edge_visit visit)
{
	for (size_t i = 0; i < graph->pair_count; i++)
		visit(edges, graph->inventory->tags[graph->pairs[i].whole].manifest,
		      graph->pairs[i].part);
}

static void visit_wholes(const struct plan_graph *graph, struct plan_edges *edges, edge_visit visit)
{
	const struct inventory_tag *tags = graph->inventory->tags;

	for (size_t i = 0; i < graph->pair_count; i++)
		visit(edges, tags[graph->pairs[i].part].manifest,
		      tags[graph->pairs[i].whole].manifest);
}

typedef void (*edge_source)(const struct plan_graph *graph, struct plan_edges *edges,
			    edge_visit visit);

static void build(const struct plan_graph *graph, struct plan_edges *edges, edge_source source)
{
	size_t count = graph->inventory->manifest_count;

	edges->first = xcalloc(count + 1, sizeof *edges->first);
	source(graph, edges, count_edge);
	for (size_t i = 0; i < count; i++)
		edges->first[i + 1] += edges->first[i];
	edges->items = xcalloc((size_t)edges->first[count] + 1, sizeof *edges->items);
	source(graph, edges, fill_edge);
	for (size_t i = count; i > 0; i--)
		edges->first[i] = edges->first[i - 1];
	edges->first[0] = 0;
}

/* What the list of INDEX, as far as it is there, is about: the one subject of all its entries, or
 * INVENTORY_NONE. OTHER is set where an entry has another subject, or none that is known, or is a
 * blob. */
static uint32_t listed_subject(const struct inventory *inventory, uint32_t index, bool *other)
{
	const struct inventory_manifest *manifest = &inventory->manifests[index];
	uint32_t subject = INVENTORY_NONE;

	*other = manifest->kind != MANIFEST_INDEX || manifest->blob_count > 0;
	for (uint32_t i = 0; i < manifest->child_count && !*other; i++) {
		uint32_t id = inventory->children[manifest->children + i].manifest;
		const struct inventory_manifest *child = &inventory->manifests[id];

		if (child->kind == MANIFEST_MISSING)
			continue;
		if (child->subject == INVENTORY_NONE ||
		    (subject != INVENTORY_NONE && child->subject != subject))
			*other = true;
		subject = child->subject;
	}
	return *other ? INVENTORY_NONE : subject;
}

uint32_t plan_graph_listed_subject(const struct inventory *inventory, uint32_t index)
{
	bool other;

	return listed_subject(inventory, index, &other);
}

static bool has_tag(const struct plan_graph *graph, uint32_t manifest)
{
	return graph->tags.first[manifest] < graph->tags.first[manifest + 1];
}

/* Clients that push a fallback index anew for each referrer leave the one before behind, without a
 * tag. An empty one may have been anybody's. */
static void find_subjects(struct plan_graph *graph)
{
	const struct inventory *inventory = graph->inventory;

	graph->subjects = xcalloc(inventory->manifest_count + 1, sizeof *graph->subjects);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		graph->subjects[m] = inventory->manifests[m].subject;
		if (graph->subjects[m] == INVENTORY_NONE && !has_tag(graph, m))
			graph->subjects[m] = plan_graph_listed_subject(inventory, m);
	}
}

void plan_graph_build(struct plan_graph *graph, const struct inventory *inventory)
{
	graph->inventory = inventory;
	build(graph, &graph->tags, visit_tags);
	build(graph, &graph->parents, visit_parents);
	find_subjects(graph);
	build(graph, &graph->describers, visit_describers);
	build(graph, &graph->namers, visit_namers);
	graph->pair_count = plan_parts(inventory, &graph->pairs);
	build(graph, &graph->parts, visit_parts);
	build(graph, &graph->wholes, visit_wholes);
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
	clear(&graph->parts);
	clear(&graph->wholes);
	free(graph->pairs);
	free(graph->subjects);
}

bool plan_graph_is_superseded(const struct plan_graph *graph, uint32_t manifest)
{
	return graph->subjects[manifest] != graph->inventory->manifests[manifest].subject;
}

/* Where the last referrer was deleted its list is empty, or names what is not there. No manifest
 * describes itself. */
static bool is_fallback_index(const struct inventory *inventory, uint32_t index, uint32_t subject)
{
	bool other;
	uint32_t listed = listed_subject(inventory, index, &other);

	return !other && index != subject && (listed == subject || listed == INVENTORY_NONE);
}

static bool is_bare(const struct inventory *inventory, uint32_t tag)
{
	char subject[DIGEST_TEXT];

	return referrer_parse(inventory->tags[tag].name, subject) == REFERRER_BARE;
}

uint32_t plan_graph_named_subject(const struct inventory *inventory, uint32_t tag)
{
	const struct inventory_tag *entry = &inventory->tags[tag];

	if (entry->named_subject == INVENTORY_NONE)
		return INVENTORY_NONE;
	if (inventory->manifests[entry->manifest].kind != MANIFEST_OPAQUE &&
	    is_bare(inventory, tag) &&
	    !is_fallback_index(inventory, entry->manifest, entry->named_subject))
		return INVENTORY_NONE;
	return entry->named_subject;
}

bool plan_graph_follows(const struct inventory *inventory, uint32_t tag)
{
	uint32_t manifest = inventory->tags[tag].manifest;
	uint32_t named = plan_graph_named_subject(inventory, tag);

	return (named != INVENTORY_NONE && named != manifest) ||
	       inventory->manifests[manifest].subject != INVENTORY_NONE;
}

bool plan_graph_is_fallback(const struct inventory *inventory, uint32_t tag)
{
	return is_bare(inventory, tag) &&
	       plan_graph_named_subject(inventory, tag) != INVENTORY_NONE;
}

bool *plan_graph_referrer_lists(const struct inventory *inventory)
{
	bool *lists = xcalloc(inventory->manifest_count + 1, sizeof *lists);
	struct plan_graph graph;

	plan_graph_build(&graph, inventory);
	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		lists[m] = plan_graph_is_superseded(&graph, m);
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (plan_graph_is_fallback(inventory, t))
			lists[inventory->tags[t].manifest] = true;
	}
	plan_graph_clear(&graph);
	return lists;
}
