/* Writes down what a scan read. */
#include "scan_api/cache.h"

#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

/* What is written down, in the order of the digests. */
struct printer {
	const struct inventory *inventory;
	const struct image_dates *dates;
	struct buf *out;
	uint32_t *order;   /* manifests, then blobs */
	uint32_t *numbers; /* of each digest: that of its manifest, then that of its blob */
};

static void fill(struct cache *cache)
{
	*cache = (struct cache){ .known = inventory_new(), .known_dates = image_dates_new() };
	inventory_repository(cache->known, "");
}

static void release(struct cache *cache)
{
	inventory_free(cache->known);
	image_dates_free(cache->known_dates);
	image_dates_free(cache->dates);
}

struct cache *cache_new(void)
{
	struct cache *cache = xmalloc(sizeof *cache);

	fill(cache);
	return cache;
}

void cache_clear(struct cache *cache)
{
	release(cache);
	fill(cache);
}

void cache_drop_known(struct cache *cache)
{
	inventory_free(cache->known);
	image_dates_free(cache->known_dates);
	cache->known = NULL;
	cache->known_dates = NULL;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	release(cache);
	free(cache);
}

void cache_forget(struct cache *cache, const char *digest)
{
	uint32_t id = inventory_manifest_find(cache->known, INVENTORY_CACHE_SHELF, digest);

	if (id != INVENTORY_NONE)
		cache->known->manifests[id].kind = MANIFEST_UNSEEN;
}

/* True for what is known for good: read, checked against its digest, and dated. */
static bool is_settled(const struct printer *printer, uint32_t manifest)
{
	const struct inventory *inventory = printer->inventory;
	const struct inventory_manifest *entry = &inventory->manifests[manifest];
	int64_t created;

	switch (entry->kind) {
	case MANIFEST_IMAGE:
		return entry->blob_count > 0 &&
		       image_dates_of(printer->dates, inventory->references[entry->blobs],
				      &created);
	case MANIFEST_ARTIFACT:
	case MANIFEST_INDEX:
		return true;
	default:
		return false;
	}
}

static int compare_digests(const struct inventory *inventory, uint32_t a, uint32_t b)
{
	return strcmp(strtab_text(inventory->digests, a), strtab_text(inventory->digests, b));
}

static int compare_manifests(const void *left, const void *right, void *ctx)
{
	const struct inventory *inventory = ctx;
	const uint32_t *a = left, *b = right;

	return compare_digests(inventory, inventory->manifests[*a].digest,
			       inventory->manifests[*b].digest);
}

static int compare_blobs(const void *left, const void *right, void *ctx)
{
	const struct inventory *inventory = ctx;
	const uint32_t *a = left, *b = right;

	return compare_digests(inventory, inventory->blobs[*a].digest, inventory->blobs[*b].digest);
}

/* The manifests of all tags, each digest once; their number. */
static size_t choose_manifests(struct printer *printer)
{
	const struct inventory *inventory = printer->inventory;
	size_t count = 0;

	for (size_t t = 0; t < inventory->tag_count; t++) {
		uint32_t manifest = inventory->tags[t].manifest;
		uint32_t digest;

		if (inventory->tags[t].state != TAG_READ || !is_settled(printer, manifest))
			continue;
		digest = inventory->manifests[manifest].digest;
		if (printer->numbers[digest] != INVENTORY_NONE)
			continue;
		printer->numbers[digest] = 0;
		printer->order[count++] = manifest;
	}
	return count;
}

/* The blobs of the chosen manifests, and all configs that have a date; their number. */
static size_t choose_blobs(struct printer *printer, const uint32_t *manifests, size_t count)
{
	const struct inventory *inventory = printer->inventory;
	CLEANUP(free_p) bool *chosen = xcalloc(inventory->blob_count + 1, sizeof *chosen);
	uint32_t *order = printer->order;
	size_t blobs = 0;
	int64_t created;

	for (size_t i = 0; i < count; i++) {
		const struct inventory_manifest *manifest = &inventory->manifests[manifests[i]];

		for (uint32_t b = 0; b < manifest->blob_count; b++)
			chosen[inventory->references[manifest->blobs + b]] = true;
	}
	for (uint32_t b = 0; b < inventory->blob_count; b++) {
		if (chosen[b] || image_dates_of(printer->dates, b, &created))
			order[blobs++] = b;
	}
	return blobs;
}

static void print_date(struct buf *out, int64_t created)
{
	if (created == DATE_ABSENT)
		buf_text(out, " -");
	else if (!date_known(created))
		buf_text(out, " ?");
	else
		buf_format(out, " %" PRId64, created);
}

