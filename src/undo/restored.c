/* A sorted table of tags, and its text. */
#include "undo/restored.h"

#include "undo/restored_table.h"

#include "lists/checksummed.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "clean-registry list of restored tags 1\n"
#define TIMES  5 /* numbers in front of the names */

struct restored *restored_new(void)
{
	return xcalloc(1, sizeof(struct restored));
}

static void clear_item(struct restored_item *item)
{
	free(item->repository);
	free(item->name);
	free(item->digest);
}

static void clear(struct restored *restored)
{
	for (size_t i = 0; i < restored->count; i++)
		clear_item(&restored->items[i]);
	free(restored->items);
	*restored = (struct restored){ 0 };
}

void restored_free(struct restored *restored)
{
	if (!restored)
		return;
	clear(restored);
	free(restored);
}

size_t restored_count(const struct restored *restored)
{
	return restored->count;
}

static int compare(const struct restored_item *item, const char *repository, const char *tag)
{
	int order = strcmp(item->repository, repository);

	return order ? order : strcmp(item->name, tag);
}

/* Where that tag is, or would have to be. */
static size_t place_of(const struct restored *restored, const char *repository, const char *tag)
{
	size_t low = 0, high = restored->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&restored->items[middle], repository, tag) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct restored_item *restored_item_find(const struct restored *restored, const char *repository,
					 const char *tag)
{
	size_t place = place_of(restored, repository, tag);

	return place < restored->count && compare(&restored->items[place], repository, tag) == 0
		       ? &restored->items[place]
		       : NULL;
}

const struct restored_tag *restored_find(const struct restored *restored, const char *repository,
					 const char *tag)
{
	const struct restored_item *item = restored_item_find(restored, repository, tag);

	return item ? &item->tag : NULL;
}

static struct restored_item copy_of(const struct restored_tag *tag)
{
	struct restored_item item = { .repository = xstrdup(tag->repository),
				      .name = xstrdup(tag->tag),
				      .digest = xstrdup(tag->digest),
				      .tag = *tag };

	item.tag.repository = item.repository;
	item.tag.tag = item.name;
	item.tag.digest = item.digest;
	return item;
}

void restored_put(struct restored *restored, const struct restored_tag *tag)
{
	struct restored_item copy = copy_of(tag);
	size_t place = place_of(restored, tag->repository, tag->tag);

	if (place < restored->count &&
	    compare(&restored->items[place], copy.repository, copy.name) == 0) {
		clear_item(&restored->items[place]);
		restored->items[place] = copy;
		return;
	}
	GROW(restored->items, restored->count, restored->capacity);
	memmove(restored->items + place + 1, restored->items + place,
		(restored->count - place) * sizeof *restored->items);
	restored->items[place] = copy;
	restored->count++;
}

void restored_drop_over(struct restored *restored)
{
	size_t kept = 0;

	for (size_t i = 0; i < restored->count; i++) {
		if (restored->items[i].over)
			clear_item(&restored->items[i]);
		else
			restored->items[kept++] = restored->items[i];
	}
	restored->changed |= kept < restored->count;
	restored->count = kept;
}

void restored_drop(struct restored *restored, const char *repository, const char *tag)
{
	struct restored_item *item = restored_item_find(restored, repository, tag);

	if (item)
		item->over = true;
	restored_drop_over(restored);
}

bool restored_changed(const struct restored *restored)
{
	return restored->changed;
}

/* A number and a blank, or "- ", for which OUT stays. */
static bool read_number(const char **at, int64_t *out)
{
	uint64_t number;

	if (**at == '-') {
		++*at;
	} else if (units_read_u64(at, &number) && number <= INT64_MAX) {
		*out = (int64_t)number;
	} else {
		return false;
	}
	return *(*at)++ == ' ';
}

/* Cuts LINE into its last three words. */
static bool read_names(char *line, struct restored_tag *tag)
{
	char *name = strchr(line, ' '), *digest = name ? strchr(name + 1, ' ') : NULL;

	if (!digest)
		return false;
	*name++ = *digest++ = '\0';
	tag->repository = line;
	tag->tag = name;
	tag->digest = digest;
	return api_repository_valid(tag->repository) && api_tag_valid(tag->tag) &&
	       digest_valid(tag->digest, strlen(tag->digest));
}

/* Adds what LINE, its own copy, says. */
static bool read_line(struct restored *restored, char *line)
{
	const char *at = line;
	struct restored_tag tag = { .restored_at = DATE_ABSENT,
				    .pushed_at = DATE_ABSENT,
				    .seen_at = DATE_ABSENT,
				    .pulled_at = DATE_ABSENT,
				    .written_ns = RESTORED_NO_NS };
	int64_t *times[TIMES] = { &tag.restored_at, &tag.pushed_at, &tag.seen_at, &tag.pulled_at,
				  &tag.written_ns };

	for (size_t i = 0; i < TIMES; i++) {
		if (!read_number(&at, times[i]))
			return false;
	}
	if (!date_known(tag.restored_at) || !read_names(line + (at - line), &tag) ||
	    (restored->count > 0 &&
	     compare(&restored->items[restored->count - 1], tag.repository, tag.tag) >= 0))
		return false;
	restored_put(restored, &tag);
	return true;
}

int restored_parse(struct restored *restored, const char *text, size_t length, struct err *err)
{
	struct restored read = { 0 };
	char sum[DIGEST_TEXT];
	size_t body = 0, number = 2;
	const char *at = text + strlen(HEADER);
	int result = checksummed_open(HEADER, text, length, &body, sum, err);

	for (const char *end = at + body; result == 0 && at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		CLEANUP(free_p) char *line = xstrndup(at, (size_t)(newline - at));

		if (!read_line(&read, line))
			result = err_set(err, ERR_IO, "damaged in line %zu", number);
		at = newline + 1;
	}
	if (result == 0) {
		clear(restored);
		*restored = read;
	} else {
		clear(&read);
	}
	return result;
}

static void print_date(int64_t date, struct buf *out)
{
	if (date_known(date))
		buf_format(out, "%" PRId64 " ", date);
	else
		buf_text(out, "- ");
}

void restored_print(const struct restored *restored, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER);
	for (size_t i = 0; i < restored->count; i++) {
		const struct restored_tag *tag = &restored->items[i].tag;

		print_date(tag->restored_at, out);
		print_date(tag->pushed_at, out);
		print_date(tag->seen_at, out);
		print_date(tag->pulled_at, out);
		if (tag->written_ns >= 0)
			buf_format(out, "%" PRId64 " ", tag->written_ns);
		else
			buf_text(out, "- ");
		buf_format(out, "%s %s %s\n", tag->repository, tag->tag, tag->digest);
	}
	checksummed_close(out, sum);
}
