/* util/strtab: strings and their numbers. */
#include "util/strtab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT 100000

static uint32_t add(struct strtab *table, const char *text)
{
	return strtab_add(table, text, strlen(text));
}

static void an_empty_table_knows_nothing(void **state)
{
	struct strtab *table = strtab_new();

	(void)state;
	assert_int_equal(strtab_count(table), 0);
	assert_int_equal(strtab_find(table, "a", 1), STRTAB_NONE);
	assert_int_equal(strtab_find(table, "", 0), STRTAB_NONE);
	strtab_free(table);
	strtab_free(NULL);
}

static void numbers_follow_the_first_mention(void **state)
{
	struct strtab *table = strtab_new();

	(void)state;
	assert_int_equal(add(table, "latest"), 0);
	assert_int_equal(add(table, "v1"), 1);
	assert_int_equal(add(table, "latest"), 0);
	assert_int_equal(add(table, ""), 2);
	assert_int_equal(add(table, "v2"), 3);
	assert_int_equal(strtab_count(table), 4);
	assert_string_equal(strtab_text(table, 1), "v1");
	assert_string_equal(strtab_text(table, 2), "");
	assert_int_equal(strtab_find(table, "v2", 2), 3);
	assert_int_equal(strtab_find(table, "v", 1), STRTAB_NONE);
	strtab_free(table);
}

static void only_the_given_length_counts(void **state)
{
	struct strtab *table = strtab_new();

	(void)state;
	assert_int_equal(strtab_add(table, "abc", 2), 0);
	assert_int_equal(strtab_add(table, "abd", 2), 0);
	assert_int_equal(strtab_add(table, "abc", 3), 1);
	assert_int_equal(strtab_add(table, "a\0c", 3), 2);
	assert_int_equal(strtab_add(table, "a\0d", 3), 3);
	assert_string_equal(strtab_text(table, 0), "ab");
	assert_memory_equal(strtab_text(table, 2), "a\0c", 4);
	strtab_free(table);
}

static void many_strings_keep_their_number_and_their_place(void **state)
{
	struct strtab *table = strtab_new();
	const char *first;
	char text[32];

	(void)state;
	add(table, "tag-0");
	first = strtab_text(table, 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(text, sizeof text, "tag-%u", i);
		assert_int_equal(add(table, text), i);
	}
	assert_int_equal(strtab_count(table), COUNT);
	assert_ptr_equal(strtab_text(table, 0), first);
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(text, sizeof text, "tag-%u", i);
		assert_int_equal(strtab_find(table, text, strlen(text)), i);
		assert_string_equal(strtab_text(table, i), text);
		text[0] = 'T';
		assert_int_equal(strtab_find(table, text, strlen(text)), STRTAB_NONE);
	}
	strtab_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_table_knows_nothing),
		cmocka_unit_test(numbers_follow_the_first_mention),
		cmocka_unit_test(only_the_given_length_counts),
		cmocka_unit_test(many_strings_keep_their_number_and_their_place),
	};

	return cmocka_run_group_tests_name("strtab", tests, NULL, NULL);
}
