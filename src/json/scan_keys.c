/* Keys given twice: the few of a usual object are compared with each other, many are sorted, so
 * that nobody can make it slow. */
#include "scan_keys.h"

#include "util/xalloc.h"

#include <string.h>

/* Cheap, and rarely the same for two keys of one object. */
static uint32_t make_mark(const char *text, size_t length)
{
	uint32_t first = 0, last = 0;

	if (length >= sizeof first) {
		memcpy(&first, text, sizeof first);
		memcpy(&last, text + length - sizeof last, sizeof last);
	} else if (length > 0) {
		first = (unsigned char)text[0] << 8 | (unsigned char)text[length / 2];
		last = (unsigned char)text[length - 1];
	}
	return first * 0x9e3779b1U ^ last * 0x85ebca6bU ^ (uint32_t)length;
}

static bool is_same(const struct json_scan_key *one, const struct json_scan_key *other)
{
	return one->mark == other->mark && one->length == other->length &&
	       memcmp(one->text, other->text, one->length) == 0;
}

static void grow(struct json_scan_keys *keys)
{
	bool first_time = keys->list == keys->in_place;

	keys->capacity *= 2;
	keys->list =
		xreallocarray(first_time ? NULL : keys->list, keys->capacity, sizeof *keys->list);
	if (first_time)
		memcpy(keys->list, keys->in_place, sizeof keys->in_place);
}

static const char *undo_escapes(struct json_scan_keys *keys, const struct json_value *key,
				size_t *length)
{
	GROW(keys->copies, keys->copy_count, keys->copy_capacity);
	return keys->copies[keys->copy_count++] = json_string_copy(key, length);
}

bool json_scan_keys_add(struct json_scan_keys *keys, size_t first, const struct json_value *value)
{
	struct json_scan_key key = { .text = value->at, .length = value->length };
	size_t count = keys->count - first;
	bool twice = false;

	if (value->escaped)
		key.text = undo_escapes(keys, value, &key.length);
	key.mark = make_mark(key.text, key.length);
	for (size_t i = 0; i < count && count < JSON_SCAN_KEYS && !twice; i++)
		twice = is_same(&keys->list[first + i], &key);
	if (keys->count == keys->capacity)
		grow(keys);
	keys->list[keys->count++] = key;
	return twice;
}

static int compare(const void *one, const void *other)
{
	const struct json_scan_key *a = one, *b = other;

	if (a->mark != b->mark)
		return a->mark < b->mark ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->text, b->text, a->length);
}

bool json_scan_keys_leave(struct json_scan_keys *keys, size_t first)
{
	struct json_scan_key *list = keys->list + first;
	size_t count = keys->count - first;
	bool twice = false;

	keys->count = first;
	if (count <= JSON_SCAN_KEYS)
		return false;
	qsort(list, count, sizeof *list, compare);
	for (size_t i = 1; i < count && !twice; i++)
		twice = is_same(&list[i - 1], &list[i]);
	return twice;
}

void json_scan_keys_free(struct json_scan_keys *keys)
{
	if (keys->list != keys->in_place)
		free(keys->list);
	for (size_t i = 0; i < keys->copy_count; i++)
		free(keys->copies[i]);
	free(keys->copies);
}
