/* util/arena: strings that live together. */
#include "util/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT 20000

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	arena_free(NULL);
	arena_free(arena_new());
}

static void a_string_is_a_copy_of_its_length(void **state)
{
	struct arena *arena = arena_new();
	char text[] = "abcdef";
	const char *copy = arena_string(arena, text, 3);
	const char *empty = arena_string(arena, "", 0);
	const char *binary = arena_string(arena, "a\0b", 3);

	(void)state;
	text[0] = 'x';
	assert_string_equal(copy, "abc");
	assert_string_equal(empty, "");
	assert_memory_equal(binary, "a\0b", 4);
	arena_free(arena);
}

static void format_writes_like_printf(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(arena_format(arena, "%s-%03d", "x", 7), "x-007");
	assert_string_equal(arena_format(arena, "%s", ""), "");
	arena_free(arena);
}

/* Short and long ones mixed, so that chunks are filled, left and gone round. */
static void strings_stay_when_others_come(void **state)
{
	static const char *strings[COUNT];
	static char big[200000];
	struct arena *arena = arena_new();

	(void)state;
	memset(big, 'b', sizeof big);
	for (size_t i = 0; i < COUNT; i++) {
		if (i % 1000 == 7)
			strings[i] = arena_string(arena, big, sizeof big - i);
		else if (i % 2)
			strings[i] = arena_format(arena, "number %zu", i);
		else
			strings[i] = arena_string(arena, big, i % 40);
	}
	for (size_t i = 0; i < COUNT; i++) {
		char expected[32];

		snprintf(expected, sizeof expected, "number %zu", i);
		if (i % 1000 == 7)
			assert_int_equal(strspn(strings[i], "b"), sizeof big - i);
		else if (i % 2)
			assert_string_equal(strings[i], expected);
		else
			assert_int_equal(strspn(strings[i], "b"), i % 40);
	}
	arena_free(arena);
}

/* Lengths around the size of a chunk and around the limit from which one gets its own. */
static void every_odd_length_fits(void **state)
{
	static const size_t around[] = { 16384, 65536, 131072 };
	static char text[131080];
	struct arena *arena = arena_new();

	(void)state;
	memset(text, 't', sizeof text);
	for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
		for (size_t length = around[i] - 4; length < around[i] + 4; length++) {
			const char *copy = arena_string(arena, text, length);

			assert_int_equal(strlen(copy), length);
			assert_int_equal(strlen(arena_format(arena, "%.*s", (int)length, text)),
					 length);
		}
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freeing_nothing_is_fine),
		cmocka_unit_test(a_string_is_a_copy_of_its_length),
		cmocka_unit_test(format_writes_like_printf),
		cmocka_unit_test(strings_stay_when_others_come),
		cmocka_unit_test(every_odd_length_fits),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
