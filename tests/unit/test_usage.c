/* Where the space goes: a row is a sentence, a small registry (world.h), and what is told of it.
 * Every manifest's body has one byte. In the expectation the first line is the total and how many
 * blobs it is, then come garbage and what is shared where they are not 0, then the repositories in
 * their order: tags, manifests and untagged ones, bytes alone and shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>

#include "forecast/usage.h"
#include "forecast/usage_tags.h"
#include "util/buf.h"
#include "util/xalloc.h"
#include "world.h"
#include "world_bodies.h"

struct row {
	const char *sentence, *world, *expected;
};

static const struct row ROWS[] = {
	{ "nothing there", "repository repo", "0 in 0\nrepo 0/0/0: 0 and 0\n" },
	{ "an image takes its body, config and layers",
	  "storage\nblob c 20\nblob l 300\nimage A 1\nlayers A c l\ntag a A",
	  "321 in 3\nrepo 1/1/0: 321 and 0\n" },
	{ "what two images have counts once",
	  "storage\nblob l 300\nimage A 1\nimage B 1\nlayers A l l\nlayers B l\ntag a A\ntag b B",
	  "302 in 3\nrepo 2/2/0: 302 and 0\n" },
	{ "a layer of two repositories is shared, in each of them",
	  "storage\nblob l 300\nblob m 4000\nimage A 1\nlayers A l m\ntag a A\nrepository two\n"
	  "image B 1\nlayers B l\ntag b B",
	  "4302 in 4\nshared 300\nrepo 1/1/0: 4001 and 300\ntwo 1/1/0: 1 and 300\n" },
	{ "… by each only once, however many of its images have it",
	  "storage\nblob l 300\nimage A 1\nimage C 1\nlayers A l\nlayers C l\ntag a A\ntag c C\n"
	  "repository two\nimage B 1\nimage D 1\nlayers B l\nlayers D l\ntag b B\ntag d D",
	  "304 in 5\nshared 300\nrepo 2/2/0: 2 and 300\ntwo 2/2/0: 2 and 300\n" },
	{ "an image in two repositories is all shared",
	  "storage\nblob l 300\nimage A 1\nlayers A l\ntag a A\nrepository two\nimage A 1\n"
	  "layers A l\ntag a A",
	  "301 in 2\nshared 301\nrepo 1/1/0: 0 and 301\ntwo 1/1/0: 0 and 301\n" },
	{ "the largest comes first, by what it has in all",
	  "storage\nblob l 300\nblob m 40\nblob n 9\nimage A 1\nlayers A m\ntag a A\n"
	  "repository two\nimage B 1\nlayers B l n\ntag b B\nrepository three\nimage C 1\n"
	  "layers C l\ntag c C",
	  "352 in 6\nshared 300\ntwo 1/1/0: 10 and 300\nthree 1/1/0: 1 and 300\n"
	  "repo 1/1/0: 41 and 0\n" },
	{ "those of one size stand by name",
	  "storage\nimage A 1\ntag a A\nrepository alpha\nimage B 1\ntag b B",
	  "2 in 2\nalpha 1/1/0: 1 and 0\nrepo 1/1/0: 1 and 0\n" },
	{ "what nothing refers to is garbage", "storage\nblob g 5000\nblob h 0\nimage A 1\ntag a A",
	  "5001 in 3\ngarbage 5000 in 2\nrepo 1/1/0: 1 and 0\n" },
	{ "a manifest without its revision link marks nothing",
	  "storage\nblob l 300\nimage A 1\nlayers A l\nunlinked A",
	  "301 in 2\ngarbage 301 in 2\nrepo 0/0/0: 0 and 0\n" },
	{ "an untagged manifest is counted, and takes what it has",
	  "storage\nblob l 300\nimage A 1\nimage U 1\nlayers U l\ntag a A",
	  "302 in 3\nrepo 1/2/1: 302 and 0\n" },
	{ "what an index lists, and what describes it, is not untagged",
	  "storage\nimage A 1\nindex I A\nartifact S none\nsubject S A\nimage U 1\ntag i I",
	  "4 in 4\nrepo 1/4/1: 4 and 0\n" },
	{ "a child that is not linked is no manifest here, and its body is not garbage",
	  "storage\nblob A 7\nmissing A\nimage B 1\nindex I A B\ntag i I",
	  "9 in 3\nrepo 1/2/0: 9 and 0\n" },
	{ "from the storage, files count; a blob without one is nothing",
	  "storage\nblob l 300 50\nblob m 300 absent\nimage A 1\nlayers A l m\ntag a A",
	  "51 in 2\nrepo 1/1/0: 51 and 0\n" },
	{ "from the API, what manifests state; nothing is garbage or untagged",
	  "blob l 300\nblob g 5000\nimage A 1\nlayers A l\nimage U 1\ntag a A",
	  "302 in 3\nrepo 1/2/0: 302 and 0\n" },
	{ "a tag without a manifest counts as a tag", "storage\nimage A 1\ntag a A\ndangling b",
	  "1 in 1\nrepo 2/1/0: 1 and 0\n" },
	{ "what cannot be read is told", "storage\nunreadable A\ntag a A",
	  "1 in 1\nunread 1\nrepo 1/1/0: 1 and 0\n" },
	{ "sizes that cannot be added up are the largest number",
	  "blob l 18446744073709551614\nblob m 9\nimage A 1\nlayers A l m\ntag a A",
	  "18446744073709551615 in 3\nrepo 1/1/0: 18446744073709551615 and 0\n" },
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

static void add_part(struct buf *out, const char *name, const struct space_part *part)
{
	buf_format(out, "%s %" PRIu32 "/%" PRIu32 "/%" PRIu32 ": %" PRIu64 " and %" PRIu64 "\n",
		   name, part->tags, part->manifests, part->untagged, part->alone, part->shared);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct inventory *inventory = world_new(row->world);
	struct usage *space = NULL;
	struct buf out = { 0 };

	world_bodies(inventory);
	space = usage_build(inventory);
	buf_format(&out, "%" PRIu64 " in %" PRIu64 "\n", space->bytes, space->blobs);
	if (space->garbage_blobs)
		buf_format(&out, "garbage %" PRIu64 " in %" PRIu64 "\n", space->garbage,
			   space->garbage_blobs);
	if (space->all.shared)
		buf_format(&out, "shared %" PRIu64 "\n", space->all.shared);
	if (space->unread)
		buf_format(&out, "unread %zu\n", space->unread);
	for (size_t i = 0; i < inventory->repository_count; i++)
		add_part(&out, inventory->repositories[space->order[i]].name,
			 &space->repositories[space->order[i]]);
	assert_string_equal(buf_string(&out), row->expected);
	assert_int_equal(space->complete, inventory->from_storage);
	buf_free(&out);
	usage_free(space);
	inventory_free(inventory);
}

/* Three repositories: l is in all of them, m in the last two. */
static const char THREE[] =
	"storage\nblob l 300\nblob m 4000\nblob n 50000\nimage A 1\nlayers A l n\ntag a A\n"
	"repository two\nimage B 1\nlayers B l m\ntag b B\ntag b2 B\nrepository three\n"
	"image C 1\nimage U 1\nlayers C l m\ntag c C";

