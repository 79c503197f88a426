/* Which tags are whole, by what was found: tables of small registries. */
#include "verify/needs.h"

#include "oci/manifest.h"
#include "util/buf.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* An image has a config c and a layer l. */
#define IMAGE "image i 1\nblob c 10\nblob l 20\nlayers i c l\n"

struct row {
	const char *says;
	const char *world;
	/* Lines "BLOB ANSWER": found, missing, unlinked, short, corrupt, unknown, bad, or a number
	 * of bytes; others are found with the size that is stated first. */
	const char *answers;
	const char *past;    /* another world, what there was before; NULL: no past */
	const char *removed; /* names whose blobs the collector removed */
	size_t whole, damaged, unverified;
	/* "TAG: what NAME, since;" of each finding; NAME is that of the digest. */
	const char *findings;
};

static const struct row ROWS[] = {
	{ "nothing", "repository repo", "", NULL, "", 0, 0, 0, "" },
	{ "an image", IMAGE "tag a i", "", NULL, "", 1, 0, 0, "" },
	{ "an artifact, too", "artifact i 1\nblob c 2\nlayers i c\ntag a i", "c missing", NULL, "",
	  0, 1, 0, "a: blob is missing c;" },
	{ "a layer is missing for all that have it", IMAGE "tag a i\ntag b i", "l missing", NULL,
	  "", 0, 2, 0, "a: layer is missing l;b: layer is missing l;" },
	{ "a config is missing", IMAGE "tag a i", "c missing", NULL, "", 0, 1, 0,
	  "a: config is missing c;" },
	{ "everything that is wrong with a tag is told", IMAGE "tag a i", "c missing\nl unlinked",
	  NULL, "", 0, 1, 0, "a: config is missing c;a: layer is not linked in its repository l;" },
	{ "a layer has another size", IMAGE "tag a i", "l 19", NULL, "", 0, 1, 0,
	  "a: layer has 19 bytes instead of 20 l;" },
	{ "a size that is not known is none that is wrong", IMAGE "tag a i", "l unsized", NULL, "",
	  1, 0, 0, "" },
	{ "an empty layer", "image i 1\nblob c 10\nblob l 0\nlayers i c l\ntag a i", "", NULL, "",
	  1, 0, 0, "" },
	{ "less comes than is announced", IMAGE "tag a i", "l short", NULL, "", 0, 1, 0,
	  "a: layer is shorter than the registry announces l;" },
	{ "other bytes", IMAGE "tag a i", "l corrupt", NULL, "", 0, 1, 0,
	  "a: layer is not what its digest says l;" },
	{ "a broken link", IMAGE "tag a i", "l bad", NULL, "", 0, 1, 0,
	  "a: layer has a reason l;" },
	{ "what cannot be found out is no damage", IMAGE "tag a i", "l unknown", NULL, "", 0, 0, 1,
	  "a? layer could not be checked: reason l;" },
	{ "one doubt is enough", IMAGE "tag a i", "l unknown\nc unknown", NULL, "", 0, 0, 1,
	  "a? config could not be checked: reason c;" },
	{ "damage counts more than doubt", IMAGE "tag a i", "c unknown\nl missing", NULL, "", 0, 1,
	  0, "a: layer is missing l;" },
	{ "a tag without a manifest", IMAGE "tag a i\ndangling b", "", NULL, "", 1, 1, 0,
	  "b: its manifest is missing -;" },
	{ "an unreadable manifest", "unreadable u\ntag a u", "", NULL, "", 0, 0, 1,
	  "a? manifest could not be read u;" },
	{ "an index with its children", IMAGE "image j 1\nindex x i j\ntag a x", "", NULL, "", 1, 0,
	  0, "" },
	{ "a child is missing", IMAGE "missing j\nindex x i j\ntag a x", "", NULL, "", 0, 1, 0,
	  "a: manifest is missing j;" },
	{ "by the storage: it is not linked", IMAGE "storage\nmissing j\nindex x i j\ntag a x", "",
	  NULL, "", 0, 1, 0, "a: manifest is not linked in its repository j;" },
	{ "a child's layer", IMAGE "index x i\nindex y x\ntag a y", "l missing", NULL, "", 0, 1, 0,
	  "a: layer is missing l;" },
	{ "a layer that two children have is told once",
	  IMAGE "image j 1\nlayers j c l\nindex x i j\ntag a x", "l missing", NULL, "", 0, 1, 0,
	  "a: layer is missing l;" },
	{ "indexes in a circle end", "index x y\nindex y x\ntag a x", "", NULL, "", 1, 0, 0, "" },
	{ "a referrer that was deleted leaves an entry behind",
	  IMAGE "missing r\nimage j 1\nsubject j i\nindex x r j\ntag a i\ntag bare:i x", "", NULL,
	  "", 2, 0, 0, "" },
	{ "the last referrer, too", IMAGE "missing r\nindex x r\ntag bare:i x", "",
	  IMAGE "missing r\nindex x r\ntag bare:i x", "", 1, 0, 0, "" },
	{ "nor is an empty list damaged", IMAGE "index x\ntag bare:i x", "", NULL, "", 1, 0, 0,
	  "" },
	{ "a referrer that was lost in this run", IMAGE "missing r\nindex x r\ntag bare:i x", "",
	  IMAGE "image r 1\nsubject r i\nindex x r\ntag bare:i x", "", 0, 1, 0,
	  "bare: manifest is missing r, this run;" },
	{ "what a referrer lists is missing",
	  IMAGE "missing r\nindex y r\nsubject y i\nindex x y\ntag bare:i x", "", NULL, "", 0, 1, 0,
	  "bare: manifest is missing r;" },
	{ "a part of an index that is named by its own digest is missing",
	  IMAGE "missing r\nindex x i r\ntag imgpkg:x x", "", NULL, "", 0, 1, 0,
	  "imgpkg: manifest is missing r;" },
	{ "a part of an index that is no list of referrers is missing",
	  IMAGE "missing r\nimage j 1\nindex x r j\ntag bare:i x", "", NULL, "", 0, 1, 0,
	  "bare: manifest is missing r;" },
	{ "a subject is not needed", IMAGE "missing s\nsubject i s\ntag a i", "", NULL, "", 1, 0, 0,
	  "" },
	{ "what no tag reaches is not asked for", IMAGE "image j 1\nblob m 5\nlayers j m\ntag a i",
	  "m missing", NULL, "", 1, 0, 0, "" },
	{ "each repository needs its own",
	  IMAGE "tag a i\nrepository other\nimage i 1\nlayers i c l\ntag b i", "l unlinked 1", NULL,
	  "", 1, 1, 0, "b: layer is not linked in its repository l;" },
	{ "broken before", IMAGE "tag a i", "l missing", IMAGE "tag a i", "c", 0, 1, 0,
	  "a: layer is missing l, before;" },
	{ "broken in this run", IMAGE "tag a i", "l missing", IMAGE "tag a i", "l", 0, 1, 0,
	  "a: layer is missing l, this run;" },
	{ "a child that was there", IMAGE "missing j\nindex x i j\ntag a x", "",
	  IMAGE "image j 1\nindex x i j\ntag a x", "", 0, 1, 0,
	  "a: manifest is missing j, this run;" },
	{ "a child that was missing", IMAGE "missing j\nindex x i j\ntag a x", "",
	  IMAGE "missing j\nindex x i j\ntag a x", "", 0, 1, 0,
	  "a: manifest is missing j, before;" },
	{ "a tag that lost its manifest", "dangling a", "", IMAGE "tag a i", "", 0, 1, 0,
	  "a: its manifest is missing i, this run;" },
	{ "a tag that never had one", "dangling a", "", "dangling a", "", 0, 1, 0,
	  "a: its manifest is missing -, before;" },
	{ "pushed meanwhile, without what the collector removed", IMAGE "tag a i", "l missing",
	  "image k 1\ntag b k", "l", 0, 1, 0, "a: layer is missing l, this run;" },
};

