/* Reads what an earlier scan kept, and believes nothing that is not exactly as we write it. */
#include "scan_storage/file_cache.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scan_storage/file_cache_format.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <string.h>

static bool is_date(int64_t created)
{
	return created == DATE_ABSENT || created == DATE_INVALID || date_known(created);
}

/* The numbers of blobs, and what is said of children. */
static bool lists_are_sound(const struct file_cache *cache, const struct file_cache_record *record)
{
	for (uint32_t i = 0; i < record->blob_count; i++) {
		uint32_t number;

		memcpy(&number, record->blobs + i * sizeof number, sizeof number);
		if (number >= cache->blob_count)
			return false;
	}
	for (uint32_t i = 0; i < record->child_count; i++) {
		char flags = record->children[i * (FILE_CACHE_BYTES + 1) + FILE_CACHE_BYTES];

		if (flags & ~(FILE_CACHE_ATTESTATION | FILE_CACHE_ARTIFACT))
			return false;
	}
	return record->has_subject <= 1 && (record->child_count == 0 || record->kind == 'x') &&
	       (record->blob_count > 0 || record->kind != 'i');
}

static bool is_sound(const struct file_cache *cache, const struct file_cache_record *record)
{
	if (record->kind == 'b')
		return record->foreign <= 1;
	if (!is_date(record->created) || record->stamp.length > UINT32_MAX)
		return false;
	if (record->kind == 'd')
		return record->foreign <= 1;
	return lists_are_sound(cache, record);
}

static void add_blob(struct file_cache *cache, const char *at)
{
	GROW(cache->blobs, cache->blob_count, cache->blob_capacity);
	cache->blobs[cache->blob_count++] = at;
}

_Static_assert(FILE_CACHE_LIMIT <= UINT32_MAX, "a slot can tell where an entry is");

/* Goes through all entries; false: one is wrong. ENTER: puts those that can be found into slots. */
static bool each_record(struct file_cache *cache, const char *at, const char *end, bool enter)
{
	struct file_cache_record record;

	for (; at < end; at = record.end) {
		uint32_t *slot = NULL;

		if (!file_cache_format_record(at, end, &record) ||
		    (!enter && !is_sound(cache, &record)))
			return false;
		if (!enter && (record.kind == 'b' || record.kind == 'd'))
			add_blob(cache, at);
		if (record.kind == 'b')
			continue;
		if (!enter) {
			cache->entry_count++;
			continue;
		}
		slot = file_cache_format_slot(cache, record.digest, record.kind == 'd');
		if (*slot)
			return false;
		*slot = (uint32_t)(at - cache->text.data);
	}
	return true;
}

static bool read_records(struct file_cache *cache, const char *at, const char *end)
{
	if (!each_record(cache, at, end, false))
		return false;
	cache->blob_ids = xmalloc((cache->blob_count + 1) * sizeof *cache->blob_ids);
	memset(cache->blob_ids, 0xff, cache->blob_count * sizeof *cache->blob_ids);
	cache->slot_count = 16;
	while (cache->slot_count < cache->entry_count * 2)
		cache->slot_count *= 2;
	cache->slots = xcalloc(cache->slot_count, sizeof *cache->slots);
	return each_record(cache, at, end, true);
}

/* Forgets what was read of a text that is not what it must be. */
static int refuse(struct file_cache *cache, struct err *err, const char *why)
{
	file_cache_format_drop(cache);
	cache->entry_count = 0;
	return err_set(err, ERR_IO, "%s", why);
}

static bool is_place(const char *at, const struct file_cache_place *place)
{
	struct file_cache_place kept = { 0 };

	memcpy(&kept.major, at, sizeof kept.major);
	at += sizeof kept.major;
	memcpy(&kept.device, at, sizeof kept.device);
	at += sizeof kept.device;
	memcpy(&kept.inode, at, sizeof kept.inode);
	return kept.major == place->major && kept.device == place->device &&
	       kept.inode == place->inode;
}

static bool has_sum(const struct buf *text)
{
	size_t covered = text->length - FILE_CACHE_SUM;
	char sum[DIGEST_TEXT];

	return memcmp(digest_of(text->data, covered, sum), text->data + covered,
		      FILE_CACHE_SUM - 1) == 0 &&
	       text->data[text->length - 1] == '\n';
}

int file_cache_read_text(struct file_cache *cache, struct buf *text, struct err *err)
{
	const size_t head = sizeof FILE_CACHE_HEADER - 1;
	const char *at, *end;
	uint32_t order = 0;

	cache->text = *text;
	*text = (struct buf){ 0 };
	if (cache->text.length < head || memcmp(cache->text.data, FILE_CACHE_HEADER, head) != 0)
		return refuse(cache, err, "of another version");
	if (cache->text.length < head + FILE_CACHE_PLACE + FILE_CACHE_SUM || !has_sum(&cache->text))
		return refuse(cache, err, "damaged");
	cache->text.length -= FILE_CACHE_SUM;
	at = cache->text.data + head;
	end = cache->text.data + cache->text.length;
	memcpy(&order, at, sizeof order);
	if (order != FILE_CACHE_ORDER)
		return refuse(cache, err, "of another machine");
	if (!is_place(at + sizeof order, &cache->place))
		return refuse(cache, err, "of another storage or version of the registry");
	if (!read_records(cache, at + FILE_CACHE_PLACE, end))
		return refuse(cache, err, "damaged");
	return 0;
}
