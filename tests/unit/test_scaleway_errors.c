/* scaleway/error, scaleway/answer: what answers of the API mean, by their type first. */
#include "scaleway/answer.h"
#include "scaleway/error.h"

#include "util/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs those above. */
#include <cmocka.h>

#define ID     "0a1b2c3d-1111-4000-8000-00000000abcd"
#define OTHER  "99999999-1111-4000-8000-00000000abcd"
#define SECRET "6f1c2b3a-0000-4000-8000-000000005ec7"
#define JSON   "application/json"

enum { OK, GONE, BUSY, LIMITED, DENIED, REFUSED, FAILED }; /* of enum scaleway_outcome */
enum { USUAL = HTTP_AGAIN_USUAL, AGAIN = HTTP_AGAIN_YES, NEVER = HTTP_AGAIN_NO };

static struct http_response answered(int status, const char *type, const char *body)
{
	struct http_response response = { .status = status,
					  .content_type = type,
					  .body = body,
					  .body_length = strlen(body),
					  .date = 1700000000,
					  .attempts = 1,
					  .retry_after_ms = -1 };

	if (status >= 400)
		(void)snprintf(response.message, sizeof response.message, "%d Reason", status);
	return response;
}

/* Each type with the status that is usual, with another one, and with all that it may tell. */
static const struct {
	const char *sentence;
	int status;
	const char *type, *body;
	int outcome, again;
	int64_t pause_ms;
	const char *message;
} ROWS[] = {
	{ "invalid arguments", 400, JSON,
	  "{\"details\":[{\"argument_name\":\"page_size\",\"help_message\":\"at most 100\","
	  "\"reason\":\"constraint\"}],\"message\":\"invalid argument(s)\","
	  "\"type\":\"invalid_arguments\"}",
	  REFUSED, NEVER, -1,
	  "400 invalid_arguments: invalid argument(s); argument page_size: constraint, at most "
	  "100" },
	{ "many of them", 400, JSON,
	  "{\"type\":\"invalid_arguments\",\"details\":[{\"argument_name\":\"a\"},{},7,"
	  "{\"argument_name\":\"b\"},{\"argument_name\":\"c\"},{\"argument_name\":\"d\"},"
	  "{\"argument_name\":\"e\"}]}",
	  REFUSED, NEVER, -1,
	  "400 invalid_arguments; argument a; argument b; argument c; and 2 more" },
	{ "authentication", 401, JSON,
	  "{\"message\":\"authentication is denied\",\"method\":\"api_key\",\"reason\":"
	  "\"not_found\",\"type\":\"denied_authentication\"}",
	  DENIED, NEVER, -1,
	  "401 denied_authentication: authentication is denied; api_key: not_found; the secret key "
	  "is not taken" },
	{ "a missing right", 403, JSON,
	  "{\"details\":[{\"action\":\"write\",\"resource\":\"registry\"}],\"message\":"
	  "\"insufficient permissions\",\"type\":\"permissions_denied\"}",
	  DENIED, NEVER, -1,
	  "403 permissions_denied: insufficient permissions; the secret key lacks the right to "
	  "write registry" },
	{ "two missing rights", 403, JSON,
	  "{\"details\":[{\"action\":\"read\",\"resource\":\"registry\"},{\"resource\":\"iam\"}],"
	  "\"type\":\"permissions_denied\"}",
	  DENIED, NEVER, -1,
	  "403 permissions_denied; the secret key lacks the right to read registry; the secret key "
	  "lacks a right to iam" },
	{ "not found", 404, JSON,
	  "{\"message\":\"resource is not found\",\"resource\":\"tag\",\"resource_id\":\"" ID
	  "\",\"type\":\"not_found\"}",
	  GONE, NEVER, -1, "404 not_found: resource is not found; it is about tag " ID },
	{ "404 without a type", 404, JSON, "{\"message\":\"tag not found\"}", GONE, NEVER, -1,
	  "404 Reason: tag not found" },
	{ "404 with a type that is null", 404, JSON, "{\"message\":\"no tag\",\"type\":null}", GONE,
	  NEVER, -1, "404 Reason: no tag" },
	{ "404 with a type that nobody knows", 404, JSON,
	  "{\"message\":\"no route\",\"type\":\"unknown_route\"}", FAILED, USUAL, -1,
	  "404 unknown_route: no route" },
	{ "404 of something else than the API", 404, "text/html", "<h1>not found</h1>", FAILED,
	  USUAL, -1, "404 Reason" },
	{ "404 that only looks like the API", 404, "text/html",
	  "{\"message\":\"x\",\"type\":\"not_found\"}", FAILED, USUAL, -1, "404 Reason" },
	{ "404 without a message", 404, JSON, "{}", FAILED, USUAL, -1, "404 Reason" },
	{ "404 with a key given twice", 404, JSON,
	  "{\"message\":\"x\",\"type\":\"locked\",\"type\":\"not_found\"}", FAILED, USUAL, -1,
	  "404 Reason" },
	{ "a passing state", 409, JSON,
	  "{\"current_state\":\"deleting\",\"message\":\"resource is in a transient state\","
	  "\"resource\":\"tag\",\"resource_id\":\"" ID "\",\"type\":\"transient_state\"}",
	  BUSY, AGAIN, -1,
	  "409 transient_state: resource is in a transient state; it is about tag " ID
	  "; state: deleting" },
	{ "409 without a type", 409, JSON, "{\"message\":\"x\"}", BUSY, AGAIN, -1,
	  "409 Reason: x" },
	{ "locked", 423, JSON,
	  "{\"message\":\"locked\",\"resource\":\"namespace\",\"resource_id\":\"" ID
	  "\",\"type\":\"locked\"}",
	  REFUSED, NEVER, -1, "423 locked: locked; it is about namespace " ID },
	{ "a precondition", 412, JSON,
	  "{\"precondition\":\"resource_not_usable\",\"help_message\":\"wait\",\"message\":\"no\","
	  "\"type\":\"precondition_failed\"}",
	  REFUSED, NEVER, -1,
	  "412 precondition_failed: no; precondition: resource_not_usable; wait" },
	{ "expired", 410, JSON, "{\"message\":\"old\",\"type\":\"expired\"}", REFUSED, NEVER, -1,
	  "410 expired: old" },
	{ "quotas", 403, JSON,
	  "{\"details\":[{\"resource\":\"images\",\"quota\":10,\"current\":10}],\"message\":"
	  "\"too many\",\"type\":\"quotas_exceeded\"}",
	  REFUSED, NEVER, -1, "403 quotas_exceeded: too many; quota of images: 10, in use 10" },
	{ "too many requests", 429, JSON,
	  "{\"help_message\":\"slower\",\"limit\":{\"quota\":50,\"window_seconds\":10},"
	  "\"message\":\"too many requests\",\"reset_seconds\":7,\"type\":\"too_many_requests\"}",
	  LIMITED, AGAIN, 7000,
	  "429 too_many_requests: too many requests; slower; at most 50 in 10 s; it asks to wait 7 "
	  "s" },
	{ "too many requests with another status", 403, JSON,
	  "{\"message\":\"x\",\"reset_seconds\":7,\"type\":\"too_many_requests\"}", LIMITED, AGAIN,
	  7000, "403 too_many_requests: x; it asks to wait 7 s" },
	{ "a wait for ever", 429, JSON,
	  "{\"reset_seconds\":9223372036854775807,\"type\":\"too_many_requests\"}", LIMITED, AGAIN,
	  INT64_MAX, "429 too_many_requests; it asks to wait 9223372036854775807 s" },
	{ "a wait that is none", 429, JSON, "{\"reset_seconds\":-1,\"type\":\"too_many_requests\"}",
	  LIMITED, AGAIN, -1, "429 too_many_requests; it asks to wait -1 s" },
	{ "429 of something in between", 429, "text/plain", "slow down", LIMITED, AGAIN, -1,
	  "429 Reason" },
	{ "not found with the status of a fault", 500, JSON,
	  "{\"message\":\"x\",\"type\":\"not_found\"}", GONE, NEVER, -1, "500 not_found: x" },
	{ "permissions with the status of a missing thing", 404, JSON,
	  "{\"message\":\"x\",\"type\":\"permissions_denied\"}", DENIED, NEVER, -1,
	  "404 permissions_denied: x" },
	{ "500 without a type", 500, JSON, "{\"message\":\"internal error\"}", FAILED, USUAL, -1,
	  "500 Reason: internal error" },
	{ "500 with a type of its own", 500, JSON, "{\"type\":\"internal\"}", FAILED, USUAL, -1,
	  "500 internal" },
	{ "503 of a gateway", 503, "text/html", "<h1>away</h1>", FAILED, USUAL, -1, "503 Reason" },
	{ "401 without a type", 401, "text/html", "", DENIED, NEVER, -1, "401 Reason" },
	{ "403 without a type", 403, NULL, "", DENIED, NEVER, -1, "403 Reason" },
	{ "400 without a type", 400, JSON, "{\"message\":\"x\"}", REFUSED, NEVER, -1,
	  "400 Reason: x" },
	{ "408", 408, NULL, "", FAILED, USUAL, -1, "408 Reason" },
	{ "a type that is no string", 400, JSON, "{\"message\":\"x\",\"type\":7}", REFUSED, NEVER,
	  -1, "400 Reason: x" },
	{ "304, which nobody asked for", 304, NULL, "", FAILED, USUAL, -1,
	  "304, a redirect, which is not followed" },
	{ "control characters", 400, JSON, "{\"message\":\"a\\u001b[2J\\nb\",\"type\":\"locked\"}",
	  REFUSED, NEVER, -1, "400 locked: a\\x1b[2J\\x0ab" },
	{ "a secret that is echoed", 403, JSON,
	  "{\"message\":\"key " SECRET "\",\"details\":[{\"action\":\"" SECRET "\"}],\"type\":"
	  "\"permissions_denied\"}",
	  DENIED, NEVER, -1,
	  "403 permissions_denied: key ************************************; the secret key lacks "
	  "the right to ************************************" },
};