static void check_rest(void **state)
{
	static const char *const expected[] = {
		"rest 4/4/1: 50004 and 4300\n",
		"rest 3/3/1: 3 and 4300\n",
		"rest 2/1/0: 1 and 4300\n",
		"rest 0/0/0: 0 and 0\n",
	};
	struct inventory *inventory = world_new(THREE);
	struct usage *space = NULL;
	struct buf out = { 0 };

	(void)state;
	world_bodies(inventory);
	space = usage_build(inventory);
	for (size_t i = 0; i < 4; i++) {
		struct space_part rest = usage_rest(inventory, space, i);

		buf_clear(&out);
		add_part(&out, "rest", &rest);
		assert_string_equal(buf_string(&out), expected[i]);
	}
	buf_free(&out);
	usage_free(space);
	inventory_free(inventory);
}

/* Of tags: "name bytes/exclusive" in their order, then all together. */
static const struct row TAG_ROWS[] = {
	{ "no tag", "storage\nimage A 1", "0\n" },
	{ "two tags of one image hold nothing alone",
	  "storage\nblob l 300\nimage A 1\nlayers A l\ntag b A\ntag a A",
	  "a 301/0\nb 301/0\n301\n" },
	{ "what tags share counts in each, and once in all",
	  "storage\nblob l 300\nblob m 4000\nimage A 1\nimage B 1\nlayers A l\nlayers B l m l\n"
	  "tag a A\ntag b B",
	  "b 4301/4001\na 301/1\n4302\n" },
	{ "an index has what it lists, at any depth, once",
	  "storage\nblob l 300\nblob m 4000\nimage A 1\nimage B 1\nlayers A l\nlayers B l m\n"
	  "index J A\nindex I J A B!\ntag i I",
	  "i 4304/4304\n4304\n" },
	{ "of one size, what holds more alone comes first, then names count",
	  "storage\nimage A 1\nimage B 1\nimage C 1\ntag z A\ntag a B\ntag b B\ntag c C",
	  "c 1/1\nz 1/1\na 1/0\nb 1/0\n3\n" },
	{ "what describes an image goes with it and is not in it",
	  "storage\nblob s 20\nimage A 1\nartifact S none\nsubject S A\nlayers S s\ntag a A",
	  "a 1/22\n1\n" },
	{ "a tag without a manifest has nothing", "storage\nimage A 1\ndangling b\ntag a A",
	  "a 1/1\nb 0/0\n1\n" },
	{ "another repository's layer is shared with it",
	  "storage\nblob l 300\nimage A 1\nlayers A l\ntag a A\nrepository two\nimage B 1\n"
	  "layers B l\ntag b B",
	  "a 301/1\n301\n" },
	{ "from the API, what manifests state",
	  "blob l 300\nimage A 1\nlayers A l\nindex I A\ntag i I", "i 302/302\n302\n" },
};
#define TAG_ROW_COUNT (sizeof TAG_ROWS / sizeof *TAG_ROWS)

