/* When a request is sent again. */
#include "http/retry.h"
#include "util/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
/* cmocka.h needs the three above. */
#include <cmocka.h>

#define MINUTE INT64_C(60000)

/* What a row leaves out is 1 attempt, a limit of a minute, no Retry-After. */
static const struct {
	const char *sentence;
	struct retry_question question;
	int64_t pause;
} PAUSES[] = {
#define ANSWER .failure = HTTP_ANSWERED, .status
	{ "success is final", { ANSWER = 200 }, -1 },
	{ "404 is final", { ANSWER = 404 }, -1 },
	{ "401 is final", { ANSWER = 401 }, -1 },
	{ "501 is final", { ANSWER = 501 }, -1 },
	{ "408 is repeated", { ANSWER = 408 }, 100 },
	{ "429 is repeated", { ANSWER = 429 }, 100 },
	{ "500 is repeated", { ANSWER = 500 }, 100 },
	{ "500 is repeated a second time", { ANSWER = 500, .attempts = 2 }, 200 },
	{ "500 is final after three attempts", { ANSWER = 500, .attempts = 3 }, -1 },
	{ "502 is repeated", { ANSWER = 502 }, 100 },
	{ "503 is repeated", { ANSWER = 503 }, 100 },
	{ "504 is repeated", { ANSWER = 504, .attempts = 4 }, 800 },
	{ "HEAD is repeated", { ANSWER = 503, .method = HTTP_HEAD }, 100 },
	{ "OPTIONS is repeated", { ANSWER = 503, .method = HTTP_OPTIONS }, 100 },
	{ "no connection is repeated", { .failure = HTTP_NO_CONNECTION }, 100 },
	{ "a time-out is repeated", { .failure = HTTP_TIMED_OUT }, 100 },
	{ "a cut is repeated", { .failure = HTTP_CUT }, 100 },
	{ "a cut HEAD is repeated", { .failure = HTTP_CUT, .method = HTTP_HEAD }, 100 },
	{ "a short body is repeated", { .failure = HTTP_SHORT, .attempts = 2 }, 200 },
	{ "a short body is final after three attempts",
	  { .failure = HTTP_SHORT, .attempts = 3 },
	  -1 },
	{ "too large is final", { .failure = HTTP_TOO_LARGE }, -1 },
	{ "abandoned is final", { .failure = HTTP_ABANDONED }, -1 },
	{ "DELETE: 429 is repeated", { ANSWER = 429, .method = HTTP_DELETE }, 100 },
	{ "DELETE: 408 is final", { ANSWER = 408, .method = HTTP_DELETE }, -1 },
	{ "DELETE: 500 is final", { ANSWER = 500, .method = HTTP_DELETE }, -1 },
	{ "DELETE: 502 is final", { ANSWER = 502, .method = HTTP_DELETE }, -1 },
	{ "DELETE: 503 is final", { ANSWER = 503, .method = HTTP_DELETE }, -1 },
	{ "DELETE: 504 is final", { ANSWER = 504, .method = HTTP_DELETE }, -1 },
	{ "DELETE: no connection is repeated",
	  { .failure = HTTP_NO_CONNECTION, .method = HTTP_DELETE },
	  100 },
	{ "DELETE: a time-out is final", { .failure = HTTP_TIMED_OUT, .method = HTTP_DELETE }, -1 },
	{ "DELETE: a cut is final", { .failure = HTTP_CUT, .method = HTTP_DELETE }, -1 },
	{ "half of a pause is random", { ANSWER = 503, .random = 0.5 }, 150 },
	{ "pauses double", { ANSWER = 503, .attempts = 3 }, 400 },
	{ "pauses double to 6.4 s", { ANSWER = 503, .attempts = 6 }, 3200 },
	{ "pauses grow to 10 s", { ANSWER = 503, .attempts = 7 }, 5000 },
	{ "and no further", { ANSWER = 503, .attempts = 4000000000, .random = 0.999 }, 9995 },
	{ "a pause that just fits", { ANSWER = 503, .elapsed_ms = MINUTE - 100 }, 100 },
	{ "a pause that does not", { ANSWER = 503, .elapsed_ms = MINUTE - 99 }, -1 },
	{ "no limit left", { ANSWER = 503, .elapsed_ms = 2 * MINUTE }, -1 },
	{ "Retry-After of a 503", { ANSWER = 503, .retry_after_ms = 7000 }, 7000 },
	{ "Retry-After of a 429", { ANSWER = 429, .retry_after_ms = 7000 }, 7000 },
	{ "Retry-After of a DELETE",
	  { ANSWER = 429, .retry_after_ms = 7000, .method = HTTP_DELETE },
	  7000 },
	{ "a Retry-After shorter than our pause",
	  { ANSWER = 429, .retry_after_ms = 1000, .attempts = 7 },
	  1000 },
	{ "a Retry-After that just fits",
	  { ANSWER = 429, .retry_after_ms = 7000, .elapsed_ms = MINUTE - 7000 },
	  7000 },
	{ "a Retry-After that does not fit ends it",
	  { ANSWER = 429, .retry_after_ms = 7000, .elapsed_ms = MINUTE - 6999 },
	  -1 },
	{ "an endless Retry-After ends it", { ANSWER = 429, .retry_after_ms = INT64_MAX }, -1 },
	{ "a 502 has no Retry-After", { ANSWER = 502, .retry_after_ms = 7000 }, 100 },
	{ "a judge says that a 404 is repeated",
	  { ANSWER = 404, .verdict.again = HTTP_AGAIN_YES, .attempts = 2 },
	  200 },
	{ "a judge says that a 503 is final",
	  { ANSWER = 503, .verdict.again = HTTP_AGAIN_NO },
	  -1 },
	{ "a judge's pause goes before Retry-After",
	  { ANSWER = 429, .verdict.pause_ms = 3000, .retry_after_ms = 7000 },
	  3000 },
	{ "a judge's pause that does not fit ends it",
	  { ANSWER = 400, .verdict = { HTTP_AGAIN_YES, 7000, false }, .elapsed_ms = MINUTE - 6999 },
	  -1 },
	{ "a judge's pause of nothing is our own",
	  { ANSWER = 400, .verdict.again = HTTP_AGAIN_YES },
	  100 },
	{ "a judge without an opinion leaves it as it is", { ANSWER = 404 }, -1 },
	{ "Retry-After does not make a 404 repeatable",
	  { ANSWER = 404, .retry_after_ms = 7000 },
	  -1 },
};

