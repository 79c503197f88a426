/* The collector's rules, in one place: registry versions differ in how they follow references, but
 * without --delete-untagged every linked revision is come across anyway, so they mark the same. */
#include "forecast/marks.h"

#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

static bool is_there(const struct inventory_manifest *manifest)
{
	return manifest->kind != MANIFEST_UNSEEN && manifest->kind != MANIFEST_MISSING;
}

bool forecast_marks(const struct inventory *inventory, uint32_t manifest)
{
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	return is_there(entry) && (entry->linked || !inventory->from_storage);
}

uint32_t forecast_mark_count(const struct inventory *inventory, uint32_t manifest)
{
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	return 1 + entry->blob_count + entry->child_count;
}

static uint32_t named(const struct inventory *inventory, uint32_t manifest, uint32_t i)
{
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	if (i == 0)
		return entry->digest;
	if (i <= entry->blob_count)
		return inventory->blobs[inventory->references[entry->blobs + i - 1]].digest;
	i -= 1 + entry->blob_count;
	return inventory->manifests[inventory->children[entry->children + i].manifest].digest;
}

uint32_t forecast_mark(const struct inventory *inventory, uint32_t manifest, uint32_t i)
{
	return inventory_stored(inventory, named(inventory, manifest, i));
}

static uint64_t blob_size(const struct inventory *inventory, const struct inventory_blob *blob)
{
	if (inventory->from_storage)
		return blob->stored;
	return blob->foreign ? INVENTORY_ABSENT : blob->size;
}

uint64_t *forecast_sizes(const struct inventory *inventory)
{
	size_t count = strtab_count(inventory->digests);
	uint64_t *sizes = xmalloc((count + 1) * sizeof *sizes);

	for (size_t i = 0; i < count; i++)
		sizes[i] = INVENTORY_ABSENT;
	for (size_t i = 0; i < inventory->blob_count; i++)
		sizes[inventory->blobs[i].digest] = blob_size(inventory, &inventory->blobs[i]);
	for (size_t i = 0; i < inventory->manifest_count && !inventory->from_storage; i++) {
		if (is_there(&inventory->manifests[i]))
			sizes[inventory->manifests[i].digest] = inventory->manifests[i].length;
	}
	return sizes;
}

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
