/* How far names are from each other. */
#include "util/edit_distance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define SIXTY_FOUR "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"

static const struct {
	const char *a, *b;
	size_t distance;
} ROWS[] = {
	{ "", "", 0 },
	{ "", "abc", 3 },
	{ "team/app", "team/app", 0 },
	{ "team/app", "Team/APP", 0 },
	{ "team/app", "team/ap", 1 },
	{ "team/app", "team/apps", 1 },
	{ "team/app", "team/bpp", 1 },
	{ "team/app", "taem/app", 1 },
	{ "team/app", "app", 5 },
	{ "kitten", "sitting", 3 },
	{ SIXTY_FOUR, SIXTY_FOUR, 0 },
	{ SIXTY_FOUR "x", "a", SIZE_MAX },
};

static void test_distances(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		const char *a = ROWS[i].a, *b = ROWS[i].b;

		assert_int_equal(edit_distance(a, strlen(a), b, strlen(b)), ROWS[i].distance);
		assert_int_equal(edit_distance(b, strlen(b), a, strlen(a)), ROWS[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_distances) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