/* Of a registry that takes indexes without all their parts. */
static const struct {
	struct row row;
	size_t sparse; /* tags that list what is not there, and was not */
} SPARSE_ROWS[] = {
	{ { "a sparse index", IMAGE "missing j\nindex x i j\ntag a x\ntag b x", "", NULL, "", 2, 0,
	    0, "" },
	  2 },
	{ { "one that was sparse before the run", IMAGE "missing j\nindex x i j\ntag a x", "",
	    IMAGE "missing j\nindex x i j\ntag a x", "", 1, 0, 0, "" },
	  1 },
	{ { "one that lost a child in this run", IMAGE "missing j\nindex x i j\ntag a x", "",
	    IMAGE "image j 1\nindex x i j\ntag a x", "", 0, 1, 0,
	    "a: manifest is missing j, this run;" },
	  0 },
	{ { "one whose other child is damaged", IMAGE "missing j\nindex x i j\ntag a x",
	    "l missing", NULL, "", 0, 1, 0, "a: layer is missing l;" },
	  1 },
	{ { "a tag whose own manifest is missing", "missing x\ntag a x", "", NULL, "", 0, 1, 0,
	    "a: manifest is missing x;" },
	  0 },
};

static bool was_removed(const void *ctx, const char *repository, const char *digest)
{
	const char *name = ctx;
	char text[DIGEST_TEXT];

	(void)repository;
	return *name && strcmp(world_digest(name, text), digest) == 0;
}

