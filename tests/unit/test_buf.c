/* util/buf: growing runs of bytes. */
#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void starts_empty(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	assert_string_equal(buf_string(&buf), "");
	assert_null(buf.data);
	buf_add(&buf, NULL, 0);
	assert_null(buf.data);
	buf_free(&buf);
}

static void each_call_appends_and_ends_with_nul(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_text(&buf, "one");
	buf_format(&buf, " %d %s", 2, "two");
	buf_add(&buf, "\0x", 2);
	assert_int_equal(buf.length, 11);
	assert_memory_equal(buf.data, "one 2 two\0x", 12);
	buf_free(&buf);
}

/* Every length that may just fit or just not fit, by each of the two ways of writing. */
static void every_length_fits(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'a', sizeof text);
	for (int length = 0; length < (int)sizeof text; length++) {
		struct buf added = { 0 };
		struct buf formatted = { 0 };

		buf_add(&added, text, (size_t)length);
		buf_format(&formatted, "%.*s", length, text);
		assert_int_equal(added.length, length);
		assert_int_equal(formatted.length, length);
		assert_int_equal(strlen(buf_string(&added)), length);
		assert_string_equal(buf_string(&added), buf_string(&formatted));
		buf_free(&added);
		buf_free(&formatted);
	}
}

static void bytes_added_singly_stay_in_order(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		buf_add(&buf, &(char){ (char)(i % 251) }, 1);
	assert_int_equal(buf.length, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal((unsigned char)buf.data[i], i % 251);
	assert_int_equal(buf.data[buf.length], 0);
	buf_free(&buf);
}

static void clear_keeps_the_memory_and_free_does_not(void **state)
{
	struct buf buf = { 0 };
	char *memory;

	(void)state;
	buf_clear(&buf);
	buf_text(&buf, "something");
	memory = buf.data;
	buf_clear(&buf);
	assert_int_equal(buf.length, 0);
	assert_string_equal(buf_string(&buf), "");
	buf_text(&buf, "else");
	assert_ptr_equal(buf.data, memory);
	buf_free(&buf);
	assert_null(buf.data);
	buf_text(&buf, "again");
	assert_string_equal(buf_string(&buf), "again");
	buf_free(&buf);
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(each_call_appends_and_ends_with_nul),
		cmocka_unit_test(every_length_fits),
		cmocka_unit_test(bytes_added_singly_stay_in_order),
		cmocka_unit_test(clear_keeps_the_memory_and_free_does_not),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
