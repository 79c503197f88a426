/* registry/api: names, and what answers mean. */
#include "registry/api_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define ERRORS(code, message) "{\"errors\":[{\"code\":\"" code "\",\"message\":\"" message "\"}]}\n"

struct name {
	const char *name;
	bool valid;
};

static void names_of_repositories(void **state)
{
	static const struct name ROWS[] = {
		{ "a", true },
		{ "0", true },
		{ "team/app", true },
		{ "a/b/c/d", true },
		{ "library/my-app_1.0", true },
		{ "a__b/c--d", true },
		{ "", false },
		{ "/", false },
		{ "/a", false },
		{ "a/", false },
		{ "a//b", false },
		{ ".", false },
		{ "..", false },
		{ "../a", false },
		{ "a/..", false },
		{ "a/../b", false },
		{ "a/./b", false },
		{ "_catalog", false },
		{ "a/_manifests", false },
		{ "-a", false },
		{ "a/-b", false },
		{ "A", false },
		{ "a/B", false },
		{ "a b", false },
		{ " a", false },
		{ "a\n", false },
		{ "a\tb", false },
		{ "a?n=1", false },
		{ "a#b", false },
		{ "a%2fb", false },
		{ "a\\b", false },
		{ "a@sha256", false },
		{ "a:5000/b", false },
		{ "a\x7f", false },
		{ "\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		if (api_repository_valid(ROWS[i].name) != ROWS[i].valid)
			fail_msg("\"%s\" is%s valid", ROWS[i].name, ROWS[i].valid ? "" : " not");
	}
}

static void names_of_tags(void **state)
{
	static const struct name ROWS[] = {
		{ "latest", true },
		{ "1", true },
		{ "_", true },
		{ "V1.0-rc.1_x", true },
		{ "a..b", true },
		{ "a-", true },
		{ "a.", true },
		{ "sha256-0123456789abcdef.sig", true },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ ".a", false },
		{ "-a", false },
		{ "a/b", false },
		{ "../a", false },
		{ "a b", false },
		{ "a\n", false },
		{ "a:b", false },
		{ "sha256:0123456789abcdef", false },
		{ "a+b", false },
		{ "a?", false },
		{ "a#", false },
		{ "a%41", false },
		{ "a\\", false },
		{ "\xc3\xa9", false },
		{ "a\x7f", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		if (api_tag_valid(ROWS[i].name) != ROWS[i].valid)
			fail_msg("\"%s\" is%s valid", ROWS[i].name, ROWS[i].valid ? "" : " not");
	}
}

static void names_have_a_longest(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof name);
	name[255] = '\0';
	assert_true(api_repository_valid(name));
	assert_false(api_tag_valid(name));
	name[255] = 'a';
	name[256] = '\0';
	assert_false(api_repository_valid(name));
	name[129] = '\0';
	assert_false(api_tag_valid(name));
	name[128] = '\0';
	assert_true(api_tag_valid(name));
}

struct row {
	const char *sentence;
	enum http_failure failure;
	int status;
	const char *body, *message;
	enum api_outcome outcome;
	const char *code, *why;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		struct http_response response = { .failure = row->failure,
						  .status = row->status,
						  .body = row->body,
						  .body_length = strlen(row->body),
						  .date = -1,
						  .attempts = 1 };
		struct api_answer answer;

