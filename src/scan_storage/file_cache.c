/* What is known of files: asked by their digests, noted for the next scan. */
#include "scan_storage/file_cache.h"

#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scan_storage/file_cache_format.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <string.h>

#define NANOSECONDS INT64_C(1000000000)

struct file_cache *file_cache_new(const struct file_cache_place *place, int64_t now)
{
	struct file_cache *cache = xcalloc(1, sizeof *cache);

	cache->place = *place;
	cache->youngest = now - FILE_CACHE_SECONDS * NANOSECONDS;
	return cache;
}

void file_cache_free(struct file_cache *cache)
{
	if (!cache)
		return;
	file_cache_format_drop(cache);
	image_dates_free(cache->dates);
	free(cache->notes);
	free(cache);
}

/* The entry of DIGEST, or NULL. */
static const char *find(const struct file_cache *cache, const char *digest, bool config)
{
	char bytes[FILE_CACHE_BYTES];
	uint32_t at;

	if (!cache || cache->slot_count == 0 || !file_cache_format_bytes(digest, bytes))
		return NULL;
	at = *file_cache_format_slot(cache, bytes, config);
	return at > 0 ? cache->text.data + at : NULL;
}

bool file_cache_find(const struct file_cache *cache, const char *digest, bool config,
		     struct file_cache_entry *entry)
{
	const char *record = find(cache, digest, config);
	struct file_cache_record parts;

	if (!record ||
	    !file_cache_format_record(record, cache->text.data + cache->text.length, &parts))
		return false;
	*entry = (struct file_cache_entry){ .stamp = parts.stamp,
					    .created = parts.created,
					    .record = record };
	return true;
}

static int64_t changed_of(const struct stat *status)
{
	return (int64_t)status->st_ctim.tv_sec * NANOSECONDS + status->st_ctim.tv_nsec;
}

bool file_cache_is_same(const struct file_cache *cache, const struct file_cache_entry *entry,
			const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_dev == cache->place.device &&
	       status->st_ino == entry->stamp.inode &&
	       (uint64_t)status->st_size == entry->stamp.length &&
	       changed_of(status) == entry->stamp.changed;
}

struct file_stamp file_cache_stamp(const struct file_cache *cache, const struct stat *status)
{
	int64_t changed = changed_of(status);

	if (!cache || !S_ISREG(status->st_mode) || status->st_dev != cache->place.device ||
	    changed > cache->youngest)
		return (struct file_stamp){ 0 };
	return (struct file_stamp){ status->st_ino, changed, (uint64_t)status->st_size };
}

/* The number in INVENTORY of a blob that an entry names. */
static uint32_t blob_of(struct file_cache *cache, struct inventory *inventory, uint32_t number,
			struct file_cache_record *blob)
{
	char text[DIGEST_TEXT];

	(void)file_cache_format_record(cache->blobs[number], cache->text.data + cache->text.length,
				       blob);
	if (cache->blob_ids[number] == INVENTORY_NONE) {
		file_cache_format_text(blob->digest, text);
		cache->blob_ids[number] =
			inventory_mention(inventory, text, blob->size, blob->foreign != 0);
	}
	return cache->blob_ids[number];
}

static void describe_blobs(struct file_cache *cache, const struct file_cache_record *record,
			   struct inventory *inventory, uint32_t id)
{
	for (uint32_t i = 0; i < record->blob_count; i++) {
		struct file_cache_record blob;
		uint32_t number, found;

		memcpy(&number, record->blobs + i * sizeof number, sizeof number);
		found = blob_of(cache, inventory, number, &blob);
		inventory_refer(inventory, id, found, blob.size, blob.foreign != 0);
	}
}

static void describe_children(const struct file_cache_record *record, struct inventory *inventory,
			      uint32_t id)
{
	char text[DIGEST_TEXT];

	for (uint32_t i = 0; i < record->child_count; i++) {
		const char *child = record->children + i * (FILE_CACHE_BYTES + 1);
		unsigned flags = (unsigned char)child[FILE_CACHE_BYTES];

		file_cache_format_text(child, text);
		inventory_restore_child(
			inventory, id, text,
			(struct inventory_child){ .attestation = flags & FILE_CACHE_ATTESTATION,
						  .artifact = flags & FILE_CACHE_ARTIFACT });
	}
	if (!record->has_subject)
		return;
	file_cache_format_text(record->subject, text);
	inventory_restore_subject(inventory, id, text);
}

static uint8_t kind_of(char kind)
{
	switch (kind) {
	case 'i':
		return MANIFEST_IMAGE;
	case 'a':
		return MANIFEST_ARTIFACT;
	default:
		return MANIFEST_INDEX;
	}
}

void file_cache_describe(struct file_cache *cache, const struct file_cache_entry *entry,
			 struct inventory *inventory, uint32_t id)
{
	struct file_cache_record record;
	struct inventory_manifest values = { 0 };

	(void)file_cache_format_record(entry->record, cache->text.data + cache->text.length,
				       &record);
	values.kind = kind_of(record.kind);
	values.length = (uint32_t)record.stamp.length;
	values.size = record.size;
	values.created = record.created;
	inventory_restore(inventory, id, &values);
	describe_blobs(cache, &record, inventory, id);
	describe_children(&record, inventory, id);
	inventory->manifests[id].remembered = true;
}

void file_cache_note(struct file_cache *cache, uint32_t number, struct file_stamp stamp, bool taken)
{
	if (!cache || stamp.inode == 0)
		return;
	while (cache->note_count <= number) {
		GROW(cache->notes, cache->note_count, cache->note_capacity);
		cache->notes[cache->note_count++] = (struct file_stamp){ 0 };
	}
	cache->notes[number] = stamp;
	if (taken)
		cache->taken++;
	else
		cache->added++;
}

size_t file_cache_taken(const struct file_cache *cache)
{
	return cache ? cache->taken : 0;
}

void file_cache_end(struct file_cache *cache, struct image_dates *dates)
{
	file_cache_format_drop(cache);
	image_dates_free(cache->dates);
	cache->dates = dates;
	cache->ended = true;
}

bool file_cache_is_new(const struct file_cache *cache)
{
	if (!cache->ended)
		return false;
	if (!cache->dates)
		return cache->added > 0 && cache->entry_count == 0;
	return cache->added > 0 || cache->taken < cache->entry_count;
}