static void test_pauses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PAUSES / sizeof *PAUSES; i++) {
		struct retry_question question = PAUSES[i].question;
		int64_t pause;

		question.attempts += !question.attempts;
		question.limit_ms = MINUTE;
		if (question.retry_after_ms == 0)
			question.retry_after_ms = -1;
		pause = retry_pause_ms(&question);
		if (pause != PAUSES[i].pause)
			fail_msg("%s: %lld instead of %lld", PAUSES[i].sentence, (long long)pause,
				 (long long)PAUSES[i].pause);
	}
}

static void test_zeros(void **state)
{
	struct retry_question question = { .status = 429, .attempts = 1, .limit_ms = MINUTE };

	(void)state;
	/* "Retry-After: 0" is not knocked at without a pause. */
	assert_int_equal(retry_pause_ms(&question), 100);
	/* A limit of 0 is never, whatever happened. */
	question.limit_ms = 0;
	assert_int_equal(retry_pause_ms(&question), -1);
	question.failure = HTTP_NO_CONNECTION;
	assert_int_equal(retry_pause_ms(&question), -1);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define THEN 784111777

static const struct {
	const char *text;
	int64_t now, pause;
} RETRY_AFTERS[] = {
	{ "0", THEN, 0 },
	{ "120", THEN, 120000 },
	{ "9223372036854775", THEN, INT64_C(9223372036854775000) },
	{ "9223372036854776", THEN, INT64_MAX },
	{ "18446744073709551615", THEN, INT64_MAX },
	{ "99999999999999999999", THEN, -1 },
	{ "-1", THEN, -1 },
	{ "1.5", THEN, -1 },
	{ "", THEN, -1 },
	{ "soon", THEN, -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", THEN - 30, 30000 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", THEN, 0 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", THEN + 30, 0 },
	{ "Sun, 06 Nov 1994", THEN, -1 },
};

static void test_retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof RETRY_AFTERS / sizeof *RETRY_AFTERS; i++) {
		int64_t pause = retry_after_parse(RETRY_AFTERS[i].text, RETRY_AFTERS[i].now);

		if (pause != RETRY_AFTERS[i].pause)
			fail_msg("\"%s\": %lld instead of %lld", RETRY_AFTERS[i].text,
				 (long long)pause, (long long)RETRY_AFTERS[i].pause);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
