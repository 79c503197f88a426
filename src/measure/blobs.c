/* Paths of blobs, and sets of blobs. */
#include "measure/blobs.h"

#include "measure/measure.h"
#include "oci/digest.h"
#include "storage/layout.h"
#include "util/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define BLOBS_FOLDER LAYOUT_FOLDER "/blobs/"

static int nibble(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* HEX as bytes, the first of them into KEY. False when it is not LENGTH digits of lower-case hex.
 */
static bool parse_hex(const char *hex, size_t length, unsigned char key[BLOBS_KEY])
{
	for (size_t i = 0; i < length; i += 2) {
		int high = nibble(hex[i]);
		int low = nibble(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		if (i / 2 < BLOBS_KEY)
			key[i / 2] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Whether PATH is <alg>/<xx>/<hex>/data; the digest goes into KEY. */
static bool parse_place(const char *path, unsigned char key[BLOBS_KEY])
{
	const size_t head_length = sizeof "sha256/xx/" - 1;
	size_t length = strlen(path);
	const char *hex = path + head_length;

	for (const struct digest_algorithm *a = DIGEST_ALGORITHMS; a->name; a++) {
		size_t digits = a->hex;

		if (strncmp(path, a->name, strlen(a->name)) == 0 &&
		    length == head_length + digits + sizeof "/data" - 1 && hex[-4] == '/' &&
		    strncmp(hex - 3, hex, 2) == 0 && hex[-1] == '/' &&
		    strcmp(hex + digits, "/data") == 0)
			return parse_hex(hex, digits, key);
	}
	return false;
}

/* What is behind the names of the trash, of a run and "blobs" in PATH; or NULL. */
static const char *place_in_trash(const char *path)
{
	static const char TRASH[] = LAYOUT_TRASH "/", BLOBS[] = "/blobs/";

	if (strncmp(path, TRASH, sizeof TRASH - 1) != 0)
		return NULL;
	path = strchr(path + sizeof TRASH - 1, '/');
	return path && strncmp(path, BLOBS, sizeof BLOBS - 1) == 0 ? path + sizeof BLOBS - 1 : NULL;
}

bool blobs_find_place(const char *path, unsigned char key[BLOBS_KEY], bool *in_trash)
{
	const char *place = place_in_trash(path);

	*in_trash = place != NULL;
	if (!place && strncmp(path, BLOBS_FOLDER, sizeof BLOBS_FOLDER - 1) == 0)
		place = path + sizeof BLOBS_FOLDER - 1;
	return place && parse_place(place, key);
}

void blobs_add(struct measure_blobs *blobs, const unsigned char key[BLOBS_KEY], uint64_t size)
{
	GROW(blobs->items, blobs->count, blobs->capacity);
	memcpy(blobs->items[blobs->count].key, key, BLOBS_KEY);
	blobs->items[blobs->count++].size = size;
}

static int compare_blobs(const void *left, const void *right)
{
	return memcmp(((const struct blobs_item *)left)->key,
		      ((const struct blobs_item *)right)->key, BLOBS_KEY);
}

void blobs_sort(struct measure_blobs *blobs)
{
	size_t kept = 0;

	if (blobs->count > 0)
		qsort(blobs->items, blobs->count, sizeof *blobs->items, compare_blobs);
	for (size_t i = 0; i < blobs->count; i++)
		if (kept == 0 || compare_blobs(&blobs->items[kept - 1], &blobs->items[i]) != 0)
			blobs->items[kept++] = blobs->items[i];
	blobs->count = kept;
}

/* A sum that would overflow becomes, and stays, unknown. */
static void add(uint64_t *sum, uint64_t more)
{
	if (*sum == MEASURE_UNKNOWN || __builtin_add_overflow(*sum, more, sum))
		*sum = MEASURE_UNKNOWN;
}

/* The order of two lists' next blobs; a list at its end comes last. */
static int compare_next(const struct measure_blobs *old, size_t i, const struct measure_blobs *new,
			size_t j)
{
	if (i == old->count)
		return 1;
	if (j == new->count)
		return -1;
	return compare_blobs(&old->items[i], &new->items[j]);
}

bool measure_compare(const struct measurement *before, const struct measurement *after,
		     uint64_t *freed, uint64_t *added, uint64_t *freed_count)
{
	const struct measure_blobs *old = before->blobs;
	const struct measure_blobs *new = after->blobs;
	size_t i = 0;
	size_t j = 0;

	*freed = *added = *freed_count = old && new ? 0 : MEASURE_UNKNOWN;
	if (!old || !new)
		return false;
	while (i < old->count || j < new->count) {
		int order = compare_next(old, i, new, j);

		if (order < 0) {
			add(freed, old->items[i].size);
			++*freed_count;
		} else if (order > 0) {
			add(added, new->items[j].size);
		}
		i += order <= 0;
		j += order >= 0;
	}
	return true;
}
