/* oci/document: JSON, read strictly. */
#include "json/document.h"

#include "util/buf.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIVE(text)   text text text text text
#define THIRTY(text) FIVE(text) FIVE(text) FIVE(text) FIVE(text) FIVE(text) FIVE(text)

struct row {
	const char *says;
	const char *text;
	const char *why; /* part of the message */
};

static void json_objects_are_read(void **state)
{
	static const char *const texts[] = {
		"{}",
		" \t\r\n{ } \t\r\n",
		"{\"a\":null,\"b\":true,\"c\":false,\"d\":[],\"e\":{}}",
		"{\"a\":[0,-0,10,-12,0.5,1e9,1.25E-3,2e+1]}",
		"{\"\":1}",
		"{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}",
		"{\"a\":\"it's : NaN, // \\\" \\\\ {}[] \\u00e9 \xc3\xa9\",\"b\":\"\\\\\"}",
		"{\"a:b\":\"c:d\",\"e\\\":f\":\":\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\u0000\",\"b\":1}",
		"{\"\\\\u0000\":1}",
		"{\"a\":" THIRTY("[") THIRTY("]") "}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		CLEANUP(document_put) struct json_object *root = NULL;
		struct err err = { 0 };

		if (document_parse(texts[i], strlen(texts[i]), &root, &err) < 0)
			fail_msg("%s: %s", texts[i], err.msg);
		assert_non_null(root);
	}
}

