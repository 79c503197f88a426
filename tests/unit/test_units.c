/* util/units: numbers from and for people. */
#include "util/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bytes_have_three_digits_and_a_unit(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1, "1 B" },
		{ 71, "71 B" },
		{ 999, "999 B" },
		{ 1000, "1000 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 1536, "1.5 KiB" },
		{ 10240, "10 KiB" },
		{ 10291, "10 KiB" },
		{ 10300, "10.1 KiB" },
		{ UINT64_C(1023) * 1024, "1023 KiB" },
		{ UINT64_C(1024) * 1024 - 1, "1 MiB" },
		{ UINT64_C(12) * 1024 * 1024, "12 MiB" },
		{ UINT64_C(3435973837), "3.2 GiB" },
		{ UINT64_C(1) << 40, "1 TiB" },
		{ UINT64_C(1) << 50, "1 PiB" },
		{ UINT64_MAX, "16 EiB" },
	};
	char text[UNITS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(units_bytes(rows[i].bytes, text), rows[i].text);
}

static void durations_have_at_most_two_parts(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} rows[] = {
		{ 0, "0.0 s" },
		{ -1, "0.0 s" },
		{ __builtin_nan(""), "0.0 s" },
		{ 0.4, "0.4 s" },
		{ 9.94, "9.9 s" },
		{ 9.96, "10 s" },
		{ 12, "12 s" },
		{ 59.4, "59 s" },
		{ 59.6, "1 min" },
		{ 185, "3 min 5 s" },
		{ 3599.4, "59 min 59 s" },
		{ 3599.6, "1 h" },
		{ 7800, "2 h 10 min" },
		{ 7829, "2 h 10 min" },
		{ 7831, "2 h 11 min" },
		{ 200000, "55 h 33 min" },
		{ __builtin_inf(), "277777777 h 47 min" },
	};
	char text[UNITS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(units_duration(rows[i].seconds, text), rows[i].text);
}

static void days_are_whole(void **state)
{
	char text[UNITS_SIZE];

	(void)state;
	assert_string_equal(units_days(86399, text), "0 days");
	assert_string_equal(units_days(86400, text), "1 day");
	assert_string_equal(units_days(2 * 86400 - 1, text), "1 day");
	assert_string_equal(units_days(INT64_C(90) * 86400, text), "90 days");
}

static void only_whole_numbers_are_numbers(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "007", true, 7 },
		{ "20", true, 20 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "184467440737095516150", false, 0 },
		{ "", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1.0", false, 0 },
		{ "0x10", false, 0 },
		{ "1e3", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t value = 4711;

		assert_int_equal(units_parse_u64(rows[i].text, &value), rows[i].valid);
		assert_int_equal(value, rows[i].valid ? rows[i].value : 4711);
	}
}

static void one_is_singular(void **state)
{
	(void)state;
	assert_string_equal(units_s(0), "s");
	assert_string_equal(units_s(1), "");
	assert_string_equal(units_s(2), "s");
	assert_string_equal(units_s((UINT64_C(1) << 32) + 1), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_three_digits_and_a_unit),
		cmocka_unit_test(durations_have_at_most_two_parts),
		cmocka_unit_test(days_are_whole),
		cmocka_unit_test(only_whole_numbers_are_numbers),
		cmocka_unit_test(one_is_singular),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
