/* What a collector's list tells of sizes, and of manifests without a tag. The world's manifests
 * have one byte each (world.h). */
#include "forecast/listed.h"

#include "forecast/collector_marks.h"
#include "util/buf.h"
#include "util/xalloc.h"
#include "world.h"
#include "world_bodies.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct size_case {
	const char *what, *world, *listed;
	uint64_t count, bytes, unsized;
};

static const struct size_case SIZES[] = {
	{ "nothing is listed", "image A 1\ntag a A", "", 0, 0, 0 },
	{ "a manifest, a config and a layer",
	  "blob c 20\nblob l 300\nimage A 1\nlayers A c l\ntag a A", "A c l", 3, 321, 0 },
	{ "what nobody states is at least counted", "blob l 300\nimage A 1\nlayers A l\ntag a A",
	  "l x y", 3, 300, 2 },
	{ "an empty blob is known", "blob l 0\nimage A 1\nlayers A l\ntag a A", "l", 1, 0, 0 },
	{ "what is missing states no size", "missing A\ntag a A", "A", 1, 0, 1 },
	{ "a layer that may be absent has no known size",
	  "blob l 300\nimage A 1\nlayers A l\nforeign l", "l", 1, 0, 1 },
	{ "sizes of 2^64 and more are the largest number",
	  "blob l 18446744073709551614\nblob m 5\nimage A 1\nlayers A l m\ntag a A", "l m", 2,
	  UINT64_MAX, 0 },
	{ "links of layers are no blobs", "blob l 300\nimage A 1\nlayers A l\ntag a A", "repo/l l",
	  1, 300, 0 },
	{ "from the storage, files have their sizes",
	  "storage\nblob l 300 50\nblob m 7 absent\nimage A 1\nlayers A l m\ntag a A", "l m", 2, 50,
	  1 },
};

/* Names, separated by blanks; one with a slash is a link of a layer. */
static struct strtab *read_listed(const char *names)
{
	struct strtab *listed = strtab_new();
	CLEANUP(free_p) char *copy = xstrdup(names);
	char *rest = copy, *name = NULL;

	while ((name = strsep(&rest, " "))) {
		char digest[DIGEST_TEXT];
		const char *slash = strchr(name, '/');
		CLEANUP(buf_free) struct buf text = { 0 };

		if (!*name)
			continue;
		world_digest(slash ? slash + 1 : name, digest);
		buf_format(&text, "%s%s", slash ? "repo " : "", digest);
		strtab_add(listed, buf_string(&text), text.length);
	}
	return listed;
}

/* The world, with `foreign BLOB` as a statement more. */
static struct inventory *read_world(const char *text)
{
	struct inventory *inventory = world_new(text);
	const char *foreign = strstr(text, "foreign ");
	char digest[DIGEST_TEXT];

	world_bodies(inventory);
	if (foreign)
		inventory->blobs[inventory_blob_find(inventory, world_digest(foreign + 8, digest))]
			.foreign = true;
	return inventory;
}

static void sizes_are_those_that_manifests_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
		const struct size_case *row = &SIZES[i];
		struct inventory *inventory = read_world(row->world);
		struct strtab *listed = read_listed(row->listed);
		struct listed_blobs sum = listed_blobs_weigh(inventory, listed);

		if (sum.count != row->count || sum.bytes != row->bytes ||
		    sum.unsized != row->unsized)
			fail_msg("%s: %" PRIu64 " blobs, %" PRIu64 " bytes, %" PRIu64 " unsized",
				 row->what, sum.count, sum.bytes, sum.unsized);
		strtab_free(listed);
		inventory_free(inventory);
	}
}

static void contradicting_manifests_state_nothing(void **state)
{
	struct inventory *inventory = read_world("blob l 300\nimage A 1\nlayers A l\ntag a A");
	struct inventory_statement other = { .reference = 0, .size = 299 };
	struct strtab *listed = read_listed("l");

	(void)state;
	inventory->statements = xcalloc(1, sizeof other);
	inventory->statements[0] = other;
	inventory->statement_count = 1;
	assert_int_equal(listed_blobs_weigh(inventory, listed).unsized, 1);
	inventory->statements[0].size = 300;
	assert_int_equal(listed_blobs_weigh(inventory, listed).bytes, 300);
	strtab_free(listed);
	inventory_free(inventory);
}

struct untagged_case {
	const char *what, *world, *marks, *untagged; /* names; marks are all of `repo` */
};

static const struct untagged_case UNTAGGED[] = {
	{ "a tag's own manifest is none", "image A 1\ntag a A", "A", "" },
	{ "a child of a tagged index is none", "image A 1\nindex I A\ntag i I", "A I", "" },
	{ "what describes a tagged one is none", "image A 1\nartifact s 1\nsubject s A\ntag a A",
	  "A s", "" },
	{ "one that is known and has no tag", "image A 1\nimage B 1\ntag a A", "A B", "B" },
	{ "one that is not known", "image A 1\ntag a A", "B A", "B" },
	{ "an index without a tag, and its child", "image A 1\nindex I A", "I A", "I A" },
	{ "a tag that could not be read may lead anywhere: none is named",
	  "trouble\nimage A 1\ndangling a", "A B", "" },
};

static void untagged_is_what_no_tag_leads_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof UNTAGGED / sizeof *UNTAGGED; i++) {
		const struct untagged_case *row = &UNTAGGED[i];
		struct inventory *inventory = read_world(row->world);
		struct collector_marks *marks = collector_marks_new();
		struct strtab *wanted = read_listed(row->untagged);
		struct strtab *marked = read_listed(row->marks);
		size_t count = 0;
		uint32_t *found;

		for (uint32_t m = 0; m < strtab_count(marked); m++) {
			const char *digest = strtab_text(marked, m);

			collector_marks_add(marks, "repo", 4, digest, strlen(digest));
			/* Of what the inventory does not have at all nothing is said. */
			collector_marks_add(marks, "hidden", 6, digest, strlen(digest));
		}
		found = listed_untagged(inventory, marks, &count);
		if (count != strtab_count(wanted))
			fail_msg("%s: %zu", row->what, count);
		for (size_t f = 0; f < count; f++) {
			const char *digest = collector_marks_digest(marks, found[f]);

			if (strtab_find(wanted, digest, strlen(digest)) == STRTAB_NONE ||
			    strcmp(collector_marks_repository(marks, found[f]), "repo") != 0)
				fail_msg("%s: not %s", row->what, digest);
		}
		free(found);
		strtab_free(marked);
		strtab_free(wanted);
		collector_marks_free(marks);
		inventory_free(inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_that_manifests_state),
		cmocka_unit_test(contradicting_manifests_state_nothing),
		cmocka_unit_test(untagged_is_what_no_tag_leads_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