static void anything_else_is_refused(void **state)
{
	static const struct row rows[] = {
		{ "nothing", "", "not JSON" },
		{ "white space", " ", "not JSON" },
		{ "a cut object", "{\"a\":1", "not JSON" },
		{ "a cut string", "{\"a\":\"b", "not JSON" },
		{ "a string cut after a backslash", "{\"a\":\"\\", "not JSON" },
		{ "a cut escape", "{\"a\":\"\\u00", "not JSON" },
		{ "something behind the object", "{} x", "not JSON" },
		{ "a second object", "{}\n{}", "not JSON" },
		{ "an array", "[]", "not a JSON object" },
		{ "a number", "1", "not JSON" },
		{ "a string", "\"a\"", "not a JSON object" },
		{ "null", "null", "not JSON" },
		{ "single quotes", "{'a':1}", "not JSON" },
		{ "no quotes", "{a:1}", "not JSON" },
		{ "NaN", "{\"a\":NaN}", "not JSON" },
		{ "infinity", "{\"a\":Infinity}", "not JSON" },
		{ "negative infinity", "{\"a\":-Infinity}", "not JSON" },
		{ "upper case", "{\"a\":TRUE}", "not JSON" },
		{ "a comment", "{/**/\"a\":1}", "not JSON" },
		{ "a line comment", "{}//", "not JSON" },
		{ "a trailing comma", "{\"a\":1,}", "not JSON" },
		{ "a trailing comma in an array", "{\"a\":[1,]}", "not JSON" },
		{ "zeros in front", "{\"a\":01}", "not JSON" },
		{ "two zeros", "{\"a\":00}", "not JSON" },
		{ "a negative number with zeros in front", "{\"a\":-01}", "not JSON" },
		{ "a plus sign", "{\"a\":+1}", "not JSON" },
		{ "no digit after the point", "{\"a\":1.}", "not JSON" },
		{ "no digit before the point", "{\"a\":.5}", "not JSON" },
		{ "no digit after the point of an exponent", "{\"a\":1.e5}", "not JSON" },
		{ "a sign alone", "{\"a\":-}", "not JSON" },
		{ "a line feed in a string", "{\"a\":\"b\nc\"}", "not JSON" },
		{ "a tabulator in a key", "{\"a\tb\":1}", "not JSON" },
		{ "another kind of white space", "{\"a\":\v1}", "not JSON" },
		{ "a byte order mark", "\xef\xbb\xbf{}", "not JSON" },
		{ "not UTF-8", "{\"a\":\"\xff\"}", "not JSON" },
		{ "an unknown escape", "{\"a\":\"\\x\"}", "not JSON" },
		{ "nested too deep", "{\"a\":" FIVE("[") THIRTY("[") THIRTY("]") FIVE("]") "}",
		  "not JSON" },
		{ "a key with a NUL", "{\"a\\u0000b\":1}", "not JSON" },
		{ "a key with a NUL and space behind it", "{\"a\\u0000\" \n:1}", "not JSON" },
		{ "a key given twice", "{\"a\":1,\"a\":2}", "twice" },
		{ "a key given twice with the same value", "{\"a\":1,\"b\":2,\"a\":1}", "twice" },
		{ "a key given twice, once escaped", "{\"a\":1,\"\\u0061\":2}", "twice" },
		{ "a key given twice below", "{\"a\":[{\"b\":{\"c\":1,\"c\":{}}}]}", "twice" },
		{ "a key given twice, first an object", "{\"a\":{\"b\":1},\"a\":null}", "twice" },
		{ "an empty key given twice", "{\"\":1,\"\":1}", "twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json_object *root = NULL;
		struct err err = { 0 };

		if (document_parse(rows[i].text, strlen(rows[i].text), &root, &err) == 0)
			fail_msg("%s is read", rows[i].says);
		if (err.kind != ERR_IO || !strstr(err.msg, rows[i].why))
			fail_msg("%s: %s", rows[i].says, err.msg);
		assert_null(root);
	}
}

static void a_nul_is_no_end(void **state)
{
	static const char behind[] = "{}\0";
	static const char inside[] = "{\"a\":\"b\0c\"}";
	struct json_object *root = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(document_parse(behind, sizeof behind - 1, &root, &err), -1);
	assert_int_equal(document_parse(inside, sizeof inside - 1, &root, &err), -1);
	assert_int_equal(document_parse("{}x", 2, &root, &err), 0);
	document_put(&root);
	assert_null(root);
	document_put(&root);
}

static void members_are_found(void **state)
{
	static const char text[] = "{\"null\":null,\"text\":\"a\\u0000b\",\"number\":5,"
				   "\"date\":\"2020-01-01T00:00:00Z\","
				   "\"nul\":\"2020-01-01T00:00:00Z\\u0000\",\"empty\":\"\"}";
	CLEANUP(document_put) struct json_object *root = NULL;
	struct err err = { 0 };
	const char *found = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(document_parse(text, strlen(text), &root, &err), 0);
	assert_null(document_get(root, "absent"));
	assert_null(document_get(root, "null"));
	assert_non_null(document_get(root, "number"));
	assert_true(document_text(document_get(root, "text"), &found, &length));
	assert_int_equal(length, 3);
	assert_memory_equal(found, "a\0b", 3);
	assert_false(document_text(document_get(root, "number"), &found, &length));
	assert_false(document_text(NULL, &found, &length));
	assert_int_equal(document_date(root, "absent"), DATE_ABSENT);
	assert_int_equal(document_date(root, "null"), DATE_ABSENT);
	assert_int_equal(document_date(root, "date"), 1577836800);
	assert_int_equal(document_date(root, "nul"), DATE_INVALID);
	assert_int_equal(document_date(root, "number"), DATE_INVALID);
	assert_int_equal(document_date(root, "empty"), DATE_INVALID);
}

static void the_want_of_memory_is_told_from_bad_json(void **state)
{
	struct json_object *object = json_object_new_object();

	(void)state;
	assert_true(document_lacks_memory(json_tokener_success, NULL, " {}", 3));
	assert_true(document_lacks_memory(json_tokener_success, NULL, "\"a\"", 3));
	assert_false(document_lacks_memory(json_tokener_success, NULL, " null", 5));
	assert_false(document_lacks_memory(json_tokener_success, NULL, " ", 1));
	assert_false(document_lacks_memory(json_tokener_success, object, "{}", 2));
	for (int error = 1; error < json_tokener_error_size; error++)
		assert_int_equal(document_lacks_memory(error, NULL, "{", 1),
				 strstr(json_tokener_error_desc((enum json_tokener_error)error),
					"memory") != NULL);
	json_object_put(object);
}

/* AddressSanitizer cannot work with so little. */
#ifndef __SANITIZE_ADDRESS__
/* The exit code of a process that reads TEXT with hardly any memory more than it has. */
static int read_with_little(const char *text, size_t length)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		CLEANUP(document_put) struct json_object *root = NULL;
		struct rlimit limit = { 1 << 20, 1 << 20 };
		struct err err = { 0 };

		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		setrlimit(RLIMIT_AS, &limit);
		_exit(document_parse(text, length, &root, &err) == 0 ? 2 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_want_of_memory_ends_the_process(void **state)
{
	static const char *const PARTS[] = { "[]", "{\"a\":{}}", "\"text\"", "1" };

	(void)state;
	for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };

		buf_text(&text, "{\"list\":[");
		for (size_t count = 0; count < 300000; count++) {
			buf_text(&text, PARTS[i]);
			buf_text(&text, ",");
		}
		buf_text(&text, "0]}");
		assert_int_equal(read_with_little(text.data, text.length), EXIT_INTERNAL);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_objects_are_read),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_nul_is_no_end),
		cmocka_unit_test(members_are_found),
		cmocka_unit_test(the_want_of_memory_is_told_from_bad_json),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(the_want_of_memory_ends_the_process),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
