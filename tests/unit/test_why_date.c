/* Where a date was looked for: a row is a small registry (world.h), and the words for what its tag
 * points at; NAME in them stands for the digest of that name. */
#include "report/why_date.h"

#include "config/config.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/buf.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ANNOTATION "annotation org.opencontainers.image.created"
#define CONFIG                                                          \
	"config created, history[last].created, descriptor.createdAt, " \
	"descriptor.created, " ANNOTATION

static const struct {
	const char *world, *child, *words;
} ROWS[] = {
	{ "image a none\ntag t a", NULL, CONFIG },
	{ "artifact a bad\ntag t a", NULL, ANNOTATION },
	{ "unreadable a\ntag t a", NULL, "nothing: it cannot be read" },
	{ "index i\ntag t i", NULL, "what it lists" },
	{ "artifact a none\nmissing m\nimage b none\nindex i a m b!\ntag t i", NULL,
	  "what it lists" },
	{ "image a 9\nindex i a\nundated i\ntag t i", NULL, "what it lists" },
	{ "image a 9\nartifact b none\nimage c none\nindex i a b c\ntag t i", "c",
	  ", which it lists: " CONFIG },
	{ "image a 9\nindex i a x\ntag t i", "x", ", which it lists: nothing: it was not read" },
	{ "image a 9\nunreadable b\nindex i a b?\ntag t i", "b",
	  ", which it lists: nothing: it cannot be read" },
};

static void the_places_are_named(void **state)
{
	static const struct config config = { .cleanup = { .days_to_keep = 30 } };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct inventory *inventory = world_new(ROWS[i].world);
		struct policy *policy = policy_new(&config);
		struct plan *plan = plan_build(inventory, policy, WORLD_NOW);
		struct buf actual = { 0 }, expected = { 0 };
		char digest[DIGEST_TEXT] = "";

		if (ROWS[i].child)
			world_digest(ROWS[i].child, digest);
		buf_format(&expected, "%s%s", digest, ROWS[i].words);
		why_date_undated(inventory, plan, inventory->tags[0].manifest, &actual);
		assert_string_equal(buf_string(&actual), buf_string(&expected));
		buf_free(&actual);
		buf_free(&expected);
		plan_free(plan);
		policy_free(policy);
		inventory_free(inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_places_are_named) };

	return cmocka_run_group_tests_name("why_date", tests, NULL, NULL);
}
