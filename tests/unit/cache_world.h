/* Caches as texts and as inventories, for the tests of inventory_cache. */
#ifndef CACHE_WORLD_H
#define CACHE_WORLD_H

#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "scan_api/cache.h"
#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

/* The text of a cache with these LINES: header and checksum are added. */
static inline void cache_text(const char *lines, size_t length, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, INVENTORY_CACHE_HEADER);
	buf_add(out, lines, length);
	buf_format(out, "%s\n", digest_of(out->data, out->length, sum));
}

/* A cache that knows what TEXT says, or NULL with ERR. TEXT stays whole. */
static inline struct cache *cache_read(const char *text, size_t length, struct err *err)
{
	struct cache *cache = cache_new();
	struct buf copy = { 0 };
	int result;

	buf_add(&copy, text, length);
	result = cache_parse(cache, copy.data, length, err);
	buf_free(&copy);
	if (result == 0)
		return cache;
	cache_free(cache);
	return NULL;
}

/* What a scan finds that is answered 304 to everything: CACHE->dates is filled, too. */
static inline struct inventory *cache_scan(struct cache *cache)
{
	const struct inventory *known = cache->known;
	struct inventory *inventory = inventory_new();

	cache->dates = image_dates_new();
	for (uint32_t b = 0; b < known->blob_count; b++) {
		const char *digest = strtab_text(known->digests, known->blobs[b].digest);
		int64_t created;

		if (image_dates_of(cache->known_dates, b, &created))
			image_dates_enter(cache->dates,
					  inventory_blob(inventory, digest, known->blobs[b].size),
					  created);
	}
	for (size_t r = 1; r < known->repository_count; r++) {
		const struct inventory_repository *from = &known->repositories[r];
		uint32_t to = inventory_repository(inventory, from->name);
		char **names = xcalloc((size_t)from->tag_count + 1, sizeof *names);

		for (uint32_t t = 0; t < from->tag_count; t++)
			names[t] = xstrdup(known->tags[from->first_tag + t].name);
		inventory_tags(inventory, to, names, from->tag_count);
		for (uint32_t t = 0; t < from->tag_count; t++) {
			uint32_t manifest = known->tags[from->first_tag + t].manifest;
			uint32_t id = inventory_manifest(inventory, to,
							 inventory_digest(known, manifest));

			inventory_copy(inventory, id, known, manifest);
			inventory_point(inventory, inventory->repositories[to].first_tag + t, id);
			free(names[t]);
		}
		free(names);
	}
	return inventory;
}

#endif