static void types_decide(void **state)
{
	(void)state;
	secrets_add_key(SECRET);
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct http_response response =
			answered(ROWS[i].status, ROWS[i].type, ROWS[i].body);
		struct http_verdict verdict = scaleway_error_judge(&response);
		struct scaleway_error error;

		scaleway_error_read(&response, &error);
		if ((int)error.outcome != ROWS[i].outcome ||
		    strcmp(error.message, ROWS[i].message) != 0 ||
		    error.pause_ms != ROWS[i].pause_ms)
			fail_msg("%s: %d, %lld ms, \"%s\"", ROWS[i].sentence, (int)error.outcome,
				 (long long)error.pause_ms, error.message);
		if ((int)verdict.again != ROWS[i].again ||
		    verdict.limited != (ROWS[i].outcome == LIMITED) ||
		    (verdict.limited && verdict.pause_ms != ROWS[i].pause_ms))
			fail_msg("%s: judged %d, %lld ms", ROWS[i].sentence, (int)verdict.again,
				 (long long)verdict.pause_ms);
		scaleway_error_clear(&error);
	}
	secrets_clear();
}

/* The number of a request is what their support asks for: it is there however long the rest is. */
static void requests_are_named(void **state)
{
	char body[4096];
	struct http_response response;
	struct scaleway_error error;
	size_t length = (size_t)snprintf(body, sizeof body, "{\"message\":\"");

	(void)state;
	memset(body + length, 'x', 3000);
	(void)snprintf(body + length + 3000, 100, "\",\"type\":\"locked\",\"resource\":\"r\"}");
	response = answered(423, JSON, body);
	response.request_id = "8e1f0a2b\r";
	response.attempts = 3;
	scaleway_error_read(&response, &error);
	assert_non_null(strstr(error.message, "423 locked after 3 attempts: xxxxx"));
	assert_non_null(strstr(error.message, "xx; it is about r; X-Request-Id 8e1f0a2b\\x0d"));
	scaleway_error_clear(&error);
	memset(body, 'y', 600);
	body[600] = '\0';
	scaleway_error_say(&response, body, error.message);
	assert_int_equal(strlen(error.message), 511);
	assert_string_equal(error.message + 511 - strlen("y; X-Request-Id 8e1f0a2b\\x0d"),
			    "y; X-Request-Id 8e1f0a2b\\x0d");
}

