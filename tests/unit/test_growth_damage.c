/* A history that was damaged, or is not as we write it, is not believed in any part. */
#include "growth_text.h"
#include "state/growth.h"

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

/* Nothing of it is believed; TEXT stays whole. */
static void assert_refused(const char *text, size_t length, const char *why)
{
	CLEANUP(buf_free) struct buf copy = { 0 };
	struct growth growth;
	struct err err = { 0 };

	buf_add(&copy, text, length);
	if (growth_parse(copy.data, length, &growth, &err) == 0)
		fail_msg("believed: %.*s", (int)length, text);
	assert_int_equal(err.kind, ERR_IO);
	if (!strstr(err.msg, why))
		fail_msg("%s: expected %s: %.*s", err.msg, why, (int)length, text);
	assert_int_equal(growth.run_count, 0);
	assert_int_equal(growth.job_count, 0);
	assert_null(growth.jobs);
}

static void test_every_damaged_bit_is_found(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	(void)state;
	growth_text(GROWTH_SMALL, strlen(GROWTH_SMALL), &text);
	for (size_t i = 0; i < text.length * 8; i++) {
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
		assert_refused(text.data, text.length, "");
		text.data[i / 8] = (char)(text.data[i / 8] ^ 1 << i % 8);
	}
}

static void test_what_is_cut_off_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	(void)state;
	growth_text(GROWTH_SMALL, strlen(GROWTH_SMALL), &text);
	for (size_t length = 0; length < text.length; length++)
		assert_refused(text.data, length, "");
	buf_add(&text, "\n", 1);
	assert_refused(text.data, text.length, "damaged");
}

#define R "run 1 2 3 complete\n"

/* Lines that we would not write, under a checksum that is right. */
static void test_what_we_would_not_write_is_refused(void **state)
{
	static const struct {
		const char *lines, *why;
	} ROWS[] = {
		{ "\n", "line 2" },
		{ "x\n", "line 2" },
		{ "run\n", "line 2" },
		{ "run \n", "line 2" },
		{ "run 1 2 3\n", "line 2" },
		{ "run 1 2 3 \n", "line 2" },
		{ "run 1 2 complete\n", "line 2" },
		{ R "run 1 2 3 complete \n", "line 3" },
		{ "run 1 2 3 done\n", "line 2" },
		{ "run  1 2 3 complete\n", "line 2" },
		{ "run -1 2 3 complete\n", "line 2" },
		{ "run 9223372036854775808 2 3 complete\n", "line 2" },
		{ "run 1 9223372036854775808 3 complete\n", "line 2" },
		{ "run 1 2 18446744073709551616 complete\n", "line 2" },
		{ "Run 1 2 3 complete\n", "line 2" },
		{ R R R R R R R R R R R, "line 12" },
		{ "job\n", "line 2" },
		{ "job 1\n", "line 2" },
		{ "job 1 \n", "line 2" },
		{ "job a\n", "line 2" },
		{ "job -1 a\n", "line 2" },
		{ "job 9223372036854775808 a\n", "line 2" },
		{ "job 1 a,b\n", "line 2" },
		{ "job 1 a\tb\n", "line 2" },
		{ "job 1 a\x7f\n", "line 2" },
		{ R "job 1 a\njob 2 a\n", "line 4" },
		{ "job 1 a", "damaged" },
	};
	CLEANUP(buf_free) struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		growth_text(ROWS[i].lines, strlen(ROWS[i].lines), &text);
		assert_refused(text.data, text.length, ROWS[i].why);
	}
	growth_text("job 1 a\0b\n", 10, &text);
	assert_refused(text.data, text.length, "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_damaged_bit_is_found),
		cmocka_unit_test(test_what_is_cut_off_is_refused),
		cmocka_unit_test(test_what_we_would_not_write_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
