/* util/causes: what is one line, and what it says. */
#include "util/causes.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct buf told;

static void tell(const struct cause *cause)
{
	buf_format(&told, "%s: %s/%s %zu %zu\n", cause->why, cause->place, cause->what,
		   cause->count, cause->places);
}

static void assert_tells(struct causes *causes, const char *wanted)
{
	buf_clear(&told);
	assert_int_equal(causes_tell(causes, SIZE_MAX, tell), 0);
	assert_string_equal(buf_string(&told), wanted);
}

static void one_reason_is_told_once(void **state)
{
	struct causes *causes = causes_new();

	(void)state;
	causes_add(causes, "a", "x", "403");
	causes_add(causes, "b", "y", "500");
	/* Answers come in any order. */
	causes_add(causes, "b", "y", "403");
	causes_add(causes, "a", "z", "403");
	causes_add(causes, "b", "z", "500");
	assert_tells(causes, "403: a/x 3 2\n500: b/y 2 1\n");
	assert_tells(causes, "");
	causes_add(causes, "b", "y", "403");
	assert_tells(causes, "403: b/y 1 1\n");
	for (int i = 0; i < 12; i++)
		causes_add(causes, "a", "x", i < 2 ? "first" : i < 5 ? "second" : "third");
	buf_clear(&told);
	assert_int_equal(causes_tell(causes, 2, tell), 7);
	assert_string_equal(buf_string(&told), "first: a/x 2 1\nsecond: a/x 3 1\n");
	causes_free(causes);
	causes_free(NULL);
	buf_free(&told);
}

static void many_are_one_line(void **state)
{
	struct causes *causes = causes_new();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		CLEANUP(free_p) char *place = xasprintf("r%d", i % 5000);

		causes_add(causes, place, "x", "403");
	}
	assert_tells(causes, "403: r0/x 10000 5000\n");
	causes_free(causes);
	buf_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_reason_is_told_once),
		cmocka_unit_test(many_are_one_line),
	};

	return cmocka_run_group_tests_name("causes", tests, NULL, NULL);
}