static const struct {
	const char *location, *message;
} REDIRECTS[] = {
	{ "https://evil.example/registry?X-Auth-Token=" SECRET,
	  "302, a redirect to https://evil.example, which is not followed" },
	{ "https://" SECRET "@evil.example/",
	  "302, a redirect to https://************************************, which is not "
	  "followed" },
	{ "/elsewhere/" SECRET, "302, a redirect, which is not followed" },
	{ NULL, "302, a redirect, which is not followed" },
};

static void redirects_are_told(void **state)
{
	(void)state;
	secrets_add_key(SECRET);
	for (size_t i = 0; i < sizeof REDIRECTS / sizeof *REDIRECTS; i++) {
		struct http_response response = answered(302, "text/html", "");
		struct scaleway_error error;

		response.location = REDIRECTS[i].location;
		scaleway_error_read(&response, &error);
		assert_int_equal(error.outcome, SCALEWAY_FAILED);
		assert_string_equal(error.message, REDIRECTS[i].message);
		scaleway_error_clear(&error);
	}
	secrets_clear();
}

#define TAG              "{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" OTHER "\",\"status\":\"deleting\"}"
#define NOT_FOUND(about) "{\"message\":\"no\",\"type\":\"not_found\",\"resource_id\":\"" about "\"}"

