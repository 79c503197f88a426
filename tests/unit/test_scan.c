/* json/scan: members and items pulled from the bytes. Which texts are JSON is what
 * test_same_reading.c compares; here is what its mutations do not reach. */
#include "json/scan.h"

#include "util/buf.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <limits.h>
#include <time.h>

static int scan_all(const char *text, size_t length, struct err *err)
{
	struct json_scan scan;

	json_scan_open(&scan, text, length);
	return json_scan_close(&scan, err);
}

static void members_are_found(void **state)
{
	static const char text[] = "{\"null\":null,\"n\\u0061me\":\"a\\u0000b\",\"number\":-5,"
				   "\"list\":[1,{\"a\":[]},\"x\"],\"empty\":\"\"}";
	static const struct json_name names[] = { JSON_NAME("null"),   JSON_NAME("name"),
						  JSON_NAME("number"), JSON_NAME("list"),
						  JSON_NAME("empty"),  JSON_NAME("absent") };
	struct json_value values[6], item;
	struct json_scan scan;
	struct err err = { 0 };
	int64_t number = 0;
	size_t length = 0;

	(void)state;
	json_scan_open(&scan, text, sizeof text - 1);
	assert_false(json_scan_members(&scan, names, 6, values));
	assert_int_equal(json_scan_close(&scan, &err), 0);
	assert_int_equal(values[0].type, JSON_NULL);
	assert_false(json_given(&values[0]));
	CLEANUP(free_p) char *copy = json_string_copy(&values[1], &length);
	assert_int_equal(length, 3);
	assert_memory_equal(copy, "a\0b", 4);
	assert_true(json_integer(&values[2], &number));
	assert_int_equal(number, -5);
	assert_true(json_string_is(&values[4], ""));
	assert_int_equal(values[5].type, JSON_ABSENT);

	json_scan_inside(&scan, &values[3]);
	assert_true(json_scan_item(&scan, &item));
	assert_int_equal(item.type, JSON_NUMBER);
	assert_true(json_scan_item(&scan, &item));
	assert_int_equal(item.type, JSON_OBJECT);
	assert_int_equal(item.length, strlen("{\"a\":[]}"));
	assert_true(json_scan_item(&scan, &item));
	assert_true(json_string_is(&item, "x"));
	assert_false(json_scan_item(&scan, &item));
	json_scan_inside(&scan, &values[5]);
	assert_false(json_scan_item(&scan, &item));
}

static void doubtful_keys_are_told(void **state)
{
	static const struct json_name names[] = { JSON_NAME("size"), JSON_EXACT_NAME("type") };
	static const struct {
		const char *text;
		bool doubtful;
	} rows[] = {
		{ "{\"size\":1,\"type\":2}", false },      { "{\"Size\":1}", true },
		{ "{\"size\":1,\"\\u0053ize\":2}", true }, { "{\"Type\":1}", false },
		{ "{\"\xc5\xbfize\":1}", true },           { "{\"\\u017fize\":1}", true },
		{ "{\"a\":{\"Size\":1}}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_value values[2];
		struct json_scan scan;
		struct err err = { 0 };

		json_scan_open(&scan, rows[i].text, strlen(rows[i].text));
		if (json_scan_members(&scan, names, 2, values) != rows[i].doubtful)
			fail_msg("%s", rows[i].text);
		assert_int_equal(json_scan_close(&scan, &err), 0);
	}
}

static void strings_mean_what_they_say(void **state)
{
	static const struct {
		const char *text, *meaning;
	} rows[] = {
		{ "plain", "plain" },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
		{ "\\u00e9\\u20AC", "\xc3\xa9\xe2\x82\xac" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "\\ud836\\udc00", "\xf0\x9d\xa0\x80" },
		{ "\\ud800", "\xef\xbf\xbd" },
		{ "\\udc00x", "\xef\xbf\xbdx" },
		{ "\\ud800\\n\\ud800x", "\xef\xbf\xbd\n\xef\xbf\xbdx" },
		{ "\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct json_value value = { .type = JSON_STRING,
						  .escaped = strchr(rows[i].text, '\\'),
						  .at = rows[i].text,
						  .length = strlen(rows[i].text) };

		if (!json_string_is(&value, rows[i].meaning))
			fail_msg("%s", rows[i].text);
	}
}

static void the_place_of_a_fault_is_told(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scan_all("{\"a\":x}", 7, &err), -1);
	assert_string_equal(err.msg, "not JSON (byte 5)");
	assert_int_equal(scan_all("{} {", 4, &err), -1);
	assert_string_equal(err.msg, "not JSON (byte 3)");
	assert_int_equal(scan_all(NULL, 0, &err), -1);
	assert_string_equal(err.msg, "not JSON: its end is missing");
	assert_int_equal(scan_all("{}", (size_t)INT_MAX + 1, &err), -1);
	assert_string_equal(err.msg, "too long to be read as JSON");
}

/* Members of an object: COUNT keys, all different but the last, which is number TWICE again. */
static void add_keys(struct buf *text, size_t count, size_t twice)
{
	buf_text(text, "{");
	for (size_t i = 0; i < count; i++)
		buf_format(text, "%s\"same%08zusame\":1", i > 0 ? "," : "",
			   i + 1 == count ? twice : i);
	buf_text(text, "}");
}

static void a_key_given_twice_is_found_among_any_number(void **state)
{
	(void)state;
	for (size_t count = 2; count < 140; count++) {
		CLEANUP(buf_free) struct buf twice = { 0 }, once = { 0 };
		struct err err = { 0 };

		add_keys(&twice, count, count / 2 - 1);
		assert_int_equal(scan_all(twice.data, twice.length, &err), -1);
		assert_string_equal(err.msg, "a JSON key is given twice");
		add_keys(&once, count, count - 1);
		assert_int_equal(scan_all(once.data, once.length, &err), 0);
	}
}

/* Comparing each with each would take an hour. */
static void a_million_keys_are_no_trouble(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	clock_t begin = clock();
	struct err err = { 0 };

	(void)state;
	add_keys(&text, 1000000, 999999);
	assert_int_equal(scan_all(text.data, text.length, &err), 0);
	assert_true(clock() - begin < 60 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found),
		cmocka_unit_test(doubtful_keys_are_told),
		cmocka_unit_test(strings_mean_what_they_say),
		cmocka_unit_test(the_place_of_a_fault_is_told),
		cmocka_unit_test(a_key_given_twice_is_found_among_any_number),
		cmocka_unit_test(a_million_keys_are_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
