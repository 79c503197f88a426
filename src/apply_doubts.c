/* Follows what a delete depends on, and marks what of it was only remembered. */
#include "apply_doubts.h"

#include "apply_look.h"
#include "inventory.h"
#include "util/xalloc.h"

static void reach(bool *reached, uint32_t **stack, size_t *count, size_t *capacity,
		  uint32_t manifest)
{
	if (manifest == INVENTORY_NONE || reached[manifest])
		return;
	reached[manifest] = true;
	GROW(*stack, *count, *capacity);
	(*stack)[(*count)++] = manifest;
}

/* What STACK has, its children and what it describes, down to the last. */
static void reach_all(const struct inventory *inventory, bool *reached, uint32_t **stack,
		      size_t *count, size_t *capacity)
{
	while (*count > 0) {
		const struct inventory_manifest *manifest =
			&inventory->manifests[(*stack)[--*count]];

		reach(reached, stack, count, capacity, manifest->subject);
		for (uint32_t c = 0; c < manifest->child_count; c++)
			reach(reached, stack, count, capacity,
			      inventory->children[manifest->children + c].manifest);
	}
}

/* All that is to go, and all on which that depends. What holds it back need not be there to do
 * so: it is no harm if that is only remembered. */
static bool *reach_steps(const struct inventory *inventory, uint32_t id, const struct step *steps,
			 size_t step_count)
{
	const struct inventory_repository *repository = &inventory->repositories[id];
	bool *reached = xcalloc(inventory->manifest_count + 1, sizeof *reached);
	CLEANUP(free_p) uint32_t *stack = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < step_count; i++) {
		if (steps[i].state == STEP_TO_DO)
			reach(reached, &stack, &count, &capacity, steps[i].manifest);
	}
	do {
		reach_all(inventory, reached, &stack, &count, &capacity);
		for (uint32_t i = 0; i < repository->tag_count; i++) {
			const struct inventory_tag *tag =
				&inventory->tags[repository->first_tag + i];

			if (tag->manifest != INVENTORY_NONE && reached[tag->manifest])
				reach(reached, &stack, &count, &capacity, tag->named_subject);
		}
	} while (count > 0);
	return reached;
}

bool *apply_doubts(const struct inventory *inventory, uint32_t repository, const struct step *steps,
		   size_t count)
{
	bool *doubted = reach_steps(inventory, repository, steps, count);
	bool any = false;

	for (uint32_t m = inventory->repositories[repository].first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next) {
		doubted[m] = doubted[m] && inventory->manifests[m].remembered;
		any |= doubted[m];
	}
	if (any)
		return doubted;
	free(doubted);
	return NULL;
}

void apply_doubts_settle(struct inventory *inventory, uint32_t repository, const bool *doubted,
			 const struct inventory *fresh)
{
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; doubted && m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		uint32_t now = INVENTORY_NONE;

		if (doubted[m])
			now = inventory_manifest_find(fresh, 0, inventory_digest(inventory, m));
		if (now != INVENTORY_NONE &&
		    fresh->manifests[now].kind == inventory->manifests[m].kind &&
		    fresh->manifests[now].created == inventory->manifests[m].created)
			inventory->manifests[m].remembered = false;
	}
}
