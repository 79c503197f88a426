/* Works the dates of indexes out from their children, each once. */
#include "plan_dates.h"

#include "inventory.h"
#include "oci/date.h"
#include "plan.h"

#define INDEX_DEPTH 32 /* an index nested deeper has no known age */
#define PENDING     INT64_MAX

/* An index is as old as its newest child (S5); one child without a date makes its age unknown. */
static int64_t effective_date(const struct inventory *inventory, struct plan_manifest *manifests,
			      uint32_t id, unsigned depth)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	int64_t *date = &manifests[id].created;
	int64_t newest = DATE_ABSENT;

	if (*date != PENDING)
		return *date;
	if (manifest->kind != MANIFEST_INDEX || manifest->created == DATE_INVALID)
		return *date = manifest->created;
	for (uint32_t i = 0; i < manifest->child_count && newest != DATE_INVALID; i++) {
		struct inventory_child child = inventory->children[manifest->children + i];
		int64_t created;

		if (child.attestation ||
		    inventory->manifests[child.manifest].kind == MANIFEST_MISSING)
			continue;
		created = depth < INDEX_DEPTH
				  ? effective_date(inventory, manifests, child.manifest, depth + 1)
				  : DATE_INVALID;
		if (!date_known(created))
			newest = DATE_INVALID;
		else if (created > newest)
			newest = created;
	}
	return *date = newest;
}

void plan_dates(const struct inventory *inventory, struct plan_manifest *manifests)
{
	for (size_t m = 0; m < inventory->manifest_count; m++)
		manifests[m].created = PENDING;
	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		effective_date(inventory, manifests, m, 0);
}
