/* oci/date: RFC 3339 dates. */
#include "util/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct row {
	const char *text;
	int64_t time;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t time = date_parse(rows[i].text, strlen(rows[i].text));

		if (time != rows[i].time)
			fail_msg("%s: %lld, not %lld", rows[i].text, (long long)time,
				 (long long)rows[i].time);
	}
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows)[0])

static void dates_are_read(void **state)
{
	static const struct row rows[] = {
		{ "2020-01-01T00:00:00Z", 1577836800 },
		{ "2020-01-01t00:00:00z", 1577836800 },
		{ "2020-01-01T00:00:00+00:00", 1577836800 },
		{ "2020-01-01T00:00:00-00:00", 1577836800 },
		{ "2020-01-01T05:30:00+05:30", 1577836800 },
		{ "2019-12-31T16:00:00-08:00", 1577836800 },
		{ "2020-01-01T23:59:00+23:59", 1577836800 },
		{ "2020-01-01T00:00:00.0Z", 1577836800 },
		{ "2020-01-01T00:00:00.999999999Z", 1577836800 },
		{ "2020-01-01T00:00:00.99999999999999999999999999999999+00:00", 1577836800 },
		{ "2020-01-01T02:00:00.5+02:00", 1577836800 },
		{ "2020-02-29T23:59:59Z", 1583020799 },
		{ "2016-02-29T00:00:00Z", 1456704000 },
		{ "2000-02-29T00:00:00Z", DATE_INVALID },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
		{ "2106-02-07T06:28:16Z", INT64_C(4294967296) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
		{ "9999-12-31T23:59:59-23:59", INT64_C(253402387139) },
		{ "2400-02-29T00:00:00Z", INT64_C(13574563200) },
	};

	(void)state;
	CHECK(rows);
}

static void a_leap_second_is_the_last_of_a_day(void **state)
{
	static const struct row rows[] = {
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "2016-12-31T23:59:60.5Z", 1483228800 },
		{ "2017-01-01T00:59:60+01:00", 1483228800 },
		{ "2016-12-31T23:59:61Z", DATE_INVALID },
		{ "2016-12-31T23:58:60Z", DATE_INVALID },
		{ "2016-12-31T23:59:60+01:00", DATE_INVALID },
	};

	(void)state;
	CHECK(rows);
}

static void before_images_existed_there_is_no_date(void **state)
{
	static const struct row rows[] = {
		{ "2013-03-20T00:00:00Z", DATE_EARLIEST },
		{ "2013-03-19T23:59:59.999Z", DATE_INVALID },
		{ "2013-03-20T00:59:59+01:00", DATE_INVALID },
		{ "2013-03-19T23:00:00-01:00", DATE_EARLIEST },
		{ "0001-01-01T00:00:00Z", DATE_INVALID },
		{ "0000-01-01T00:00:00Z", DATE_INVALID },
		{ "1969-12-31T23:59:59Z", DATE_INVALID },
		{ "1970-01-01T00:00:00Z", DATE_INVALID },
		{ "1970-01-01T00:00:01Z", DATE_INVALID },
		{ "1980-01-01T00:00:01Z", DATE_INVALID },
	};

	(void)state;
	CHECK(rows);
	assert_false(date_known(DATE_ABSENT));
	assert_false(date_known(DATE_INVALID));
	assert_false(date_known(DATE_EARLIEST - 1));
	assert_true(date_known(DATE_EARLIEST));
}

static void everything_else_is_no_date(void **state)
{
	static const char *const texts[] = {
		"",
		"2020",
		"2020-01-01",
		"2020-01-01T00:00:00",
		"2020-01-01T00:00Z",
		"2020-01-01 00:00:00Z",
		"2020-01-01_00:00:00Z",
		"20200101T000000Z",
		" 2020-01-01T00:00:00Z",
		"2020-01-01T00:00:00Z ",
		"2020-01-01T00:00:00ZZ",
		"2020-01-01T00:00:00Z+00:00",
		"2020-01-01T00:00:00.Z",
		"2020-01-01T00:00:00,5Z",
		"2020-01-01T00:00:00.5.5Z",
		"2020-01-01T00:00:00.",
		"2020-01-01T00:00:00+0000",
		"2020-01-01T00:00:00+00",
		"2020-01-01T00:00:00+00:0",
		"2020-01-01T00:00:00+24:00",
		"2020-01-01T00:00:00+00:60",
		"2020-01-01T00:00:00 +00:00",
		"2020-01-01T24:00:00Z",
		"2020-01-01T00:60:00Z",
		"2020-01-01T0:00:00Z",
		"2020-00-01T00:00:00Z",
		"2020-13-01T00:00:00Z",
		"2020-01-00T00:00:00Z",
		"2020-01-32T00:00:00Z",
		"2020-04-31T00:00:00Z",
		"2019-02-29T00:00:00Z",
		"2020-02-30T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"12020-01-01T00:00:00Z",
		"+2020-01-01T00:00:00Z",
		"-2020-01-01T00:00:00Z",
		"2020-1-01T00:00:00Z",
		"2020-+1-01T00:00:00Z",
		"1577836800",
		"Wed, 01 Jan 2020 00:00:00 GMT",
		"2020-01-01T00:00:00 UTC",
		"2020-W01-1T00:00:00Z",
		"today",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (date_parse(texts[i], strlen(texts[i])) != DATE_INVALID)
			fail_msg("%s", texts[i]);
	}
}

static void the_length_and_not_a_nul_ends_the_text(void **state)
{
	static const char nul[] = "2020-01-01T00:00:00Z\0";

	(void)state;
	assert_int_equal(date_parse("2020-01-01T00:00:00Zabc", 20), 1577836800);
	assert_int_equal(date_parse(nul, sizeof nul), DATE_INVALID);
	assert_int_equal(date_parse("2020-01-01T00:00:00Z", 19), DATE_INVALID);
}

/* Against glibc's calendar, through two centuries. */
static void every_day_is_where_the_calendar_has_it(void **state)
{
	(void)state;
	for (time_t day = DATE_EARLIEST; day < INT64_C(7500000000); day += 86400) {
		time_t time = day + day / 86400 * 7919 % 86400;
		struct tm tm;
		char text[64];

		assert_non_null(gmtime_r(&time, &tm));
		assert_int_equal(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm), 20);
		if (date_parse(text, strlen(text)) != time)
			fail_msg("%s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(a_leap_second_is_the_last_of_a_day),
		cmocka_unit_test(before_images_existed_there_is_no_date),
		cmocka_unit_test(everything_else_is_no_date),
		cmocka_unit_test(the_length_and_not_a_nul_ends_the_text),
		cmocka_unit_test(every_day_is_where_the_calendar_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
