/* Everything in a registry is there for something: a manifest for its tags, for the indexes that
 * list it, or, without a tag, for what it describes; a tag for its own sake, or, if it describes
 * something, for that (S4). What is there for its own sake is entered below, the rest is edges of a
 * graph; a tag alone holds what it dominates there.
 *
 * Things that are there only for each other (tags whose names contradict each other) stay in
 * practice, since nothing selects them: they count as there for their own sake. */
#include "forecast/exclusive.h"

#include "forecast/dominators.h"
#include "forecast/marks.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "util/strtab.h"
#include "util/xalloc.h"

/* Nodes: the tags, and behind them the manifests. */
struct supports {
	const struct inventory *inventory;
	const struct plan_graph *graph;
	uint32_t *named; /* what each tag's name describes, or INVENTORY_NONE */
};

static uint32_t manifest_node(const struct supports *supports, uint32_t manifest)
{
	return (uint32_t)supports->inventory->tag_count + manifest;
}

static bool has_tags(const struct supports *supports, uint32_t manifest)
{
	const uint32_t *first = supports->graph->tags.first;

	return first[manifest] < first[manifest + 1];
}

static bool has_parents(const struct supports *supports, uint32_t manifest)
{
	const uint32_t *first = supports->graph->parents.first;

	return first[manifest] < first[manifest + 1];
}

/* Whether MANIFEST can be described: an absent one's describers are orphans. */
static bool is_present(const struct supports *supports, uint32_t manifest)
{
	return manifest != INVENTORY_NONE &&
	       supports->inventory->manifests[manifest].kind != MANIFEST_MISSING;
}

/* Whether what describes SUBJECT stays because that is not there (S4). */
static bool makes_orphans(const struct supports *supports, uint32_t subject)
{
	const struct inventory_manifest *manifest;

	if (subject == INVENTORY_NONE || is_present(supports, subject))
		return false;
	manifest = &supports->inventory->manifests[subject];
	return !manifest->gone && !manifest->pending;
}

static uint32_t tag_subject(const struct supports *supports, uint32_t tag)
{
	uint32_t manifest = supports->inventory->tags[tag].manifest;

	return manifest == INVENTORY_NONE ? INVENTORY_NONE
					  : supports->inventory->manifests[manifest].subject;
}

static bool tag_stands_alone(const struct supports *supports, uint32_t tag)
{
	uint32_t named = supports->named[tag], subject = tag_subject(supports, tag);

	if (makes_orphans(supports, named) || makes_orphans(supports, subject))
		return true;
	return !is_present(supports, named) && !is_present(supports, subject);
}

/* Unreadable manifests are never deleted. */
static bool manifest_stands_alone(const struct supports *supports, uint32_t id)
{
	const struct inventory_manifest *manifest = &supports->inventory->manifests[id];
	uint32_t subject = supports->graph->subjects[id];

	if (manifest->kind == MANIFEST_UNREADABLE || manifest->kind == MANIFEST_UNSEEN)
		return true;
	if (has_tags(supports, id))
		return false;
	return makes_orphans(supports, subject) ||
	       (!has_parents(supports, id) && !is_present(supports, subject));
}

/* A describer that has tags is there for these, and they for the subject. */
static void lead_to_describers(const struct supports *supports, uint32_t id, dominators_take *take,
			       struct dominators *dominators)
{
	const struct plan_graph *graph = supports->graph;

	for (uint32_t i = graph->namers.first[id]; i < graph->namers.first[id + 1]; i++) {
		if (supports->named[graph->namers.items[i]] == id)
			take(dominators, graph->namers.items[i]);
	}
	for (uint32_t i = graph->describers.first[id]; i < graph->describers.first[id + 1]; i++) {
		uint32_t describer = graph->describers.items[i];

		if (!has_tags(supports, describer))
			take(dominators, manifest_node(supports, describer));
		for (uint32_t t = graph->tags.first[describer];
		     t < graph->tags.first[describer + 1]; t++)
			take(dominators, graph->tags.items[t]);
	}
}

static void next(const void *ctx, uint32_t node, dominators_take *take,
		 struct dominators *dominators)
{
	const struct supports *supports = ctx;
	const struct inventory *inventory = supports->inventory;
	const struct inventory_manifest *manifest;
	uint32_t id;

	if (node < inventory->tag_count) {
		if (inventory->tags[node].manifest != INVENTORY_NONE)
			take(dominators, manifest_node(supports, inventory->tags[node].manifest));
		return;
	}
	id = node - (uint32_t)inventory->tag_count;
	manifest = &inventory->manifests[id];
	for (uint32_t i = 0; i < manifest->child_count; i++)
		take(dominators,
		     manifest_node(supports, inventory->children[manifest->children + i].manifest));
	if (is_present(supports, id))
		lead_to_describers(supports, id, take, dominators);
}