/* For a GET and for a DELETE; END: the DELETE may have been carried out. */
static const struct {
	const char *sentence;
	int failure, status;
	const char *type, *body, *cached;
	int outcome;
	bool end, unsent;
	const char *message;
} ANSWERS[] = {
	{ "the object", 0, 200, JSON, TAG, NULL, OK, false, false, "" },
	{ "JSON with a charset", 0, 200, "Application/JSON; charset=utf-8", TAG, NULL, OK, false,
	  false, "" },
	{ "another id", 0, 200, JSON,
	  "{\"id\":\"" OTHER "\",\"name\":\"v1\",\"image_id\":\"" OTHER "\"}", NULL, FAILED, true,
	  false, "the answer is about another id" },
	{ "an object that is not one", 0, 200, JSON, "{\"id\":\"" ID "\"}", NULL, FAILED, true,
	  false, "not a usable tag: it has no name that can be one" },
	{ "an id that is none", 0, 200, JSON, "{\"id\":\"x/y\",\"name\":\"a\"}", NULL, FAILED, true,
	  false, "not a usable tag: its id is no UUID" },
	{ "a cut body", 0, 200, JSON, "{\"id\":\"" ID "\",\"na", NULL, FAILED, true, false, NULL },
	{ "a list", 0, 200, JSON, "[" TAG "]", NULL, FAILED, true, false, NULL },
	{ "an empty body", 0, 200, JSON, "", NULL, FAILED, true, false, NULL },
	{ "no JSON", 0, 200, "text/html", TAG, NULL, FAILED, true, false,
	  "the answer is not JSON, says its Content-Type" },
	{ "JSON of another kind", 0, 200, "application/json-patch+json", TAG, NULL, FAILED, true,
	  false, "the answer is not JSON, says its Content-Type" },
	{ "no Content-Type", 0, 200, NULL, TAG, NULL, FAILED, true, false,
	  "the answer is not JSON, says its Content-Type" },
	{ "204", 0, 204, NULL, "", NULL, FAILED, true, false, "unexpected status 204" },
	{ "202", 0, 202, JSON, TAG, NULL, FAILED, true, false, "unexpected status 202" },
	{ "a cache", 0, 200, JSON, TAG, "Age: 35", FAILED, true, false,
	  "a cache answered, not the API (Age: 35)" },
	{ "a cache that says it is gone", 0, 404, JSON, NOT_FOUND(ID), "Age: 35", FAILED, true,
	  false, "a cache answered, not the API (Age: 35)" },
	{ "gone", 0, 404, JSON, NOT_FOUND(ID), NULL, GONE, false, false, NULL },
	{ "gone, in upper case", 0, 404, JSON, NOT_FOUND("0A1B2C3D-1111-4000-8000-00000000ABCD"),
	  NULL, GONE, false, false, NULL },
	{ "gone, in words of its own", 0, 404, JSON, "{\"message\":\"x\"}", NULL, GONE, false,
	  false, NULL },
	{ "something else is gone", 0, 404, JSON, NOT_FOUND(OTHER), NULL, FAILED, false, false,
	  NULL },
	{ "404 of a proxy", 0, 404, "text/html", "<h1>", NULL, FAILED, false, false, NULL },
	{ "busy", 0, 409, JSON, "{\"type\":\"transient_state\"}", NULL, BUSY, false, false, NULL },
	{ "limited", 0, 429, JSON, "{\"type\":\"too_many_requests\"}", NULL, LIMITED, false, false,
	  NULL },
	{ "denied", 0, 403, JSON, "{\"type\":\"permissions_denied\"}", NULL, DENIED, false, false,
	  NULL },
	{ "refused", 0, 423, JSON, "{\"type\":\"locked\"}", NULL, REFUSED, false, false, NULL },
	{ "refused by a type with the status of a fault", 0, 500, JSON,
	  "{\"type\":\"precondition_failed\"}", NULL, REFUSED, false, false, NULL },
	{ "a fault", 0, 500, JSON, "{\"message\":\"internal error\"}", NULL, FAILED, true, false,
	  NULL },
	{ "a gateway's fault", 0, 504, "text/html", "", NULL, FAILED, true, false, "504 Reason" },
	{ "too slow to ask", 0, 408, NULL, "", NULL, FAILED, true, false, "408 Reason" },
	{ "a redirect", 0, 307, NULL, "", NULL, FAILED, false, false,
	  "307, a redirect, which is not followed" },
	{ "no connection", HTTP_NO_CONNECTION, 0, NULL, "", NULL, FAILED, false, true, "why" },
	{ "too late", HTTP_EXPIRED, 0, NULL, "", NULL, FAILED, false, true, "why" },
	{ "no answer in time", HTTP_TIMED_OUT, 0, NULL, "", NULL, FAILED, true, false, "why" },
	{ "cut", HTTP_CUT, 0, NULL, "", NULL, FAILED, true, false, "why" },
	{ "too large", HTTP_TOO_LARGE, 0, NULL, "", NULL, FAILED, true, false, "why" },
	{ "abandoned", HTTP_ABANDONED, 0, NULL, "", NULL, FAILED, true, false, "why" },
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof ANSWERS / sizeof *ANSWERS; i++) {
		struct scaleway_question question = { SCALEWAY_TAG, ID, i % 2 };
		struct http_response response =
			answered(ANSWERS[i / 2].status, ANSWERS[i / 2].type, ANSWERS[i / 2].body);
		struct scaleway_answer answer;
		struct scaleway_object object;

		response.failure = (enum http_failure)ANSWERS[i / 2].failure;
		response.cached = ANSWERS[i / 2].cached;
		if (response.failure != HTTP_ANSWERED)
			(void)snprintf(response.message, sizeof response.message, "why");
		scaleway_answer_read(&response, &question, &answer, &object);
		if ((int)answer.outcome != ANSWERS[i / 2].outcome ||
		    answer.end_unknown != (question.deletes && ANSWERS[i / 2].end) ||
		    answer.unsent != (question.deletes && ANSWERS[i / 2].unsent) ||
		    (ANSWERS[i / 2].message && strcmp(answer.message, ANSWERS[i / 2].message) != 0))
			fail_msg("%s, a %s: %d, end unknown: %d, unsent: %d, \"%s\"",
				 ANSWERS[i / 2].sentence, question.deletes ? "DELETE" : "GET",
				 (int)answer.outcome, answer.end_unknown, answer.unsent,
				 answer.message);
		assert_true((answer.outcome == SCALEWAY_OK) == (answer.object == &object));
		assert_true((answer.outcome == SCALEWAY_OK) == (object.id != NULL));
		assert_true((answer.outcome == SCALEWAY_OK) == (answer.message[0] == '\0'));
		assert_int_equal(answer.date, 1700000000);
		assert_int_equal(answer.status, ANSWERS[i / 2].status);
		scaleway_object_clear(&object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_decide),
		cmocka_unit_test(requests_are_named),
		cmocka_unit_test(redirects_are_told),
		cmocka_unit_test(answers_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
