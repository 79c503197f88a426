/* A manifest that was pushed again since it was planned, or replaced in a tag, has begun to be
 * without a tag anew, though it looks the same: only the times of its links tell. */
#include "apply/recheck_untagged.h"

#include "apply/recheck.h"
#include "apply/shared.h"
#include "inventory/inventory.h"
#include "scan_storage/untagged_since.h"
#include "util/date.h"
#include "util/xalloc.h"

/* The fresh manifest of STEP, where there is something to read again, or INVENTORY_NONE. PLANNED:
 * since when it was without a tag. */
static uint32_t find(const struct apply *apply, const struct step *step,
		     const struct inventory *fresh, int64_t *planned)
{
	*planned = apply->inventory->manifests[step->manifest].untagged_since;
	if (step->state != STEP_TO_DO || step->tag != INVENTORY_NONE || *planned == DATE_ABSENT)
		return INVENTORY_NONE;
	return inventory_manifest_find(fresh, 0,
				       inventory_digest(apply->inventory, step->manifest));
}

/* The API does not tell these times: whichever of the two was looked at, the storage is read. */
static bool read_again(const struct apply *apply, struct inventory *fresh, const bool *wanted)
{
	struct err err;

	return storage_is_own(*apply->trust) &&
	       scan_storage_untagged_since(fresh, apply->layout, wanted, &err) == 0;
}

void recheck_untagged_keep(const struct apply *apply, const struct step *steps, size_t count,
			   struct inventory *fresh)
{
	CLEANUP(free_p) bool *wanted = xcalloc(fresh->manifest_count + 1, sizeof *wanted);
	bool any = false, read = false;
	int64_t planned = DATE_ABSENT;

	for (size_t i = 0; i < count; i++) {
		uint32_t id = find(apply, &steps[i], fresh, &planned);

		if (id != INVENTORY_NONE)
			wanted[id] = any = true;
	}
	read = any && read_again(apply, fresh, wanted);
	for (size_t i = 0; i < count && any; i++) {
		uint32_t id = find(apply, &steps[i], fresh, &planned);
		int64_t now = DATE_ABSENT;

		if (id == INVENTORY_NONE)
			continue;
		if (read)
			now = fresh->manifests[id].untagged_since;
		/* An earlier time is no push: a tag that was deleted, by us too, has taken its
		 * history along. Tags that came and went since it was planned were pushed, which is
		 * in this time; that their folder changed since tells nothing, as our own deletes
		 * do that, too, but it must be there and believed. */
		if (now == DATE_ABSENT || now > planned ||
		    !date_known(fresh->repositories[0].tags_changed))
			fresh->manifests[id].held = true;
		else
			fresh->manifests[id].untagged_since = planned;
	}
}