static void take_subject(const struct supports *supports, uint32_t subject, dominators_take *take,
			 struct dominators *dominators)
{
	if (is_present(supports, subject))
		take(dominators, manifest_node(supports, subject));
}

static void previous(const void *ctx, uint32_t node, dominators_take *take,
		     struct dominators *dominators)
{
	const struct supports *supports = ctx;
	const struct plan_graph *graph = supports->graph;
	uint32_t id;

	if (node < supports->inventory->tag_count) {
		take_subject(supports, supports->named[node], take, dominators);
		take_subject(supports, tag_subject(supports, node), take, dominators);
		return;
	}
	id = node - (uint32_t)supports->inventory->tag_count;
	for (uint32_t i = graph->tags.first[id]; i < graph->tags.first[id + 1]; i++)
		take(dominators, graph->tags.items[i]);
	for (uint32_t i = graph->parents.first[id]; i < graph->parents.first[id + 1]; i++)
		take(dominators, manifest_node(supports, graph->parents.items[i]));
	if (!has_tags(supports, id))
		take_subject(supports, graph->subjects[id], take, dominators);
}

/* Enters which of the COUNT nodes from FIRST on were not reached by then, whatever these reach. */
static void enter_unreached(struct dominators *dominators, uint32_t first, size_t count)
{
	CLEANUP(free_p) uint32_t *nodes = xcalloc(count + 1, sizeof *nodes);
	size_t found = 0;

	for (uint32_t node = first; node < first + count; node++) {
		if (!dominators_reached(dominators, node))
			nodes[found++] = node;
	}
	for (size_t i = 0; i < found; i++)
		dominators_enter(dominators, nodes[i]);
}

static void enter_all(struct dominators *dominators, const struct supports *supports)
{
	const struct inventory *inventory = supports->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (tag_stands_alone(supports, t))
			dominators_enter(dominators, t);
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (manifest_stands_alone(supports, m))
			dominators_enter(dominators, manifest_node(supports, m));
	}
	enter_unreached(dominators, 0, inventory->tag_count);
	enter_unreached(dominators, manifest_node(supports, 0), inventory->manifest_count);
}

/* HOLDERS gets the place through which every way to a digest's blob leads. */
static void find_holders(const struct supports *supports, const struct dominators *dominators,
			 uint32_t *holders)
{
	const struct inventory *inventory = supports->inventory;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t place = dominators_place(dominators, manifest_node(supports, m));
		uint32_t count = forecast_mark_count(inventory, m);

		for (uint32_t i = 0; i < count && forecast_marks(inventory, m); i++) {
			uint32_t *holder = &holders[forecast_mark(inventory, m, i)];

			*holder = *holder == DOMINATORS_NONE
					  ? place
					  : dominators_common(dominators, *holder, place);
		}
	}
}

static void add_up(const struct supports *supports, const struct dominators *dominators,
		   const uint64_t *sizes, uint64_t *tags)
{
	const struct inventory *inventory = supports->inventory;
	size_t digests = strtab_count(inventory->digests), places = dominators_places(dominators);
	CLEANUP(free_p) uint32_t *holders = xmalloc((digests + 1) * sizeof *holders);
	CLEANUP(free_p) uint64_t *sums = xcalloc(places, sizeof *sums);

	for (size_t d = 0; d < digests; d++)
		holders[d] = DOMINATORS_NONE;
	find_holders(supports, dominators, holders);
	for (size_t d = 0; d < digests; d++) {
		if (holders[d] != DOMINATORS_NONE && sizes[d] != INVENTORY_ABSENT)
			sums[holders[d]] = forecast_add(sums[holders[d]], sizes[d]);
	}
	for (uint32_t place = (uint32_t)places - 1; place > 0; place--) {
		uint32_t above = dominators_above(dominators, place);

		sums[above] = forecast_add(sums[above], sums[place]);
	}
	for (uint32_t t = 0; t < inventory->tag_count; t++)
		tags[t] = sums[dominators_place(dominators, t)];
}

void forecast_tags(const struct inventory *inventory, const struct plan_graph *graph,
		   const uint64_t *sizes, uint64_t *tags)
{
	CLEANUP(free_p) uint32_t *named = xcalloc(inventory->tag_count + 1, sizeof *named);
	struct supports supports = { inventory, graph, named };
	const struct dominators_edges edges = { &supports, next, previous };
	struct dominators *dominators = dominators_new(
		(uint32_t)(inventory->tag_count + inventory->manifest_count), &edges);

	/* A tag that names its own manifest is there for itself. */
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		named[t] = plan_graph_named_subject(inventory, t);
		if (named[t] == inventory->tags[t].manifest)
			named[t] = INVENTORY_NONE;
	}
	enter_all(dominators, &supports);
	dominators_solve(dominators);
	add_up(&supports, dominators, sizes, tags);
	dominators_free(dominators);
}