static void check_tags_row(void **state)
{
	const struct row *row = *state;
	struct inventory *inventory = world_new(row->world);
	struct usage_tags *tags = NULL;
	struct buf out = { 0 };

	world_bodies(inventory);
	tags = usage_tags_build(inventory, 0);
	for (size_t i = 0; i < tags->count; i++)
		buf_format(&out, "%s %" PRIu64 "/%" PRIu64 "\n",
			   inventory->tags[tags->items[i].tag].name, tags->items[i].bytes,
			   tags->items[i].exclusive);
	buf_format(&out, "%" PRIu64 "\n", tags->bytes);
	assert_string_equal(buf_string(&out), row->expected);
	assert_int_equal(usage_tags_rest(inventory, tags, 0), tags->bytes);
	assert_int_equal(usage_tags_rest(inventory, tags, tags->count), 0);
	buf_free(&out);
	usage_tags_free(tags);
	inventory_free(inventory);
}

static void check_dates(void **state)
{
	struct inventory *inventory =
		world_new("image A 9\nimage B 3\nindex I A B\nimage N none\ntag a A\ntag i I\n"
			  "tag n N\ndangling d");
	static const struct {
		const char *tag;
		int64_t created;
	} expected[] = { { "i", WORLD_NOW - INT64_C(3) * 86400 },
			 { "n", DATE_ABSENT },
			 { "a", WORLD_NOW - INT64_C(9) * 86400 },
			 { "d", DATE_ABSENT } };
	struct usage_tags *tags = NULL;

	(void)state;
	world_bodies(inventory);
	tags = usage_tags_build(inventory, 0);
	assert_int_equal(tags->count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(inventory->tags[tags->items[i].tag].name, expected[i].tag);
		assert_int_equal(tags->items[i].created, expected[i].created);
	}
	usage_tags_free(tags);
	inventory_free(inventory);
}

static void check_empty(void **state)
{
	struct inventory *inventory = inventory_new();
	struct usage *space = usage_build(inventory);

	(void)state;
	assert_int_equal(space->bytes, 0);
	assert_int_equal(space->all.tags, 0);
	usage_free(space);
	usage_free(NULL);
	usage_tags_free(NULL);
	inventory_free(inventory);
}

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT + TAG_ROW_COUNT + 3] = {
		[ROW_COUNT + TAG_ROW_COUNT] = cmocka_unit_test(check_rest),
		[ROW_COUNT + TAG_ROW_COUNT + 1] = cmocka_unit_test(check_dates),
		[ROW_COUNT + TAG_ROW_COUNT + 2] = cmocka_unit_test(check_empty),
	};

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){ .name = ROWS[i].sentence,
						.test_func = check_row,
						.initial_state = (void *)(uintptr_t)&ROWS[i] };
	for (size_t i = 0; i < TAG_ROW_COUNT; i++)
		tests[ROW_COUNT + i] =
			(struct CMUnitTest){ .name = TAG_ROWS[i].sentence,
					     .test_func = check_tags_row,
					     .initial_state = (void *)(uintptr_t)&TAG_ROWS[i] };
	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
