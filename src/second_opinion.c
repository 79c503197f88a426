/* Goes over all references once. Only where one of them is listed, the way down from each tag is
 * gone. */
#include "second_opinion.h"

#include "forecast_marks.h"
#include "inventory.h"
#include "plan_graph.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define NO_DIGEST UINT32_MAX

struct search {
	const struct inventory *inventory;
	struct plan_graph graph;
	bool *listed; /* each digest: the collector listed it */
	uint32_t
		*loses; /* each manifest: the first listed digest that it refers to, or NO_DIGEST */
	uint32_t *seen; /* each manifest: the last search that came by, from 1 on */
	uint32_t *queue;
	size_t queued;
};

/* What describes something absent is an orphan, and an absent manifest needs nothing. */
static bool is_there(const struct inventory *inventory, uint32_t manifest)
{
	uint8_t kind = inventory->manifests[manifest].kind;

	return kind != MANIFEST_UNSEEN && kind != MANIFEST_MISSING;
}

static uint32_t first_listed(const struct search *search, uint32_t manifest)
{
	uint32_t count = forecast_mark_count(search->inventory, manifest);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t digest = forecast_mark(search->inventory, manifest, i);

		if (search->listed[digest])
			return digest;
	}
	return NO_DIGEST;
}

/* Says whether any manifest loses something. */
static bool find_losers(struct search *search, const struct strtab *listed)
{
	const struct inventory *inventory = search->inventory;
	uint32_t digests = strtab_count(inventory->digests);
	bool any = false;

	for (uint32_t d = 0; d < digests; d++) {
		const char *text = strtab_text(inventory->digests, d);

		search->listed[d] = strtab_find(listed, text, strlen(text)) != STRTAB_NONE;
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		search->loses[m] = is_there(inventory, m) ? first_listed(search, m) : NO_DIGEST;
		any |= search->loses[m] != NO_DIGEST;
	}
	return any;
}

static void come_by(struct search *search, uint32_t manifest, uint32_t turn)
{
	if (search->seen[manifest] == turn || !is_there(search->inventory, manifest))
		return;
	search->seen[manifest] = turn;
	search->queue[search->queued++] = manifest;
}

static void come_by_tag(struct search *search, uint32_t tag, uint32_t turn)
{
	uint32_t manifest = search->inventory->tags[tag].manifest;

	if (manifest != INVENTORY_NONE)
		come_by(search, manifest, turn);
}

/* From MANIFEST to its children, and to what describes it. */
static void go_on(struct search *search, uint32_t manifest, uint32_t turn)
{
	const struct inventory_manifest *entry = &search->inventory->manifests[manifest];
	const struct plan_edges *describers = &search->graph.describers;

	for (uint32_t i = 0; i < entry->child_count; i++)
		come_by(search, search->inventory->children[entry->children + i].manifest, turn);
	for (uint32_t i = describers->first[manifest]; i < describers->first[manifest + 1]; i++)
		come_by(search, describers->items[i], turn);
}

/* The first manifest on the way down from TAG that loses something, or INVENTORY_NONE. */
static uint32_t search_down(struct search *search, uint32_t tag)
{
	search->queued = 0;
	come_by_tag(search, tag, tag + 1);
	for (size_t done = 0; done < search->queued; done++) {
		if (search->loses[search->queue[done]] != NO_DIGEST)
			return search->queue[done];
		go_on(search, search->queue[done], tag + 1);
	}
	return INVENTORY_NONE;
}

static void find_losses(struct search *search, struct second_opinion *opinion)
{
	size_t capacity = 0;

	for (uint32_t t = 0; t < search->inventory->tag_count; t++) {
		uint32_t manifest = search_down(search, t);

		if (manifest == INVENTORY_NONE)
			continue;
		GROW(opinion->losses, opinion->loss_count, capacity);
		opinion->losses[opinion->loss_count++] = (struct second_opinion_loss){
			.tag = t, .manifest = manifest, .digest = search->loses[manifest]
		};
	}
}

/* Takes the digests that MANIFEST refers to from the list; returns how many stood there. */
static size_t strike(struct search *search, uint32_t manifest)
{
	uint32_t count = forecast_mark_count(search->inventory, manifest);
	size_t struck = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool *listed = &search->listed[forecast_mark(search->inventory, manifest, i)];

		struck += *listed;
		*listed = false;
	}
	return struck;
}

/* What revisions refer to of that which is left of the list when all that tags lead to is struck
 * off. */
static size_t count_untagged(struct search *search)
{
	const struct inventory *inventory = search->inventory;
	uint32_t turn = (uint32_t)inventory->tag_count + 1;
	size_t count = 0;

	search->queued = 0;
	for (uint32_t t = 0; t < inventory->tag_count; t++)
		come_by_tag(search, t, turn);
	for (size_t done = 0; done < search->queued; done++) {
		strike(search, search->queue[done]);
		go_on(search, search->queue[done], turn);
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (search->loses[m] != NO_DIGEST && forecast_marks(inventory, m))
			count += strike(search, m);
	}
	return count;
}

struct second_opinion *second_opinion_form(const struct inventory *inventory,
					   const struct strtab *listed)
{
	size_t manifests = inventory->manifest_count + 1;
	CLEANUP(free_p) bool *is_listed = xcalloc(strtab_count(inventory->digests) + 1, 1);
	CLEANUP(free_p) uint32_t *loses = xcalloc(manifests, sizeof *loses);
	CLEANUP(free_p) uint32_t *seen = xcalloc(manifests, sizeof *seen);
	CLEANUP(free_p) uint32_t *queue = xcalloc(manifests, sizeof *queue);
	struct second_opinion *opinion = xcalloc(1, sizeof *opinion);
	struct search search = { .inventory = inventory,
				 .listed = is_listed,
				 .loses = loses,
				 .seen = seen,
				 .queue = queue };

	if (!find_losers(&search, listed))
		return opinion;
	plan_graph_build(&search.graph, inventory);
	find_losses(&search, opinion);
	opinion->untagged = count_untagged(&search);
	plan_graph_clear(&search.graph);
	return opinion;
}

void second_opinion_free(struct second_opinion *opinion)
{
	if (!opinion)
		return;
	free(opinion->losses);
	free(opinion);
}
