/* What has to be read again before a delete, since this run only remembers it. */
#include "apply/recheck_cached.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static const char WORLD[] = "image old 90\nimage kept 1\nimage a 90\nimage b 90\nimage young 1\n"
			    "index all a b!\nindex outer all\nindex other kept a\n"
			    "artifact sig none\nartifact ref none\nsubject ref young\n"
			    "tag old old\ntag kept kept\ntag all outer\ntag other other\n"
			    "tag sig:old sig\ntag ref ref\n";

static uint32_t find(const struct inventory *inventory, const char *name)
{
	char digest[DIGEST_TEXT];

	return inventory_manifest_find(inventory, 0, world_digest(name, digest));
}

static const char *const NAMES[] = { "old", "kept",  "a",     "b",   "young",
				     "all", "outer", "other", "sig", "ref" };

/* What stays as well: it may hold less, or more, than was remembered. */
static void test_all_that_is_only_remembered(void **state)
{
	static const struct {
		const char *remembered, *cached;
	} rows[] = {
		{ "", "" },
		{ "*", "old kept a b young all outer other sig ref " },
		{ "kept other", "kept other " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct inventory *inventory = world_new(WORLD);
		CLEANUP(free_p) bool *cached = NULL;
		char told[200] = "";

		for (size_t n = 0; n < sizeof NAMES / sizeof *NAMES; n++)
			inventory->manifests[find(inventory, NAMES[n])].remembered =
				*rows[i].remembered == '*' || strstr(rows[i].remembered, NAMES[n]);
		cached = recheck_cached_new(inventory, 0);
		for (size_t n = 0; cached && n < sizeof NAMES / sizeof *NAMES; n++) {
			if (cached[find(inventory, NAMES[n])])
				snprintf(told + strlen(told), sizeof told - strlen(told), "%s ",
					 NAMES[n]);
		}
		assert_string_equal(told, rows[i].cached);
		assert_int_equal(cached != NULL, *rows[i].cached != '\0');
		inventory_free(inventory);
	}
}

static void remember_all(struct inventory *inventory)
{
	for (size_t m = 0; m < inventory->manifest_count; m++)
		inventory->manifests[m].remembered = true;
}

static void test_parts_of_what_is_gone_stay(void **state)
{
	struct inventory *inventory = world_new(WORLD);
	struct inventory *fresh =
		world_new("missing outer\nindex all a b!\nimage a 90\nimage b 90\n"
			  "missing old\n");
	CLEANUP(free_p) bool *cached = NULL;

	(void)state;
	recheck_cached_keep_parts(NULL, inventory, 0, fresh);
	remember_all(inventory);
	cached = recheck_cached_new(inventory, 0);
	recheck_cached_keep_parts(cached, inventory, 0, fresh);
	assert_true(fresh->manifests[find(fresh, "all")].held);
	assert_false(fresh->manifests[find(fresh, "a")].held);
	assert_false(fresh->manifests[find(fresh, "outer")].held);
	inventory_free(inventory);
	inventory_free(fresh);
}

static void test_only_what_is_as_remembered_is_settled(void **state)
{
	struct inventory *inventory = world_new(WORLD);
	struct inventory *fresh =
		world_new("image old 90\nmissing outer\nindex all\nimage a bad\n");
	CLEANUP(free_p) bool *cached = NULL;

	(void)state;
	recheck_cached_settle(NULL, inventory, 0, fresh);
	remember_all(inventory);
	cached = recheck_cached_new(inventory, 0);
	recheck_cached_settle(cached, inventory, 0, fresh);
	assert_false(inventory->manifests[find(inventory, "old")].remembered);
	assert_false(inventory->manifests[find(inventory, "all")].remembered);
	assert_true(inventory->manifests[find(inventory, "outer")].remembered);
	assert_true(inventory->manifests[find(inventory, "a")].remembered);
	assert_true(inventory->manifests[find(inventory, "b")].remembered);
	assert_true(inventory->manifests[find(inventory, "kept")].remembered);
	inventory_free(inventory);
	inventory_free(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_is_only_remembered),
		cmocka_unit_test(test_parts_of_what_is_gone_stay),
		cmocka_unit_test(test_only_what_is_as_remembered_is_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
