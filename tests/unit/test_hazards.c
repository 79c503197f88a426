/* What is in the collector's way, while it stays. */
#include "forecast/hazards.h"

#include "forecast/marks.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct hazard_case {
	const char *what;
	const char *world;
	const char *going;   /* manifests that the plan lets go, with their tags */
	const char *hazards; /* "KIND TAG|-; …" before the deletes … */
	const char *after;   /* … and after them, when what is `gone` is gone */
};

static const struct hazard_case CASES[] = {
	{ "sha256 alone", "image a 1\nlayers a c l\ntag v a", "", "", "" },
	{ "a layer by sha512", "image a 1\nlayers a c 512/l\ntag v a", "", "alias repo:v; ",
	  "alias repo:v; " },
	{ "a config by sha512", "image a 1\nlayers a 512/c l\ntag v a", "", "alias repo:v; ",
	  "alias repo:v; " },
	{ "several blobs of a manifest are one hazard", "image a 1\nlayers a 512/c 512/l\ntag v a",
	  "", "alias repo:v; ", "alias repo:v; " },
	{ "the image goes", "image a 1\nlayers a 512/l\ntag v a\ngone a", "a", "", "" },
	{ "the image was to go and is not gone", "image a 1\nlayers a 512/l\ntag v a", "a", "",
	  "alias repo:v; " },
	{ "through an index", "image a 1\nlayers a 512/l\nindex i a\ntag v i", "", "alias repo:v; ",
	  "alias repo:v; " },
	{ "of two tags that of one that stays is named",
	  "image a 1\nlayers a 512/l\nindex i a\nindex j a\ntag v i\ntag w j\ngone i", "i",
	  "alias repo:w; ", "alias repo:v; " },
	{ "the manifest itself", "image 512/a 1\ntag v 512/a", "", "alias repo:v; ",
	  "alias repo:v; " },
	{ "a child by sha512 that is there", "image 512/a 1\nindex i 512/a\ntag v i", "",
	  "alias repo:v; ", "alias repo:v; " },
	{ "a child by sha512 that is not there", "missing 512/a\nindex i 512/a\ntag v i", "", "",
	  "" },
	{ "without a tag", "image a 1\nlayers a 512/l", "", "alias -; ", "alias -; " },
	{ "the storage tells what it is stored as",
	  "storage\nimage a 1\nlayers a 512/l\nblob l 5\nblob 512/l 5 absent\nalias 512/l l\n"
	  "tag v a",
	  "", "alias repo:v; ", "alias repo:v; " },
	{ "the storage has it under its own name",
	  "storage\nimage a 1\nlayers a 512/l\nblob 512/l 5\ntag v a", "", "", "" },
	{ "the same, and a link says so",
	  "storage\nimage a 1\nlayers a 512/l\nblob 512/l 5\nalias 512/l 512/l\ntag v a", "", "",
	  "" },
	{ "in the storage no link explains it",
	  "storage\nimage a 1\nlayers a 512/l\nblob 512/l 5 absent\ntag v a", "", "alias repo:v; ",
	  "alias repo:v; " },
	{ "what is not linked is not come across",
	  "storage\nimage a 1\nlayers a 512/l\nunlinked a\nblob 512/l 5 absent", "", "", "" },
	{ "a type that is not read", "storage\nunsupported a\ntag v a", "", "type repo:v; ",
	  "type repo:v; " },
	{ "a type that is not read, without a tag", "storage\nunsupported a", "", "type -; ",
	  "type -; " },
	{ "the child of an index", "storage\nunsupported a\nindex i a\ntag v i", "",
	  "type repo:v; ", "type repo:v; " },
	{ "one that is not linked", "storage\nunsupported a\nunlinked a", "", "", "" },
	{ "unreadable for another reason", "storage\nunreadable a\ntag v a", "", "", "" },
	{ "both kinds", "image a 1\nlayers a 512/l\ntag v a\nunsupported b\ntag w b", "",
	  "alias repo:v; type repo:w; ", "alias repo:v; type repo:w; " },
};

