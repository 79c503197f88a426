/* Goes over all references once. Only where one of them is listed, the way down from each tag is
 * gone. */
#include "forecast/gc_check.h"

#include "forecast/collector_marks.h"
#include "forecast/marks.h"
#include "inventory/inventory.h"
#include "inventory/walk.h"
#include "plan/graph.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

#define NO_DIGEST UINT32_MAX

struct search {
	const struct gc_check_question *question;
	const struct inventory *inventory;
	struct plan_graph graph;
	bool *listed;    /* each digest: the collector listed it */
	bool *kept;      /* each digest: it marks it for something that stays; NULL: not known */
	uint64_t *sizes; /* each digest: as forecast_sizes */
	uint32_t *loses; /* each manifest: the first digest that it refers to and that would go, or
			    NO_DIGEST */
	struct inventory_walk walk;
	bool *is_unknown; /* each manifest: it is among the unknowns */
	size_t capacity;  /* of the unknowns */
};

/* A manifest that describes something absent is an orphan; an absent manifest needs nothing. */
static bool is_there(const struct inventory *inventory, uint32_t manifest)
{
	uint8_t kind = inventory->manifests[manifest].kind;

	return kind != MANIFEST_UNSEEN && kind != MANIFEST_MISSING;
}

static bool goes(const struct search *search, uint32_t manifest)
{
	return search->question->goes && search->question->goes[manifest];
}

static bool tag_stays(const struct search *search, uint32_t tag)
{
	uint32_t manifest = search->inventory->tags[tag].manifest;

	return manifest == INVENTORY_NONE || !goes(search, manifest);
}

/* Where it is marked now and does not go; what the collector has not seen yet, it will mark. */
static uint32_t holders_of(const struct search *search, const uint32_t *going, uint32_t manifest)
{
	const struct gc_check_question *question = search->question;
	const struct inventory_manifest *entry = &search->inventory->manifests[manifest];
	uint32_t holders = collector_marks_holders(
		question->marks, strtab_text(search->inventory->digests, entry->digest));

	if (holders == 0 && entry->linked && question->is_new &&
	    question->is_new(question->ctx, manifest))
		return 1;
	return holders - going[entry->digest];
}

/* In how many repositories each digest is marked for a manifest that goes. The caller frees it. */
static uint32_t *count_going(const struct search *search)
{
	const struct inventory *inventory = search->inventory;
	uint32_t *going = xcalloc(strtab_count(inventory->digests) + 1, sizeof *going);

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *entry = &inventory->manifests[m];
		const char *repository = inventory->repositories[entry->repository].name;

		if (goes(search, m) &&
		    collector_marks_has(search->question->marks, repository,
					strtab_text(inventory->digests, entry->digest)))
			going[entry->digest]++;
	}
	return going;
}

/* A manifest that is marked anywhere marks the same everywhere: its digest says what is in it. */
static void find_kept(struct search *search)
{
	const struct inventory *inventory = search->inventory;
	CLEANUP(free_p) uint32_t *going = count_going(search);

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t count = forecast_mark_count(inventory, m);

		if (!is_there(inventory, m) || holders_of(search, going, m) == 0)
			continue;
		for (uint32_t i = 0; i < count; i++)
			search->kept[forecast_mark(inventory, m, i)] = true;
	}
}

static bool is_lost(const struct search *search, uint32_t digest)
{
	return search->listed[digest] ||
	       (search->kept && !search->kept[digest] && search->sizes[digest] != INVENTORY_ABSENT);
}

static uint32_t first_lost(const struct search *search, uint32_t manifest)
{
	uint32_t count = forecast_mark_count(search->inventory, manifest);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t digest = forecast_mark(search->inventory, manifest, i);

		if (is_lost(search, digest))
			return digest;
	}
	return NO_DIGEST;
}

static void read_listed(struct search *search)
{
	const struct inventory *inventory = search->inventory;
	uint32_t digests = strtab_count(inventory->digests);

	for (uint32_t d = 0; d < digests; d++) {
		const char *text = strtab_text(inventory->digests, d);

		search->listed[d] =
			strtab_find(search->question->listed, text, strlen(text)) != STRTAB_NONE;
	}
}

/* Says whether any manifest loses something, or cannot be read. */
static bool find_losers(struct search *search)
{
	const struct inventory *inventory = search->inventory;
	bool any = false;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		search->loses[m] = is_there(inventory, m) ? first_lost(search, m) : NO_DIGEST;
		any |= search->loses[m] != NO_DIGEST ||
		       inventory->manifests[m].kind == MANIFEST_UNREADABLE;
	}
	return any;
}

static void add(struct search *search, uint32_t manifest)
{
	if (manifest != INVENTORY_NONE && is_there(search->inventory, manifest))
		inventory_walk_add(&search->walk, manifest);
}