		memset(&answer, 'x', sizeof answer);
		snprintf(response.message, sizeof response.message, "%s", row->message);
		api_read_answer(&response, &answer);
		if (answer.outcome != row->outcome)
			fail_msg("%s: outcome %d, not %d", row->sentence, (int)answer.outcome,
				 (int)row->outcome);
		if (strcmp(answer.code, row->code) != 0)
			fail_msg("%s: code \"%s\", not \"%s\"", row->sentence, answer.code,
				 row->code);
		if (strcmp(answer.why, row->why) != 0)
			fail_msg("%s: why \"%s\", not \"%s\"", row->sentence, answer.why, row->why);
		assert_ptr_equal(answer.response, &response);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

static void good_answers(void **state)
{
	static const struct row ROWS[] = {
		{ "a manifest", HTTP_ANSWERED, 200, "{\"schemaVersion\":2}", "", API_OK, "", "" },
		{ "the body of a GET is not searched for errors", HTTP_ANSWERED, 200,
		  ERRORS("UNKNOWN", "x"), "", API_OK, "", "" },
		{ "a DELETE", HTTP_ANSWERED, 202, "", "", API_OK, "", "" },
		{ "a DELETE with some other body", HTTP_ANSWERED, 202, "{}", "", API_OK, "", "" },
		{ "still the same", HTTP_ANSWERED, 304, "", "", API_NOT_MODIFIED, "", "" },
	};

	(void)state;
	CHECK(ROWS);
}

static void a_delete_with_errors_in_its_body_failed(void **state)
{
	static const struct row ROWS[] = {
		{ "an unknown error's detail", HTTP_ANSWERED, 500,
		  "{\"errors\":[{\"code\":\"UNKNOWN\",\"message\":\"unknown error\",\"detail\":"
		  "\"unrecognized manifest schema version 1\"}]}",
		  "", API_FAILED, "UNKNOWN",
		  "500 UNKNOWN (unknown error: unrecognized manifest schema version 1)" },
		{ "one error", HTTP_ANSWERED, 202, ERRORS("UNKNOWN", "unknown error"), "",
		  API_FAILED, "UNKNOWN", "202 UNKNOWN (unknown error)" },
		{ "even one that says absent", HTTP_ANSWERED, 202,
		  ERRORS("MANIFEST_UNKNOWN", "manifest unknown"), "", API_FAILED,
		  "MANIFEST_UNKNOWN", "202 MANIFEST_UNKNOWN (manifest unknown)" },
		{ "no JSON", HTTP_ANSWERED, 202, "{\"errors\":[", "202 Accepted", API_FAILED, "",
		  "202 Accepted" },
		{ "one behind the other", HTTP_ANSWERED, 202,
		  ERRORS("UNKNOWN", "a") ERRORS("UNKNOWN", "b"), "202 Accepted", API_FAILED, "",
		  "202 Accepted" },
		{ "in other letters", HTTP_ANSWERED, 202,
		  "{\"\\u0065rrors\":[{\"code\":\"UNKNOWN\"}]}", "", API_FAILED, "UNKNOWN",
		  "202 UNKNOWN" },
	};

	(void)state;
	CHECK(ROWS);
}

static void absence_is_said_in_the_registrys_own_words(void **state)
{
	static const struct row ROWS[] = {
		{ "a manifest", HTTP_ANSWERED, 404,
		  "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest "
		  "unknown\",\"detail\":{\"Tag\":\"a\"}}]}\n",
		  "404 Not Found", API_ABSENT, "MANIFEST_UNKNOWN",
		  "404 MANIFEST_UNKNOWN (manifest unknown)" },
		{ "a repository", HTTP_ANSWERED, 404,
		  ERRORS("NAME_UNKNOWN", "repository name not known to registry"), "404 Not Found",
		  API_ABSENT, "NAME_UNKNOWN",
		  "404 NAME_UNKNOWN (repository name not known to registry)" },
		{ "a blob, without a message", HTTP_ANSWERED, 404,
		  "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\"}]}", "404 Not Found", API_ABSENT,
		  "BLOB_UNKNOWN", "404 BLOB_UNKNOWN" },
		{ "the router's own 404", HTTP_ANSWERED, 404, "404 page not found\n",
		  "404 Not Found", API_FAILED, "", "404 Not Found" },
		{ "nothing in it", HTTP_ANSWERED, 404, "", "404 Not Found", API_FAILED, "",
		  "404 Not Found" },
		{ "a proxy's page that quotes the code", HTTP_ANSWERED, 404,
		  "<html>MANIFEST_UNKNOWN</html>", "404 Not Found", API_FAILED, "",
		  "404 Not Found" },
		{ "another code", HTTP_ANSWERED, 404, ERRORS("UNKNOWN", "x"), "404 Not Found",
		  API_FAILED, "UNKNOWN", "404 UNKNOWN (x)" },
		{ "a code that begins the same", HTTP_ANSWERED, 404,
		  ERRORS("MANIFEST_UNKNOWN_REVISION", "x"), "404 Not Found", API_FAILED,
		  "MANIFEST_UNKNOWN_REVISION", "404 MANIFEST_UNKNOWN_REVISION (x)" },
		{ "only the first error counts", HTTP_ANSWERED, 404,
		  "{\"errors\":[{\"code\":\"DENIED\"},{\"code\":\"MANIFEST_UNKNOWN\"}]}",
		  "404 Not Found", API_FAILED, "DENIED", "404 DENIED" },
		{ "no list of errors", HTTP_ANSWERED, 404,
		  "{\"errors\":{\"code\":\"MANIFEST_UNKNOWN\"}}", "404 Not Found", API_FAILED, "",
		  "404 Not Found" },
		{ "an empty list of errors", HTTP_ANSWERED, 404, "{\"errors\":[]}", "404 Not Found",
		  API_FAILED, "", "404 Not Found" },
		{ "no object in the list", HTTP_ANSWERED, 404,
		  "{\"errors\":[\"MANIFEST_UNKNOWN\"]}", "404 Not Found", API_FAILED, "",
		  "404 Not Found" },
		{ "cut JSON", HTTP_ANSWERED, 404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"",
		  "404 Not Found", API_FAILED, "", "404 Not Found" },
		{ "two codes", HTTP_ANSWERED, 404,
		  "{\"errors\":[{\"code\":\"DENIED\",\"code\":\"MANIFEST_UNKNOWN\"}]}",
		  "404 Not Found", API_FAILED, "", "404 Not Found" },
		{ "two lists of errors", HTTP_ANSWERED, 404,
		  "{\"errors\":[{\"code\":\"DENIED\"}],\"errors\":[{\"code\":"
		  "\"MANIFEST_UNKNOWN\"}]}",
		  "404 Not Found", API_FAILED, "", "404 Not Found" },
		{ "something behind it", HTTP_ANSWERED, 404,
		  ERRORS("MANIFEST_UNKNOWN", "x") ERRORS("DENIED", "x"), "404 Not Found",
		  API_FAILED, "", "404 Not Found" },
		{ "single quotes", HTTP_ANSWERED, 404, "{'errors':[{'code':'MANIFEST_UNKNOWN'}]}",
		  "404 Not Found", API_FAILED, "", "404 Not Found" },
		{ "a code that goes on behind a NUL", HTTP_ANSWERED, 404,
		  ERRORS("MANIFEST_UNKNOWN\\u0000X", "x"), "404 Not Found", API_FAILED, "",
		  "404 Not Found" },
		{ "the code behind another status", HTTP_ANSWERED, 400,
		  ERRORS("MANIFEST_UNKNOWN", "x"), "400 Bad Request", API_FAILED,
		  "MANIFEST_UNKNOWN", "400 MANIFEST_UNKNOWN (x)" },
	};

	(void)state;
	CHECK(ROWS);
}

static void anything_else_failed(void **state)
{
	static const struct row ROWS[] = {
		{ "no credentials", HTTP_ANSWERED, 401,
		  ERRORS("UNAUTHORIZED", "authentication required"), "401 Unauthorized", API_FAILED,
		  "UNAUTHORIZED", "401 UNAUTHORIZED (authentication required)" },
		{ "a proxy's 401", HTTP_ANSWERED, 401, "<html>", "401 Unauthorized", API_FAILED, "",
		  "401 Unauthorized" },
		{ "deletion is disabled", HTTP_ANSWERED, 405,
		  ERRORS("UNSUPPORTED", "The operation is unsupported."), "405 Method Not Allowed",
		  API_FAILED, "UNSUPPORTED", "405 UNSUPPORTED (The operation is unsupported.)" },
		{ "read-only", HTTP_ANSWERED, 405, "Method not allowed\n", "405 Method Not Allowed",
		  API_FAILED, "", "405 Method Not Allowed" },
		{ "a broken link", HTTP_ANSWERED, 500,
		  ERRORS("UNKNOWN", "invalid checksum digest format"), "500 Internal Server Error",
		  API_FAILED, "UNKNOWN", "500 UNKNOWN (invalid checksum digest format)" },
		{ "a gateway", HTTP_ANSWERED, 502, "<html>", "502 Bad Gateway after 4 attempts",
		  API_FAILED, "", "502 Bad Gateway after 4 attempts" },
		{ "a redirect", HTTP_ANSWERED, 307, "", "307 Temporary Redirect", API_FAILED, "",
		  "307 Temporary Redirect" },
		{ "a part", HTTP_ANSWERED, 206, "{}", "206 Partial Content", API_FAILED, "",
		  "206 Partial Content" },
		{ "cut", HTTP_CUT, 0, "", "the connection broke", API_FAILED, "",
		  "the connection broke" },
		{ "timed out", HTTP_TIMED_OUT, 0, "", "no answer within 20 s", API_FAILED, "",
		  "no answer within 20 s" },
		{ "no connection", HTTP_NO_CONNECTION, 0, "", "connection refused", API_FAILED, "",
		  "connection refused" },
		{ "too large", HTTP_TOO_LARGE, 0, "", "more than 8 MiB", API_FAILED, "",
		  "more than 8 MiB" },
		{ "abandoned", HTTP_ABANDONED, 0, "", "stopped", API_FAILED, "", "stopped" },
		{ "a failure whose status was good", HTTP_CUT, 200, "", "the connection broke",
		  API_FAILED, "", "the connection broke" },
	};

	(void)state;
	CHECK(ROWS);
}

static void the_answer_of_a_cache_is_none(void **state)
{
	static const int STATUS[] = { 200, 202, 304, 404 };

	(void)state;
	for (size_t i = 0; i < sizeof STATUS / sizeof *STATUS; i++) {
		struct http_response response = { .status = STATUS[i],
						  .body = ERRORS("MANIFEST_UNKNOWN", "x"),
						  .cached = "Age: 35" };
		struct api_answer answer;

		response.body_length = strlen(response.body);
		assert_int_equal(api_status(&response), 0);
		api_read_answer(&response, &answer);
		assert_int_equal(answer.outcome, API_FAILED);
		assert_string_equal(answer.code, "");
		assert_string_equal(
			answer.why,
			"a cache answered, not the registry (Age: 35): let it not cache "
			"/v2/, or set registry.url to the registry itself");
	}
}

static void long_words_are_cut(void **state)
{
	struct http_response response = { .status = 404, .date = -1, .attempts = 1 };
	struct api_answer answer;
	char code[501] = "", message[1001] = "", body[2000];

	(void)state;
	memset(code, 'C', sizeof code - 1);
	memset(message, 'M', sizeof message - 1);
	snprintf(body, sizeof body, ERRORS("MANIFEST_UNKNOWN%s", "%s"), code, message);
	response.body = body;
	response.body_length = strlen(body);
	api_read_answer(&response, &answer);
	assert_int_equal(answer.outcome, API_FAILED);
	assert_int_equal(strlen(answer.code), sizeof answer.code - 1);
	assert_memory_equal(answer.why, "404 MANIFEST_UNKNOWNCCC", 23);
	assert_true(strlen(answer.why) < sizeof answer.why);
	assert_non_null(strstr(answer.why, "MMM)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_repositories),
		cmocka_unit_test(names_of_tags),
		cmocka_unit_test(names_have_a_longest),
		cmocka_unit_test(good_answers),
		cmocka_unit_test(a_delete_with_errors_in_its_body_failed),
		cmocka_unit_test(absence_is_said_in_the_registrys_own_words),
		cmocka_unit_test(anything_else_failed),
		cmocka_unit_test(the_answer_of_a_cache_is_none),
		cmocka_unit_test(long_words_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