/* One letter whose digest it is. */
static char name_of(const char *digest)
{
	char text[DIGEST_TEXT], name[2] = { 'a', '\0' };

	if (!digest)
		return '-';
	while (name[0] <= 'z' && strcmp(world_digest(name, text), digest) != 0)
		name[0]++;
	return name[0];
}

static struct verify_answer answer_of(const char *word)
{
	static const struct {
		const char *word;
		struct verify_answer answer;
	} WORDS[] = {
		{ "missing", { .fault = VERIFY_MISSING } },
		{ "unlinked", { .fault = VERIFY_UNLINKED } },
		{ "short", { .fault = VERIFY_SHORT } },
		{ "corrupt", { .fault = VERIFY_CORRUPT } },
		{ "unknown", { .fault = VERIFY_UNKNOWN, .why = "reason" } },
		{ "bad", { .fault = VERIFY_BAD_LINK, .why = "reason" } },
		{ "unsized", { .fault = VERIFY_FOUND, .found = VERIFY_SIZE_UNKNOWN } },
	};

	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
		if (strncmp(word, WORDS[i].word, strlen(WORDS[i].word)) == 0)
			return WORDS[i].answer;
	return (struct verify_answer){ .fault = VERIFY_FOUND, .found = strtoull(word, NULL, 10) };
}

static void answer_one(struct verify *verify, size_t item, const char *answers)
{
	const struct inventory *inventory = verify->inventory;
	const struct verify_item *entry = &verify->items[item];
	char name = name_of(verify_item_digest(verify, item));
	struct verify_answer answer = { .fault = VERIFY_FOUND,
					.found = inventory->blobs[entry->blob].size };

	for (const char *line = answers; *line; line += strcspn(line, "\n"), line += *line != 0) {
		const char *word = line + 2;
		const char *number = strpbrk(word, " \n");

		/* "unlinked 1": only in the second repository. */
		if (line[0] == name &&
		    (!number || *number != ' ' || entry->repository == strtoul(number, NULL, 10)))
			answer = answer_of(word);
	}
	verify_answer(verify, item, &answer);
}

static void write_finding(const struct inventory *inventory, const struct verify_finding *finding,
			  struct buf *out)
{
	static const char *const SINCE[] = { "", ", before", ", this run" };

	const char *tag = inventory->tags[finding->tag].name;

	/* Names with a digest in them are too long to be read. */
	if (strncmp(tag, "sha256-", 7) == 0)
		tag = tag[71] ? tag + 72 : "bare";
	buf_format(out, "%s%s %s %c%s;", tag, finding->damage ? ":" : "?", finding->what,
		   name_of(finding->digest), SINCE[finding->since]);
}

static void check_row(const struct row *row, bool complete, size_t sparse)
{
	struct inventory *inventory = world_new(row->world);
	struct inventory *before = row->past ? world_new(row->past) : NULL;
	struct verify *verify = verify_new(inventory);
	struct verify_past past = { before, was_removed, row->removed };
	struct verify_result result;
	struct buf text = { 0 };

	verify->complete = complete;
	for (size_t i = 0; i < verify->item_count; i++)
		answer_one(verify, i, row->answers);
	verify_judge(verify, before ? &past : NULL, &result);
	for (size_t i = 0; i < result.finding_count; i++)
		write_finding(inventory, &result.findings[i], &text);
	if (result.whole != row->whole || result.damaged != row->damaged ||
	    result.unverified != row->unverified ||
	    result.tags != row->whole + row->damaged + row->unverified || result.sparse != sparse ||
	    strcmp(buf_string(&text), row->findings) != 0)
		fail_msg("%s: %zu tags, %zu whole, %zu damaged, %zu unverified: %s", row->says,
			 result.tags, result.whole, result.damaged, result.unverified,
			 buf_string(&text));
	buf_free(&text);
	verify_result_clear(&result);
	verify_free(verify);
	inventory_free(before);
	inventory_free(inventory);
}