/* From MANIFEST to its children, and to what describes it; a superseded list of that is no loss. */
static void add_needed(struct search *search, uint32_t manifest)
{
	const struct inventory_manifest *entry = &search->inventory->manifests[manifest];
	const struct plan_edges *describers = &search->graph.describers;

	for (uint32_t i = 0; i < entry->child_count; i++)
		add(search, search->inventory->children[entry->children + i].manifest);
	for (uint32_t i = describers->first[manifest]; i < describers->first[manifest + 1]; i++) {
		if (!plan_graph_is_superseded(&search->graph, describers->items[i]))
			add(search, describers->items[i]);
	}
}

static void note_unknown(struct search *search, struct gc_check *check, uint32_t tag,
			 uint32_t manifest)
{
	GROW(check->unknowns, check->unknown_count, search->capacity);
	check->unknowns[check->unknown_count++] = (struct gc_check_unknown){ tag, manifest };
}

/* The first manifest on the way down from TAG that loses something, or INVENTORY_NONE. Those that
 * cannot be read are noted as unknown. */
static uint32_t search_down(struct search *search, struct gc_check *check, uint32_t tag)
{
	uint32_t loser = INVENTORY_NONE, manifest;

	inventory_walk_again(&search->walk);
	add(search, search->inventory->tags[tag].manifest);
	while ((manifest = inventory_walk_next(&search->walk)) != INVENTORY_NONE) {
		if (loser == INVENTORY_NONE && search->loses[manifest] != NO_DIGEST)
			loser = manifest;
		if (search->inventory->manifests[manifest].kind == MANIFEST_UNREADABLE &&
		    !search->is_unknown[manifest]) {
			search->is_unknown[manifest] = true;
			note_unknown(search, check, tag, manifest);
		}
		add_needed(search, manifest);
	}
	return loser;
}

static void find_losses(struct search *search, struct gc_check *check)
{
	size_t capacity = 0;

	for (uint32_t t = 0; t < search->inventory->tag_count; t++) {
		uint32_t manifest =
			tag_stays(search, t) ? search_down(search, check, t) : INVENTORY_NONE;

		if (manifest == INVENTORY_NONE)
			continue;
		GROW(check->losses, check->loss_count, capacity);
		check->losses[check->loss_count++] = (struct gc_check_loss){
			.tag = t, .manifest = manifest, .digest = search->loses[manifest]
		};
	}
}

/* Takes the digests that MANIFEST refers to from the list; returns how many stood there. */
static size_t unmark(struct search *search, uint32_t manifest)
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
	size_t count = 0;
	uint32_t id;

	inventory_walk_again(&search->walk);
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (tag_stays(search, t))
			add(search, inventory->tags[t].manifest);
	}
	while ((id = inventory_walk_next(&search->walk)) != INVENTORY_NONE) {
		unmark(search, id);
		add_needed(search, id);
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (search->loses[m] != NO_DIGEST && forecast_marks(inventory, m) &&
		    !goes(search, m))
			count += unmark(search, m);
	}
	return count;
}

/* Tags whose own manifest tells nothing. */
static void look_at_tags(struct search *search, struct gc_check *check)
{
	const struct inventory *inventory = search->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		check->tags += tag_stays(search, t);
		if (inventory->tags[t].state != TAG_READ)
			note_unknown(search, check, t, INVENTORY_NONE);
	}
}

static size_t count_freed(const struct search *search)
{
	size_t digests = strtab_count(search->inventory->digests), count = 0;

	if (!search->kept || !search->inventory->from_storage)
		return 0;
	for (size_t d = 0; d < digests; d++)
		count += !search->kept[d] && search->sizes[d] != INVENTORY_ABSENT;
	return count;
}

struct gc_check *gc_check_build(const struct gc_check_question *question)
{
	const struct inventory *inventory = question->inventory;
	size_t manifests = inventory->manifest_count + 1;
	size_t digests = strtab_count(inventory->digests) + 1;
	CLEANUP(free_p) bool *listed = xcalloc(digests, sizeof *listed);
	CLEANUP(free_p) bool *kept = question->marks ? xcalloc(digests, sizeof *kept) : NULL;
	CLEANUP(free_p) uint64_t *sizes = forecast_sizes(inventory);
	CLEANUP(free_p) uint32_t *loses = xcalloc(manifests, sizeof *loses);
	CLEANUP(free_p) bool *is_unknown = xcalloc(manifests, sizeof *is_unknown);
	struct gc_check *check = xcalloc(1, sizeof *check);
	struct search search = { .question = question,
				 .inventory = inventory,
				 .listed = listed,
				 .kept = kept,
				 .sizes = sizes,
				 .loses = loses,
				 .is_unknown = is_unknown };

	read_listed(&search);
	if (kept)
		find_kept(&search);
	look_at_tags(&search, check);
	check->freed = count_freed(&search);
	if (!find_losers(&search))
		return check;
	plan_graph_build(&search.graph, inventory);
	search.walk = inventory_walk_begin(inventory);
	find_losses(&search, check);
	check->untagged = count_untagged(&search);
	inventory_walk_end(&search.walk);
	plan_graph_clear(&search.graph);
	return check;
}

void gc_check_free(struct gc_check *check)
{
	if (!check)
		return;
	free(check->losses);
	free(check->unknowns);
	free(check);
}
