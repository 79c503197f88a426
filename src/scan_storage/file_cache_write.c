/* Writes down what a scan read, for the next one. */
#include "scan_storage/file_cache.h"

#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scan_storage/file_cache_format.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PIECE ((size_t)64 * 1024) /* bytes that are handed on at once, about */

struct printer {
	const struct file_cache *cache;
	const struct inventory *inventory;
	const struct image_dates *dates; /* NULL: no config was read */
	struct buf *out;                 /* what was not handed on yet */
	FILE *stream;
	struct digest_check *sum; /* of all that was */
	size_t length;            /* of that, bytes */
	int error;                /* an errno: nothing more is written */
	uint32_t *numbers; /* by blob of the inventory: that of its entry, or INVENTORY_NONE */
	uint32_t count;    /* entries of blobs so far */
};

static void hand_on(struct printer *printer)
{
	struct buf *out = printer->out;

	digest_check_add(printer->sum, out->data, out->length);
	printer->length += out->length;
	if (printer->error == 0 && printer->length > FILE_CACHE_LIMIT)
		printer->error = EFBIG;
	if (printer->error == 0 &&
	    fwrite(out->data, 1, out->length, printer->stream) != out->length)
		printer->error = errno;
	buf_clear(out);
}

static void add_digest(struct printer *printer, uint32_t number)
{
	char bytes[FILE_CACHE_BYTES];

	(void)file_cache_format_bytes(strtab_text(printer->inventory->digests, number), bytes);
	buf_add(printer->out, bytes, sizeof bytes);
}

static bool is_canonical(const struct inventory *inventory, uint32_t number)
{
	return digest_canonical(strtab_text(inventory->digests, number));
}

/* What was noted of the digest NUMBER. */
static struct file_stamp stamp_of(const struct file_cache *cache, uint32_t number)
{
	return number < cache->note_count ? cache->notes[number] : (struct file_stamp){ 0 };
}

static void add_file(struct printer *printer, struct file_stamp stamp, uint64_t size,
		     int64_t created)
{
	buf_add(printer->out, &stamp.inode, sizeof stamp.inode);
	buf_add(printer->out, &stamp.changed, sizeof stamp.changed);
	buf_add(printer->out, &stamp.length, sizeof stamp.length);
	buf_add(printer->out, &size, sizeof size);
	buf_add(printer->out, &created, sizeof created);
}

static bool date_of(const struct printer *printer, uint32_t blob, int64_t *created)
{
	return printer->dates && image_dates_of(printer->dates, blob, created);
}

/* Returns the number of a new entry for blob ID, stated with SIZE and as FOREIGN. */
static uint32_t add_blob(struct printer *printer, uint32_t id, uint64_t size, bool is_foreign,
			 bool dated)
{
	const struct inventory_blob *blob = &printer->inventory->blobs[id];
	struct file_stamp stamp = stamp_of(printer->cache, blob->digest);
	uint8_t foreign = is_foreign;
	int64_t created = DATE_ABSENT;

	dated = dated && stamp.inode != 0 && date_of(printer, id, &created);
	buf_add(printer->out, dated ? "d" : "b", 1);
	add_digest(printer, blob->digest);
	if (dated)
		add_file(printer, stamp, size, created);
	else
		buf_add(printer->out, &size, sizeof size);
	buf_add(printer->out, &foreign, sizeof foreign);
	return printer->count++;
}

/* The entry for a REFERENCE, added where it is new: one for each blob, and one for each statement
 * that differs. */
static uint32_t entry_of(struct printer *printer, uint32_t reference)
{
	const struct inventory *inventory = printer->inventory;
	struct inventory_statement said = inventory_statement(inventory, reference);
	uint32_t id = inventory->references[reference];
	bool usual = !said.foreign && said.size == inventory->blobs[id].size;

	if (!usual)
		return add_blob(printer, id, said.size, said.foreign, false);
	if (printer->numbers[id] == INVENTORY_NONE)
		printer->numbers[id] = add_blob(printer, id, said.size, false, true);
	return printer->numbers[id];
}

/* What a manifest says of its own age counts only where its config says nothing: the inventory has
 * the config's date in its place then. */
static int64_t own_date(const struct printer *printer, const struct inventory_manifest *manifest)
{
	int64_t created = DATE_ABSENT;

	if (manifest->kind == MANIFEST_IMAGE &&
	    date_of(printer, printer->inventory->references[manifest->blobs], &created) &&
	    created != DATE_ABSENT)
		return DATE_ABSENT;
	return manifest->created;
}

static void add_children(struct printer *printer, const struct inventory_manifest *manifest)
{
	const struct inventory *inventory = printer->inventory;

	for (uint32_t c = 0; c < manifest->child_count; c++) {
		const struct inventory_child *child = &inventory->children[manifest->children + c];
		char flags = (char)((child->attestation ? FILE_CACHE_ATTESTATION : 0) |
				    (child->artifact ? FILE_CACHE_ARTIFACT : 0));

		add_digest(printer, inventory->manifests[child->manifest].digest);
		buf_add(printer->out, &flags, sizeof flags);
	}
	if (manifest->subject != INVENTORY_NONE)
		add_digest(printer, inventory->manifests[manifest->subject].digest);
}

