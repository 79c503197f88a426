/* What was only remembered (inventory_cache.h) decides nothing: which of it the look before the
 * delete has to read again, and what follows from that. */
#include "apply_doubt.h"

#include "apply_look.h"
#include "inventory.h"
#include "util/xalloc.h"

struct walk {
	const struct inventory *inventory;
	bool *reached; /* by manifest */
	uint32_t *stack;
	size_t count, capacity;
};

static void reach(struct walk *walk, uint32_t manifest)
{
	if (manifest == INVENTORY_NONE || walk->reached[manifest])
		return;
	walk->reached[manifest] = true;
	GROW(walk->stack, walk->count, walk->capacity);
	walk->stack[walk->count++] = manifest;
}

/* What is on the stack, its children and what it describes, down to the last. */
static void reach_all(struct walk *walk)
{
	const struct inventory *inventory = walk->inventory;

	while (walk->count > 0) {
		const struct inventory_manifest *manifest =
			&inventory->manifests[walk->stack[--walk->count]];

		reach(walk, manifest->subject);
		for (uint32_t c = 0; c < manifest->child_count; c++)
			reach(walk, inventory->children[manifest->children + c].manifest);
	}
}

/* All that is to go, and all on which that depends. What holds it back need not be there to do so:
 * it is no harm if that is only remembered. */
static void reach_steps(struct walk *walk, const struct inventory_repository *repository,
			const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (steps[i].state == STEP_TO_DO)
			reach(walk, steps[i].manifest);
	}
	do {
		reach_all(walk);
		for (uint32_t i = 0; i < repository->tag_count; i++) {
			const struct inventory_tag *tag =
				&walk->inventory->tags[repository->first_tag + i];

			if (tag->manifest != INVENTORY_NONE && walk->reached[tag->manifest])
				reach(walk, tag->named_subject);
		}
	} while (walk->count > 0);
}

bool *doubt_new(const struct inventory *inventory, uint32_t repository, const struct step *steps,
		size_t count)
{
	const struct inventory_repository *entry = &inventory->repositories[repository];
	bool *doubted = xcalloc(inventory->manifest_count + 1, sizeof *doubted);
	struct walk walk = { .inventory = inventory, .reached = doubted };
	bool any = false;

	reach_steps(&walk, entry, steps, count);
	free(walk.stack);
	for (uint32_t m = entry->first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next) {
		doubted[m] = doubted[m] && inventory->manifests[m].remembered;
		any |= doubted[m];
	}
	if (any)
		return doubted;
	free(doubted);
	return NULL;
}

/* What FRESH has of MANIFEST if that is doubted, or INVENTORY_NONE. */
static uint32_t find_fresh(const bool *doubted, const struct inventory *inventory,
			   uint32_t manifest, const struct inventory *fresh)
{
	return doubted[manifest]
		       ? inventory_manifest_find(fresh, 0, inventory_digest(inventory, manifest))
		       : INVENTORY_NONE;
}

void doubt_hold_parts(const bool *doubted, const struct inventory *inventory, uint32_t repository,
		      struct inventory *fresh)
{
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; doubted && m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];
		uint32_t now = find_fresh(doubted, inventory, m, fresh);

		if (now == INVENTORY_NONE || fresh->manifests[now].kind != MANIFEST_MISSING)
			continue;
		for (uint32_t c = 0; c < manifest->child_count; c++) {
			uint32_t child = inventory->children[manifest->children + c].manifest;
			uint32_t part = inventory_manifest_find(fresh, 0,
								inventory_digest(inventory, child));

			if (part != INVENTORY_NONE)
				fresh->manifests[part].held = true;
		}
	}
}

void doubt_settle(const bool *doubted, struct inventory *inventory, uint32_t repository,
		  const struct inventory *fresh)
{
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; doubted && m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		uint32_t now = find_fresh(doubted, inventory, m, fresh);

		if (now != INVENTORY_NONE &&
		    fresh->manifests[now].kind == inventory->manifests[m].kind &&
		    fresh->manifests[now].created == inventory->manifests[m].created)
			inventory->manifests[m].remembered = false;
	}
}
