/* Entries taken apart, digests as bytes, and where entries are found. */
#include "scan_storage/file_cache_format.h"

#include "oci/digest.h"
#include "util/buf.h"
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

bool file_cache_format_record(const char *at, const char *end, struct file_cache_record *record)
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

void file_cache_format_text(const char *bytes, char text[DIGEST_TEXT])
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

bool file_cache_format_bytes(const char *text, char bytes[FILE_CACHE_BYTES])
{
	if (!digest_canonical(text))
		return false;
	text += sizeof "sha256:" - 1;
	for (size_t i = 0; i < FILE_CACHE_BYTES; i++, text += 2)
		bytes[i] = (char)(value_of(text[0]) << 4 | value_of(text[1]));
	return true;
}

uint32_t *file_cache_format_slot(const struct file_cache *cache, const char *bytes, bool config)
{
	size_t mask = cache->slot_count - 1;
	uint64_t hash;
	size_t at;

	/* A digest is as good as any hash of it. */
	memcpy(&hash, bytes, sizeof hash);
	for (at = (size_t)hash & mask; cache->slots[at]; at = (at + 1) & mask) {
		const char *entry = cache->text.data + cache->slots[at];

		if (memcmp(entry + 1, bytes, FILE_CACHE_BYTES) == 0 && (entry[0] == 'd') == config)
			break;
	}
	return &cache->slots[at];
}

void file_cache_format_drop(struct file_cache *cache)
{
	buf_free(&cache->text);
	free(cache->blobs);
	free(cache->blob_ids);
	free(cache->slots);
	cache->blobs = NULL;
	cache->blob_ids = NULL;
	cache->slots = NULL;
	cache->blob_count = cache->blob_capacity = cache->slot_count = 0;
}
