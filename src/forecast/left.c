/* Goes over all references of what stays. */
#include "forecast/left.h"

#include "forecast/marks.h"
#include "inventory/inventory.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

static void mark_what_stays(const struct inventory *inventory, const bool *gone, bool *kept)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t count = forecast_mark_count(inventory, m);

		if (gone[m] || !forecast_marks(inventory, m))
			continue;
		for (uint32_t i = 0; i < count; i++)
			kept[forecast_mark(inventory, m, i)] = true;
	}
}

static void add(struct strtab *left, const struct inventory *inventory, uint32_t digest)
{
	const char *text = strtab_text(inventory->digests, digest);

	strtab_add(left, text, strlen(text));
}

struct strtab *forecast_left(const struct inventory *inventory, const bool *gone)
{
	struct strtab *left = strtab_new();
	size_t digests = strtab_count(inventory->digests);
	CLEANUP(free_p) bool *kept = xcalloc(digests + 1, sizeof *kept);

	mark_what_stays(inventory, gone, kept);
	for (size_t i = 0; inventory->from_storage && i < inventory->blob_count; i++) {
		const struct inventory_blob *blob = &inventory->blobs[i];

		if (!kept[blob->digest] && blob->stored != INVENTORY_ABSENT)
			add(left, inventory, blob->digest);
	}
	for (uint32_t m = 0; !inventory->from_storage && m < inventory->manifest_count; m++) {
		if (gone[m] && !kept[inventory->manifests[m].digest])
			add(left, inventory, inventory->manifests[m].digest);
	}
	return left;
}