static struct plan plan_of(const struct inventory *inventory, const char *going)
{
	struct plan plan = {
		.tags = xcalloc(inventory->tag_count + 1, sizeof *plan.tags),
		.manifests = xcalloc(inventory->manifest_count + 1, sizeof *plan.manifests),
	};
	char digest[DIGEST_TEXT];
	uint32_t id = INVENTORY_NONE;

	if (*going)
		id = inventory_manifest_find(inventory, 0, world_digest(going, digest));
	for (uint32_t t = 0; t < inventory->tag_count; t++)
		plan.tags[t].goes = id != INVENTORY_NONE && inventory->tags[t].manifest == id;
	if (id != INVENTORY_NONE)
		plan.manifests[id].goes = true;
	return plan;
}

static void assert_hazards(const struct hazard_case *row, const struct inventory *inventory,
			   const struct plan *plan, bool deleted, const char *expected)
{
	struct hazards found = hazards_find(inventory, plan, deleted);
	CLEANUP(buf_free) struct buf text = { 0 };

	for (size_t i = 0; i < found.count; i++) {
		const struct hazard *hazard = &found.items[i];

		buf_format(&text, "%s ", hazard->kind == HAZARD_TYPE ? "type" : "alias");
		if (hazard->tag == INVENTORY_NONE)
			buf_format(&text, "-; ");
		else
			buf_format(&text, "%s:%s; ",
				   inventory_tag_repository(inventory, hazard->tag),
				   inventory->tags[hazard->tag].name);
	}
	assert_int_equal(found.counts[HAZARD_ALIAS] + found.counts[HAZARD_TYPE], found.count);
	if (strcmp(buf_string(&text), expected) != 0)
		fail_msg("%s, %s: %s instead of %s", row->what, deleted ? "after" : "before",
			 buf_string(&text), expected);
	hazards_clear(&found);
}

static void test_what_is_in_the_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct inventory *inventory = world_new(CASES[i].world);
		struct plan plan = plan_of(inventory, CASES[i].going);

		assert_hazards(&CASES[i], inventory, &plan, false, CASES[i].hazards);
		assert_hazards(&CASES[i], inventory, &plan, true, CASES[i].after);
		free(plan.tags);
		free(plan.manifests);
		inventory_free(inventory);
	}
}

static void test_marks_follow_an_alias(void **state)
{
	struct inventory *inventory = world_new("storage\nimage a 1\nlayers a 512/l m\nblob l 5\n"
						"blob m 7\nblob 512/l 5 absent\nalias 512/l l");
	uint64_t *sizes = forecast_sizes(inventory);

	(void)state;
	assert_int_equal(forecast_mark_count(inventory, 0), 3);
	assert_int_equal(sizes[forecast_mark(inventory, 0, 1)], 5);
	assert_int_equal(sizes[forecast_mark(inventory, 0, 2)], 7);
	free(sizes);
	inventory_free(inventory);
}

static void test_an_alias_is_said_once(void **state)
{
	struct inventory *inventory = world_new("image a 1");
	char named[DIGEST_TEXT], one[DIGEST_TEXT], two[DIGEST_TEXT];

	(void)state;
	world_digest("512/l", named);
	world_digest("l", one);
	world_digest("m", two);
	assert_ptr_equal(inventory_stored_text(inventory, named), named);
	assert_true(inventory_alias(inventory, named, one));
	assert_true(inventory_alias(inventory, named, one));
	assert_false(inventory_alias(inventory, named, two));
	assert_string_equal(inventory_stored_text(inventory, named), one);
	assert_string_equal(inventory_stored_text(inventory, one), one);
	inventory_free(inventory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_in_the_way),
		cmocka_unit_test(test_marks_follow_an_alias),
		cmocka_unit_test(test_an_alias_is_said_once),
	};

	return cmocka_run_group_tests_name("hazards", tests, NULL, NULL);
}