static void add_manifest(struct printer *printer, uint32_t id)
{
	static const char KINDS[] = {
		[MANIFEST_IMAGE] = 'i', [MANIFEST_ARTIFACT] = 'a', [MANIFEST_INDEX] = 'x'
	};
	const struct inventory_manifest *manifest = &printer->inventory->manifests[id];
	uint8_t has_subject = manifest->subject != INVENTORY_NONE;
	CLEANUP(free_p) uint32_t *blobs = xcalloc(manifest->blob_count + (size_t)1, sizeof *blobs);

	/* Blobs that are new come first. */
	for (uint32_t b = 0; b < manifest->blob_count; b++)
		blobs[b] = entry_of(printer, manifest->blobs + b);
	buf_add(printer->out, &KINDS[manifest->kind], 1);
	add_digest(printer, manifest->digest);
	add_file(printer, stamp_of(printer->cache, manifest->digest), manifest->size,
		 own_date(printer, manifest));
	buf_add(printer->out, &manifest->blob_count, sizeof manifest->blob_count);
	buf_add(printer->out, &manifest->child_count, sizeof manifest->child_count);
	buf_add(printer->out, &has_subject, sizeof has_subject);
	buf_add(printer->out, blobs, manifest->blob_count * sizeof *blobs);
	add_children(printer, manifest);
}

/* Whether all that MANIFEST mentions has a digest that can be written. */
static bool is_plain(const struct inventory *inventory, const struct inventory_manifest *manifest)
{
	bool plain = is_canonical(inventory, manifest->digest);

	for (uint32_t b = 0; b < manifest->blob_count && plain; b++)
		plain = is_canonical(
			inventory,
			inventory->blobs[inventory->references[manifest->blobs + b]].digest);
	for (uint32_t c = 0; c < manifest->child_count && plain; c++)
		plain = is_canonical(
			inventory,
			inventory->manifests[inventory->children[manifest->children + c].manifest]
				.digest);
	return plain && (manifest->subject == INVENTORY_NONE ||
			 is_canonical(inventory, inventory->manifests[manifest->subject].digest));
}

/* True for what is known for good: read, checked against its digest, and dated, if anything is. */
static bool is_settled(const struct printer *printer, const struct inventory_manifest *manifest)
{
	int64_t created;

	switch (manifest->kind) {
	case MANIFEST_IMAGE:
		return manifest->blob_count > 0 &&
		       (!printer->dates ||
			date_of(printer, printer->inventory->references[manifest->blobs],
				&created));
	case MANIFEST_ARTIFACT:
	case MANIFEST_INDEX:
		return true;
	default:
		return false;
	}
}

static void add_all(struct printer *printer)
{
	const struct inventory *inventory = printer->inventory;
	size_t digests = strtab_count(inventory->digests);
	CLEANUP(free_p) bool *done = xcalloc(digests + 1, sizeof *done);

	for (uint32_t m = 0; m < inventory->manifest_count && printer->error == 0; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		if (done[manifest->digest] ||
		    stamp_of(printer->cache, manifest->digest).inode == 0 ||
		    !is_settled(printer, manifest) || !is_plain(inventory, manifest))
			continue;
		done[manifest->digest] = true;
		add_manifest(printer, m);
		if (printer->out->length >= PIECE)
			hand_on(printer);
	}
}

static void print(struct printer *printer)
{
	const struct file_cache_place *place = &printer->cache->place;
	uint32_t order = FILE_CACHE_ORDER;

	buf_text(printer->out, FILE_CACHE_HEADER);
	buf_add(printer->out, &order, sizeof order);
	buf_add(printer->out, &place->major, sizeof place->major);
	buf_add(printer->out, &place->device, sizeof place->device);
	buf_add(printer->out, &place->inode, sizeof place->inode);
	add_all(printer);
	hand_on(printer);
}

/* The checksum goes behind all that it covers. */
static void print_sum(struct printer *printer)
{
	char text[DIGEST_TEXT];

	buf_format(printer->out, "%s\n", digest_check_sum(printer->sum, text));
	hand_on(printer);
}

int file_cache_write(const struct file_cache *cache, const struct inventory *inventory,
		     FILE *stream, struct err *err)
{
	CLEANUP(free_p) uint32_t *numbers = xmalloc((inventory->blob_count + 1) * sizeof *numbers);
	CLEANUP(buf_free) struct buf out = { 0 };
	struct printer printer = { .cache = cache,
				   .inventory = inventory,
				   .dates = cache->dates,
				   .out = &out,
				   .stream = stream,
				   .sum = digest_check_new("sha256:"),
				   .numbers = numbers };

	memset(numbers, 0xff, (inventory->blob_count + 1) * sizeof *numbers);
	print(&printer);
	print_sum(&printer);
	digest_check_free(printer.sum);
	if (printer.error)
		return err_set(err, ERR_IO, "%s", strerror(printer.error));
	return 0;
}
