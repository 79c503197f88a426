/* Cached manifests (scan_api/cache.h) are read again before a delete: which ones, and what follows.
 */
#include "apply/recheck_cached.h"

#include "inventory/inventory.h"
#include "util/xalloc.h"

bool *recheck_cached_new(const struct inventory *inventory, uint32_t repository)
{
	bool *cached = xcalloc(inventory->manifest_count + 1, sizeof *cached);
	bool any = false;

	for (uint32_t m = inventory->repositories[repository].first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next) {
		cached[m] = inventory->manifests[m].remembered;
		any |= cached[m];
	}
	if (any)
		return cached;
	free(cached);
	return NULL;
}

/* The number in FRESH of MANIFEST if that came from the cache, or INVENTORY_NONE. */
static uint32_t find_fresh(const bool *cached, const struct inventory *inventory, uint32_t manifest,
			   const struct inventory *fresh)
{
	return cached[manifest]
		       ? inventory_manifest_find(fresh, 0, inventory_digest(inventory, manifest))
		       : INVENTORY_NONE;
}

void recheck_cached_keep_parts(const bool *cached, const struct inventory *inventory,
			       uint32_t repository, struct inventory *fresh)
{
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; cached && m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];
		uint32_t now = find_fresh(cached, inventory, m, fresh);

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

void recheck_cached_settle(const bool *cached, struct inventory *inventory, uint32_t repository,
			   const struct inventory *fresh)
{
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; cached && m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		uint32_t now = find_fresh(cached, inventory, m, fresh);

		if (now != INVENTORY_NONE &&
		    fresh->manifests[now].kind == inventory->manifests[m].kind &&
		    fresh->manifests[now].created == inventory->manifests[m].created)
			inventory->manifests[m].remembered = false;
	}
}
