/* A sorted table of names, and its text. */
#include "lists/holds.h"

#include "lists/checksummed.h"
#include "registry/reference.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/printable.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADER "clean-registry list of holds 1\n"
#define NAME   512 /* room for the longest name: 255 + 1 + 135 bytes, and the NUL */

struct holds *holds_new(void)
{
	return xcalloc(1, sizeof(struct holds));
}

static void clear_hold(struct hold *hold)
{
	free(hold->name);
	free(hold->who);
	free(hold->reason);
}

static void clear(struct holds *holds)
{
	for (size_t i = 0; i < holds->count; i++)
		clear_hold(&holds->items[i]);
	free(holds->items);
	holds->items = NULL;
	holds->count = holds->capacity = 0;
}

void holds_free(struct holds *holds)
{
	if (!holds)
		return;
	clear(holds);
	free(holds);
}

bool holds_is_valid(const struct hold *hold, int64_t now)
{
	return hold->until == HOLDS_FOREVER || hold->until > now;
}

bool holds_is_of_tag(const struct hold *hold)
{
	return !strchr(hold->name, '@');
}

void holds_describe(const struct hold *hold, struct buf *out)
{
	char since[TIME_TEXT], until[TIME_TEXT];

	buf_text(out, "by ");
	printable_add(out, hold->who);
	buf_format(out, " since %s until %s", time_utc(hold->since, since),
		   hold->until == HOLDS_FOREVER ? "released" : time_utc(hold->until, until));
	if (!*hold->reason)
		return;
	buf_text(out, ": ");
	printable_add(out, hold->reason);
}

/* Where NAME is, or would have to be. */
static size_t place_of(const struct holds *holds, const char *name, bool *there)
{
	size_t low = 0, high = holds->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(holds->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*there = low < holds->count && strcmp(holds->items[low].name, name) == 0;
	return low;
}

static struct hold copy_of(const struct hold *hold)
{
	return (struct hold){ .name = xstrdup(hold->name),
			      .since = hold->since,
			      .until = hold->until,
			      .who = xstrdup(hold->who),
			      .reason = xstrdup(hold->reason) };
}

static void insert(struct holds *holds, size_t place, const struct hold *hold)
{
	GROW(holds->items, holds->count, holds->capacity);
	memmove(holds->items + place + 1, holds->items + place,
		(holds->count - place) * sizeof *holds->items);
	holds->items[place] = copy_of(hold);
	holds->count++;
}

void holds_put(struct holds *holds, const struct hold *hold)
{
	bool there;
	size_t place = place_of(holds, hold->name, &there);
	struct hold old;

	if (!there) {
		insert(holds, place, hold);
		return;
	}
	old = holds->items[place];
	holds->items[place] = copy_of(hold);
	clear_hold(&old);
}

bool holds_drop(struct holds *holds, const char *name)
{
	bool there;
	size_t place = place_of(holds, name, &there);

	if (!there)
		return false;
	clear_hold(&holds->items[place]);
	holds->count--;
	memmove(holds->items + place, holds->items + place + 1,
		(holds->count - place) * sizeof *holds->items);
	return true;
}

void holds_drop_expired(struct holds *holds, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < holds->count; i++) {
		if (holds_is_valid(&holds->items[i], now))
			holds->items[kept++] = holds->items[i];
		else
			clear_hold(&holds->items[i]);
	}
	holds->count = kept;
}

const struct hold *holds_find(const struct holds *holds, const char *name)
{
	bool there;
	size_t place = place_of(holds, name, &there);

	return there ? &holds->items[place] : NULL;
}

const struct hold *holds_find_tag(const struct holds *holds, const char *repository,
				  const char *tag, int64_t now)
{
	const struct hold *hold = NULL;
	char name[NAME];
	int length;

	if (holds->count == 0)
		return NULL;
	length = snprintf(name, sizeof name, "%s:%s", repository, tag);
	if (length >= 0 && (size_t)length < sizeof name)
		hold = holds_find(holds, name);
	return hold && holds_is_valid(hold, now) ? hold : NULL;
}

/* NAME is a repository with either a tag or a digest. */
static bool is_name(const char *name)
{
	struct reference reference;
	struct err err;
	bool one;

	if (reference_parse(name, NULL, 0, &reference, &err) < 0)
		return false;
	one = !reference.tag != !reference.digest;
	reference_clear(&reference);
	return one;
}

static bool read_seconds(const char **at, int64_t *seconds)
{
	uint64_t number;

	if (!units_read_u64(at, &number) || number > INT64_MAX || **at != ' ')
		return false;
	*seconds = (int64_t)number;
	++*at;
	return true;
}

/* Cuts *AT behind its first word, and moves it behind the blank. NULL: there is none. */
static char *take_word(char **at)
{
	char *word = *at, *blank = strchr(word, ' ');

	if (!blank || blank == word)
		return NULL;
	*blank = '\0';
	*at = blank + 1;
	return word;
}

/* Adds what LINE, its own copy, says. */
static bool read_line(struct holds *holds, char *line)
{
	const char *at = line;
	struct hold hold = { 0 };
	char *rest;

	if (!read_seconds(&at, &hold.since) || !date_known(hold.since) ||
	    !read_seconds(&at, &hold.until))
		return false;
	rest = line + (at - line);
	hold.who = take_word(&rest);
	hold.name = hold.who ? take_word(&rest) : NULL;
	hold.reason = rest;
	if (!hold.name || !is_name(hold.name) || strlen(rest) > HOLDS_REASON ||
	    (holds->count > 0 && strcmp(holds->items[holds->count - 1].name, hold.name) >= 0))
		return false;
	insert(holds, holds->count, &hold);
	return true;
}

static int read_lines(struct holds *holds, const char *at, size_t length, struct err *err)
{
	const char *end = at + length;

	for (size_t number = 2; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		CLEANUP(free_p) char *line = xstrndup(at, (size_t)(newline - at));

		if (!read_line(holds, line))
			return err_set(err, ERR_IO, "damaged in line %zu", number);
		at = newline + 1;
	}
	return 0;
}

int holds_parse(struct holds *holds, const char *text, size_t length, struct err *err)
{
	struct holds read = { .version = holds->version };
	size_t body = 0;

	if (text && (checksummed_open(HEADER, text, length, &body, read.sum, err) < 0 ||
		     read_lines(&read, text + strlen(HEADER), body, err) < 0)) {
		clear(&read);
		return -1;
	}
	if (strcmp(read.sum, holds->sum) != 0)
		read.version++;
	clear(holds);
	*holds = read;
	return 0;
}

void holds_print(const struct holds *holds, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_text(out, HEADER);
	for (size_t i = 0; i < holds->count; i++) {
		const struct hold *hold = &holds->items[i];

		buf_format(out, "%" PRId64 " %" PRId64 " %s %s %s\n", hold->since, hold->until,
			   hold->who, hold->name, hold->reason);
	}
	checksummed_close(out, sum);
}
