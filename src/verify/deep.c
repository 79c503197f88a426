/* Which blobs are read, and for whom. */
#include "verify/deep.h"

#include "inventory/inventory.h"
#include "util/progress.h"
#include "util/units.h"
#include "util/xalloc.h"
#include "verify/needs.h"

/* By item: whether some manifest that needs it states the length that it has, or none: what is too
 * long or too short for all is known to be damaged. The caller's. */
static bool *find_fitting(const struct verify *verify)
{
	const struct inventory *inventory = verify->inventory;
	bool *fits = xcalloc(verify->item_count + 1, sizeof *fits);

	for (size_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		for (uint32_t i = 0; i < manifest->blob_count; i++) {
			uint32_t reference = manifest->blobs + i,
				 item = verify->items_of[reference];

			if (item != INVENTORY_NONE && verify_fits(verify, manifest, reference))
				fits[item] = true;
		}
	}
	return fits;
}

struct verify_deep verify_deep_new(struct verify *verify)
{
	CLEANUP(free_p) bool *fits = find_fitting(verify);
	struct verify_deep deep = { .verify = verify };
	size_t *first = xmalloc((verify->inventory->blob_count + 1) * sizeof *first);
	size_t capacity = 0;

	for (size_t i = 0; i < verify->inventory->blob_count; i++)
		first[i] = SIZE_MAX;
	deep.next = xmalloc((verify->item_count + 1) * sizeof *deep.next);
	for (size_t i = 0; i < verify->item_count; i++) {
		const struct verify_item *item = &verify->items[i];

		if (item->fault != VERIFY_FOUND || !fits[i])
			continue;
		deep.next[i] = SIZE_MAX;
		if (first[item->blob] != SIZE_MAX) {
			/* The second place of a list need not be its end. */
			deep.next[i] = deep.next[first[item->blob]];
			deep.next[first[item->blob]] = i;
			continue;
		}
		first[item->blob] = i;
		GROW(deep.items, deep.count, capacity);
		deep.items[deep.count++] = i;
		if (item->found != VERIFY_SIZE_UNKNOWN)
			deep.bytes += item->found;
	}
	free(first);
	return deep;
}

void verify_deep_clear(struct verify_deep *deep)
{
	free(deep->items);
	free(deep->next);
}

void verify_deep_answer(struct verify_deep *deep, size_t number, const struct verify_answer *answer)
{
	if (answer->fault == VERIFY_FOUND)
		return;
	for (size_t item = deep->items[number]; item != SIZE_MAX; item = deep->next[item])
		verify_answer(deep->verify, item, answer);
}

void verify_deep_progress(const struct verify_deep *deep, size_t blobs, uint64_t bytes)
{
	char done[UNITS_SIZE], all[UNITS_SIZE];

	progress("reading: %zu of %zu blobs, %s of %s", blobs, deep->count,
		 units_bytes(bytes, done), units_bytes(deep->bytes, all));
}
