/* Any bytes as the lines of a cache, under a checksum that is right, and as a whole cache. What is
 * believed must be written again so that it is believed, and the same, again. */
#include "cache_world.h"
#include "fuzz.h"

static void check_known(const struct inventory *known)
{
	for (size_t m = 0; m < known->manifest_count; m++) {
		const struct inventory_manifest *manifest = &known->manifests[m];

		fuzz_require(manifest->repository == INVENTORY_CACHE_SHELF);
		fuzz_require(manifest->kind == MANIFEST_INDEX || manifest->child_count == 0);
		fuzz_require(manifest->kind != MANIFEST_IMAGE || manifest->blob_count > 0);
		for (uint32_t b = 0; b < manifest->blob_count; b++)
			fuzz_require(known->references[manifest->blobs + b] < known->blob_count);
		for (uint32_t c = 0; c < manifest->child_count; c++)
			fuzz_require(known->children[manifest->children + c].manifest <
				     known->manifest_count);
	}
	for (size_t t = 0; t < known->tag_count; t++) {
		fuzz_require(known->tags[t].state == TAG_READ);
		fuzz_require(known->manifests[known->tags[t].manifest].kind != MANIFEST_UNSEEN);
	}
}

/* Writes what CACHE knows as a scan that is answered 304 to everything would. */
static void write_again(struct cache *cache, struct buf *out)
{
	struct inventory *inventory = cache_scan(cache);

	(void)cache_print(cache, inventory, out);
	inventory_free(inventory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = { 0 }, once = { 0 }, twice = { 0 };
	struct cache *cache;
	struct err err = { 0 };

	buf_text(&text, "");
	buf_add(&text, data, size);
	fuzz_require(size == 0 || !cache_read(text.data, text.length, &err));
	buf_clear(&text);
	cache_text((const char *)data, size, &text);
	cache = cache_read(text.data, text.length, &err);
	if (cache) {
		check_known(cache->known);
		write_again(cache, &once);
		cache_free(cache);
		cache = cache_read(once.data, once.length, &err);
		fuzz_require(cache != NULL);
		write_again(cache, &twice);
		fuzz_require(once.length == twice.length &&
			     memcmp(once.data, twice.data, once.length) == 0);
		cache_free(cache);
	} else {
		fuzz_require(err.kind == ERR_IO && err.msg[0] != '\0');
	}
	buf_free(&text);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