static void print_blobs(struct printer *printer, size_t count, uint32_t *numbers)
{
	const struct inventory *inventory = printer->inventory;

	for (size_t i = 0; i < count; i++) {
		const struct inventory_blob *blob = &inventory->blobs[printer->order[i]];
		int64_t created;

		buf_format(printer->out, "b %s %" PRIu64 " %c",
			   strtab_text(inventory->digests, blob->digest), blob->size,
			   blob->foreign ? 'f' : '-');
		if (image_dates_of(printer->dates, printer->order[i], &created))
			print_date(printer->out, created);
		buf_text(printer->out, "\n");
		numbers[printer->order[i]] = (uint32_t)i;
	}
}

/* What a manifest says of its own age counts only where its config says nothing: the inventory has
 * the config's date in its place then. */
static int64_t own_date(const struct printer *printer, const struct inventory_manifest *manifest)
{
	int64_t created = DATE_ABSENT;

	if (manifest->kind == MANIFEST_IMAGE &&
	    image_dates_of(printer->dates, printer->inventory->references[manifest->blobs],
			   &created) &&
	    created != DATE_ABSENT)
		return DATE_ABSENT;
	return manifest->created;
}

static void print_manifest(struct printer *printer, uint32_t id, const uint32_t *blob_numbers)
{
	static const char CHILDREN[2][2] = { { '-', 't' }, { 'a', 'b' } };
	static const char KINDS[] = {
		[MANIFEST_IMAGE] = 'i', [MANIFEST_ARTIFACT] = 'a', [MANIFEST_INDEX] = 'x'
	};
	const struct inventory *inventory = printer->inventory;
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	struct buf *out = printer->out;

	buf_format(out, "m %s %c %" PRIu32 " %" PRIu64, inventory_digest(inventory, id),
		   KINDS[manifest->kind], manifest->length, manifest->size);
	print_date(out, own_date(printer, manifest));
	for (uint32_t b = 0; b < manifest->blob_count; b++)
		buf_format(out, " %" PRIu32,
			   blob_numbers[inventory->references[manifest->blobs + b]]);
	buf_text(out, "\n");
	for (uint32_t c = 0; c < manifest->child_count; c++) {
		const struct inventory_child *child = &inventory->children[manifest->children + c];

		buf_format(out, "c %s %c\n", inventory_digest(inventory, child->manifest),
			   CHILDREN[child->attestation][child->artifact]);
	}
	if (manifest->subject != INVENTORY_NONE)
		buf_format(out, "s %s\n", inventory_digest(inventory, manifest->subject));
}

static void print_tags(struct printer *printer)
{
	const struct inventory *inventory = printer->inventory;

	for (size_t r = 0; r < inventory->repository_count; r++) {
		const struct inventory_repository *repository = &inventory->repositories[r];
		size_t end = (size_t)repository->first_tag + repository->tag_count;

		buf_format(printer->out, "r %s\n", repository->name);
		for (size_t t = repository->first_tag; t < end; t++) {
			const struct inventory_tag *tag = &inventory->tags[t];

			if (tag->state == TAG_READ && is_settled(printer, tag->manifest))
				buf_format(printer->out, "t %s %" PRIu32 "\n", tag->name,
					   printer->numbers[inventory->manifests[tag->manifest]
								    .digest]);
		}
	}
}

static void print_all(struct printer *printer)
{
	const struct inventory *inventory = printer->inventory;
	void *ctx = (void *)(uintptr_t)inventory; /* qsort_r's argument is not const */
	size_t count = choose_manifests(printer);
	CLEANUP(free_p) uint32_t *manifests = xcalloc(count + 1, sizeof *manifests);
	CLEANUP(free_p)
	uint32_t *blob_numbers = xcalloc(inventory->blob_count + 1, sizeof *blob_numbers);
	size_t blobs;

	memcpy(manifests, printer->order, count * sizeof *manifests);
	qsort_r(manifests, count, sizeof *manifests, compare_manifests, ctx);
	blobs = choose_blobs(printer, manifests, count);
	qsort_r(printer->order, blobs, sizeof *printer->order, compare_blobs, ctx);
	print_blobs(printer, blobs, blob_numbers);
	for (size_t i = 0; i < count; i++) {
		print_manifest(printer, manifests[i], blob_numbers);
		printer->numbers[inventory->manifests[manifests[i]].digest] = (uint32_t)i;
	}
	print_tags(printer);
}

bool cache_print(const struct cache *cache, const struct inventory *inventory, struct buf *out)
{
	size_t digests = strtab_count(inventory->digests);
	size_t room = inventory->tag_count + inventory->blob_count + 1;
	CLEANUP(free_p) uint32_t *order = xcalloc(room, sizeof *order);
	CLEANUP(free_p) uint32_t *numbers = xcalloc(digests + 1, sizeof *numbers);
	struct printer printer = { inventory, cache->dates, out, order, numbers };
	char sum[DIGEST_TEXT];

	memset(numbers, 0xff, (digests + 1) * sizeof *numbers);
	buf_text(out, INVENTORY_CACHE_HEADER);
	print_all(&printer);
	checksummed_close(out, sum);
	return strcmp(sum, cache->sum) != 0 && out->length <= INVENTORY_CACHE_LIMIT;
}