static void tags_are_judged_by_what_was_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		check_row(&ROWS[i], true, 0);
	for (size_t i = 0; i < sizeof SPARSE_ROWS / sizeof *SPARSE_ROWS; i++)
		check_row(&SPARSE_ROWS[i].row, false, SPARSE_ROWS[i].sparse);
}

/* Manifest NAME with one layer "l", stated to be so long. */
static void describe(struct inventory *inventory, const char *name, uint64_t size, bool foreign)
{
	char text[DIGEST_TEXT], layer_text[DIGEST_TEXT];
	struct oci_descriptor layer = { .size = size, .foreign = foreign };
	struct oci_manifest body = { .kind = OCI_ARTIFACT, .layers = &layer, .layer_count = 1 };
	uint32_t id = inventory_manifest(inventory, 0, world_digest(name, text));

	layer.digest = layer_text;
	world_digest("l", layer_text);
	inventory_describe(inventory, id, &body, 100);
}

/* Each manifest is measured by what it says itself; what only one calls foreign must be there for
 * the others. */
static void manifests_may_state_different_things(void **state)
{
	static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";
	static char *const tags[] = { a, b, c, d };
	static const uint64_t sizes[] = { 20, 21, 20, 20 };
	static const struct {
		const char *answer, *findings;
	} rows[] = {
		{ "l 20", "b: blob has 20 bytes instead of 21 l;" },
		{ "l 21",
		  "a: blob has 21 bytes instead of 20 l;d: blob has 21 bytes instead of 20 l;" },
		{ "l missing", "a: blob is missing l;b: blob is missing l;d: blob is missing l;" },
	};
	struct inventory *inventory = inventory_new(), *copy = inventory_new();

	(void)state;
	inventory_repository(inventory, "repo");
	inventory_repository(copy, "repo");
	inventory_tags(copy, 0, tags, 4);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t id;

		describe(inventory, tags[i], sizes[i], i == 2);
		id = inventory_manifest(copy, 0, inventory_digest(inventory, i));
		inventory_copy(copy, id, inventory, i);
		inventory_point(copy, i, id);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct verify *verify = verify_new(copy);
		struct verify_result result;
		struct buf text = { 0 };

		assert_int_equal(verify->item_count, 1);
		answer_one(verify, 0, rows[i].answer);
		verify_judge(verify, NULL, &result);
		for (size_t n = 0; n < result.finding_count; n++)
			write_finding(copy, &result.findings[n], &text);
		assert_string_equal(buf_string(&text), rows[i].findings);
		buf_free(&text);
		verify_result_clear(&result);
		verify_free(verify);
	}
	inventory_free(copy);
	inventory_free(inventory);
}

/* Without an answer nothing is whole. */
static void what_was_not_asked_is_not_whole(void **state)
{
	struct inventory *inventory = world_new(IMAGE "tag a i\nimage j 1\ntag b j");
	struct verify *verify = verify_new(inventory);
	struct verify_result result;

	(void)state;
	assert_int_equal(verify->item_count, 2);
	verify_judge(verify, NULL, &result);
	assert_int_equal(result.whole, 1);
	assert_int_equal(result.unverified, 1);
	verify_result_clear(&result);
	verify_free(verify);
	inventory_free(inventory);
}

/* A tag that was listed and is gone is neither whole nor damaged. */
static void a_tag_that_vanished_does_not_count(void **state)
{
	struct inventory *inventory = world_new(IMAGE "tag a i\ndangling b");
	struct verify *verify = verify_new(inventory);
	struct verify_result result;

	(void)state;
	inventory->tags[1].state = TAG_UNSEEN;
	verify_judge(verify, NULL, &result);
	assert_int_equal(result.tags, 1);
	assert_int_equal(result.damaged, 0);
	verify_result_clear(&result);
	verify_free(verify);
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_judged_by_what_was_found),
		cmocka_unit_test(manifests_may_state_different_things),
		cmocka_unit_test(what_was_not_asked_is_not_whole),
		cmocka_unit_test(a_tag_that_vanished_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
