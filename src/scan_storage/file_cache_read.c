/* Reads what an earlier scan kept, and believes nothing that is not exactly as we write it. */
#include "scan_storage/file_cache.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scan_storage/file_cache_format.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <string.h>

struct cursor {
	const char *at, *end;
	bool short_of; /* there was less than was asked for */
};

/* LENGTH bytes, where they are; NULL: there are fewer. */
static const char *skip(struct cursor *cursor, size_t length)
{
	const char *at = cursor->at;

	if (cursor->short_of || length > (size_t)(cursor->end - at)) {
		cursor->short_of = true;
		return NULL;
	}
	cursor->at += length;
	return at;
}

static void take(struct cursor *cursor, void *to, size_t length)
{
	const char *from = skip(cursor, length);

	if (from)
		memcpy(to, from, length);
}

static void take_file(struct cursor *cursor, struct file_cache_record *record)
{
	take(cursor, &record->stamp.inode, sizeof record->stamp.inode);
	take(cursor, &record->stamp.changed, sizeof record->stamp.changed);
	take(cursor, &record->stamp.length, sizeof record->stamp.length);
	take(cursor, &record->size, sizeof record->size);
	take(cursor, &record->created, sizeof record->created);
}

static void take_lists(struct cursor *cursor, struct file_cache_record *record)
{
	take(cursor, &record->blob_count, sizeof record->blob_count);
	take(cursor, &record->child_count, sizeof record->child_count);
	take(cursor, &record->has_subject, sizeof record->has_subject);
	record->blobs = skip(cursor, record->blob_count * sizeof(uint32_t));
	record->children = skip(cursor, record->child_count * (FILE_CACHE_BYTES + 1));
	if (record->has_subject)
		record->subject = skip(cursor, FILE_CACHE_BYTES);
}

bool file_cache_read_record(const char *at, const char *end, struct file_cache_record *record)
{
	struct cursor cursor = { at, end, false };

	*record = (struct file_cache_record){ 0 };
	take(&cursor, &record->kind, sizeof record->kind);
	record->digest = skip(&cursor, FILE_CACHE_BYTES);
	switch (record->kind) {
	case 'b':
		take(&cursor, &record->size, sizeof record->size);
		take(&cursor, &record->foreign, sizeof record->foreign);
		break;
	case 'd':
		take_file(&cursor, record);
		take(&cursor, &record->foreign, sizeof record->foreign);
		break;
	case 'i':
	case 'a':
	case 'x':
		take_file(&cursor, record);
		take_lists(&cursor, record);
		break;
	default:
		return false;
	}
	record->end = cursor.at;
	return !cursor.short_of;
}

void file_cache_text(const char *bytes, char text[DIGEST_TEXT])
{
	static const char DIGITS[] = "0123456789abcdef";
	char *at = text + sizeof "sha256:" - 1;

	memcpy(text, "sha256:", sizeof "sha256:" - 1);
	for (size_t i = 0; i < FILE_CACHE_BYTES; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		*at++ = DIGITS[byte >> 4];
		*at++ = DIGITS[byte & 15];
	}
	*at = '\0';
}

static int value_of(char digit)
{
	return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

bool file_cache_bytes(const char *text, char bytes[FILE_CACHE_BYTES])
{
	if (!digest_canonical(text))
		return false;
	text += sizeof "sha256:" - 1;
	for (size_t i = 0; i < FILE_CACHE_BYTES; i++, text += 2)
		bytes[i] = (char)(value_of(text[0]) << 4 | value_of(text[1]));
	return true;
}

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

/* Goes through all entries; false: one is wrong. ENTER: puts those that can be found into slots. */
static bool each_record(struct file_cache *cache, const char *at, const char *end, bool enter)
{
	struct file_cache_record record;

	for (; at < end; at = record.end) {
		const char **slot = NULL;

		if (!file_cache_read_record(at, end, &record) ||
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
		slot = file_cache_slot(cache, record.digest, record.kind == 'd');
		if (*slot)
			return false;
		*slot = at;
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
	file_cache_drop_known(cache);
	cache->entry_count = 0;
	return err_set(err, ERR_IO, "%s", why);
}

static bool is_place(struct cursor *cursor, const struct file_cache_place *place)
{
	struct file_cache_place kept = { 0 };

	take(cursor, &kept.major, sizeof kept.major);
	take(cursor, &kept.device, sizeof kept.device);
	take(cursor, &kept.inode, sizeof kept.inode);
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

int file_cache_parse(struct file_cache *cache, struct buf *text, struct err *err)
{
	size_t head = sizeof FILE_CACHE_HEADER - 1;
	struct cursor cursor;
	uint32_t order = 0;

	cache->text = *text;
	*text = (struct buf){ 0 };
	if (cache->text.length < head || memcmp(cache->text.data, FILE_CACHE_HEADER, head) != 0)
		return refuse(cache, err, "of another version");
	if (cache->text.length < head + FILE_CACHE_SUM || !has_sum(&cache->text))
		return refuse(cache, err, "damaged");
	cache->text.length -= FILE_CACHE_SUM;
	cursor = (struct cursor){ cache->text.data + head, cache->text.data + cache->text.length,
				  false };
	take(&cursor, &order, sizeof order);
	if (order != FILE_CACHE_ORDER)
		return refuse(cache, err, "of another machine");
	if (!is_place(&cursor, &cache->place))
		return refuse(cache, err, "of another storage or version of the registry");
	if (!read_records(cache, cursor.at, cursor.end))
		return refuse(cache, err, "damaged");
	return 0;
}
