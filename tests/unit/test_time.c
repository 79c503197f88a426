/* util/time: clocks and their texts. */
#include "util/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void utc_is_rfc_3339(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },          { -1, "1969-12-31T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },  { 1769903999, "2026-01-31T23:59:59Z" },
		{ 4294967296, "2106-02-07T06:28:16Z" }, { 253402300799, "9999-12-31T23:59:59Z" },
		{ 253402300800, "@253402300800" },      { -62135596800, "@-62135596800" },
		{ INT64_MAX, "@9223372036854775807" },  { INT64_MIN, "@-9223372036854775808" },
	};
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(time_utc(rows[i].seconds, text), rows[i].text);
}

static void local_time_follows_the_zone(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	setenv("TZ", "EAST-5:30", 1);
	tzset();
	assert_string_equal(time_local(1769903999, text), "2026-02-01 05:29:59");
	assert_string_equal(time_local(INT64_MAX, text), "@9223372036854775807");
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_string_equal(time_local(1769903999, text), "2026-01-31 23:59:59");
}

/* Mail and syslog have English names, whatever the locale. */
static void other_forms_of_local_time(void **state)
{
	static const struct {
		const char *zone;
		int64_t ms;
		const char *offset, *syslog, *mail;
	} rows[] = {
		{ "UTC0", 1769903999007, "2026-01-31T23:59:59.007+00:00", "Jan 31 23:59:59",
		  "Sat, 31 Jan 2026 23:59:59 +0000" },
		{ "EAST-5:30", 1769903999999, "2026-02-01T05:29:59.999+05:30", "Feb  1 05:29:59",
		  "Sun, 01 Feb 2026 05:29:59 +0530" },
		{ "WEST+3:30", 0, "1969-12-31T20:30:00.000-03:30", "Dec 31 20:30:00",
		  "Wed, 31 Dec 1969 20:30:00 -0330" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792890000000, "2026-10-25T02:00:00.000+01:00",
		  "Oct 25 02:00:00", "Sun, 25 Oct 2026 02:00:00 +0100" },
	};
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		setenv("TZ", rows[i].zone, 1);
		tzset();
		assert_string_equal(time_offset(rows[i].ms, text), rows[i].offset);
		assert_string_equal(time_syslog(rows[i].ms / 1000, text), rows[i].syslog);
		assert_string_equal(time_mail(rows[i].ms / 1000, text), rows[i].mail);
	}
	assert_string_equal(time_offset(-1, text), "@-1");
	assert_string_equal(time_offset(INT64_MAX, text), "@9223372036854775807");
}

static void http_dates_are_read_exactly(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sat, 31 Jan 2026 23:59:59 GMT", 1769903999 },
		{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 }, /* a leap second */
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Sun, 29 Feb 2026 00:00:00 GMT", -1 },
		{ "Sun, 31 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nox 1994 08:49:37 GMT", -1 },
		{ "Son, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:60:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:61 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 CET", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
		{ "Sun, 06 Nov 1994 08:49:37", -1 },
		{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
		{ "Sun Nov  6 08:49:37 1994", -1 },
		{ "Sun, +6 Nov 1994 08:49:37 GMT", -1 },
		{ "unM, 06 ovD 1994 08:49:37 GMT", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(time_parse_http(rows[i].text), rows[i].seconds);
}

static void an_http_date_cut_anywhere_is_none(void **state)
{
	static const char whole[] = "Sun, 06 Nov 1994 08:49:37 GMT";

	(void)state;
	for (size_t length = 0; length < strlen(whole); length++) {
		char *cut = strndup(whole, length);

		assert_int_equal(time_parse_http(cut), -1);
		free(cut);
	}
}

static void the_monotonic_clock_is_in_milliseconds(void **state)
{
	struct timespec before;
	struct timespec after;
	int64_t now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	now = time_monotonic_ms();
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(now >= (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
	assert_true(now <= (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utc_is_rfc_3339),
		cmocka_unit_test(local_time_follows_the_zone),
		cmocka_unit_test(other_forms_of_local_time),
		cmocka_unit_test(http_dates_are_read_exactly),
		cmocka_unit_test(an_http_date_cut_anywhere_is_none),
		cmocka_unit_test(the_monotonic_clock_is_in_milliseconds),
	};

	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
