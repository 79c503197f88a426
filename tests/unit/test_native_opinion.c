/* A wrong mark, which would take what a manifest needs, is caught by the second reader. */
#include "run/native_opinion.h"

#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define WORLD                                                       \
	"image a 1\nlayers a c l\ntag v a\nimage b 1\nlayers b d\n" \
	"image u none\nlayers u e\nindex i b\ntag w i\nblob x 5"

static const struct {
	const char *what, *world;
	const char *chosen; /* by the marks: one name */
	bool last;
	int result;
} CASES[] = {
	{ "what nobody needs", WORLD, "x", false, 1 },
	{ "a layer of a tag, looked at again first", WORLD, "l", false, 0 },
	{ "a layer of a tag", WORLD, "l", true, -1 },
	{ "a config", WORLD, "c", true, -1 },
	{ "a manifest", WORLD, "a", true, -1 },
	{ "a child's layer", WORLD, "d", true, -1 },
	{ "a layer of what has neither a date nor a tag", WORLD, "e", true, -1 },
};

static void opinions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p) char *world = xasprintf("storage\n%s", CASES[i].world);
		struct inventory *inventory = world_new(world);
		struct strtab *chosen = strtab_new();
		struct err err = { 0 };
		char digest[DIGEST_TEXT];

		print_message("# %s\n", CASES[i].what);
		world_digest(CASES[i].chosen, digest);
		strtab_add(chosen, digest, strlen(digest));
		assert_int_equal(native_opinion(inventory, chosen, CASES[i].last, &err),
				 CASES[i].result);
		assert_int_equal(err.kind, CASES[i].result < 0 ? ERR_COLLECTOR : ERR_NONE);
		strtab_free(chosen);
		inventory_free(inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(opinions) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
