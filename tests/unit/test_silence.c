/* When a place that answers nothing any more is given up: a pure rule. */
#include "http/silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define MOST_TRIES 1000

static const struct {
	const char *sentence;
	enum http_failure failure;
	int status;
	bool head;
	enum silence_sign sign;
} SIGNS[] = {
	{ "a good answer", HTTP_ANSWERED, 200, true, SILENCE_BREAKS },
	{ "a redirect", HTTP_ANSWERED, 307, true, SILENCE_BREAKS },
	{ "a refusal", HTTP_ANSWERED, 404, true, SILENCE_BREAKS },
	{ "too many requests: it lives", HTTP_ANSWERED, 429, true, SILENCE_BREAKS },
	{ "the registry's own error", HTTP_ANSWERED, 500, true, SILENCE_BREAKS },
	{ "it cannot do that", HTTP_ANSWERED, 501, true, SILENCE_BREAKS },
	{ "a bad gateway", HTTP_ANSWERED, 502, true, SILENCE_GROWS },
	{ "nothing behind the gateway", HTTP_ANSWERED, 503, true, SILENCE_GROWS },
	{ "a gateway's time-out", HTTP_ANSWERED, 504, true, SILENCE_GROWS },
	{ "what other gateways say", HTTP_ANSWERED, 522, true, SILENCE_GROWS },
	{ "a time-out", HTTP_TIMED_OUT, 0, false, SILENCE_GROWS },
	{ "a time-out after a head", HTTP_TIMED_OUT, 0, true, SILENCE_GROWS },
	{ "a cut before any head", HTTP_CUT, 0, false, SILENCE_GROWS },
	{ "a cut after it", HTTP_CUT, 0, true, SILENCE_NO_SIGN },
	{ "no connection: an outage", HTTP_NO_CONNECTION, 0, false, SILENCE_NO_SIGN },
	{ "a short body", HTTP_SHORT, 0, true, SILENCE_NO_SIGN },
	{ "what was never sent", HTTP_EXPIRED, 0, false, SILENCE_NO_SIGN },
};

static void test_signs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
		enum silence_sign sign =
			silence_sign(SIGNS[i].failure, SIGNS[i].status, SIGNS[i].head);

		if (sign != SIGNS[i].sign)
			fail_msg("%s: %d", SIGNS[i].sentence, (int)sign);
	}
}

static bool grow(struct silence *silence, uint64_t *mark, int64_t tried_ms, int64_t now)
{
	return silence_grow(silence, &(struct silence_try){ .mark = mark,
							    .tried_ms = tried_ms,
							    .now = now,
							    .retry_ms = 60000 });
}

/* A place that gives none of so many requests an answer, which take turns, one at a time. */
struct mute {
	const char *sentence;
	int64_t each_ms, pause_ms, retry_ms;
	unsigned requests;
	unsigned tries; /* after how many it is given up, 0: never */
};

static unsigned given_up_after(struct silence *silence, const struct mute *mute)
{
	uint64_t marks[16] = { 0 };
	int64_t now = 1000;

	for (unsigned tries = 1; tries < MOST_TRIES; tries++) {
		struct silence_try try = { .mark = &marks[tries % mute->requests],
					   .tried_ms = now,
					   .now = now + mute->each_ms,
					   .retry_ms = mute->retry_ms };

		if (silence_grow(silence, &try))
			return tries;
		now = try.now + mute->pause_ms;
	}
	return 0;
}

static const struct mute MUTES[] = {
	{ "a slow tag ends nothing", 20000, 200, 60000, 1, 0 },
	{ "nor do four", 20000, 200, 60000, 4, 0 },
	{ "five end it after ten rounds", 20000, 200, 60000, 5, 10 },
	{ "however short a time-out is", 1000, 0, 0, 16, 10 },
	{ "but not before a request may be repeated no more", 1000, 0, 60000, 16, 60 },
	{ "or after five minutes", 60000, 200, 60000, 16, 5 },
	{ "but not before as many requests", 3600000, 200, 60000, 5, 5 },
	{ "nor in five minutes when it may be repeated for longer", 60000, 0, 900000, 16, 15 },
	{ "answers at once, with pauses of a second", 0, 1000, 60000, 5, 61 },
	{ "with pauses of ten", 0, 10000, 60000, 16, 10 },
	{ "with hardly any, and no time for repeats", 10, 90, 0, 5, 51 },
	{ "without an end in a restart that takes less", 10, 30, 60000, 5, 0 },
	{ "each long after the other: none is there in between", 0, 61000, 60000, 5, 0 },
};

static void test_how_long_it_lasts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof MUTES / sizeof *MUTES; i++) {
		struct silence silence = { 0 };
		unsigned tries = given_up_after(&silence, &MUTES[i]);

		if (tries != MUTES[i].tries)
			fail_msg("%s: %u instead of %u", MUTES[i].sentence, tries, MUTES[i].tries);
	}
}

/* Twenty at a time that time out together are one round: an overloaded server gets its chance. */
static void test_many_at_a_time(void **state)
{
	struct silence silence = { 0 };
	uint64_t marks[20] = { 0 };

	(void)state;
	for (int64_t round = 0; round < 9; round++)
		for (size_t i = 0; i < 20; i++)
			assert_false(
				grow(&silence, &marks[i], round * 21000, round * 21000 + 20000));
	assert_true(grow(&silence, &marks[0], 9 * INT64_C(21000), 9 * 21000 + 20000));
}

static void test_an_answer_breaks_it(void **state)
{
	struct silence silence = { 0 };
	uint64_t marks[16] = { 0 };

	(void)state;
	for (int64_t round = 0; round < 100; round++) {
		assert_false(
			grow(&silence, &marks[round % 16], round * 20000, round * 20000 + 19999));
		if (round % 9 == 8)
			silence_break(&silence, round * 20000 + 19999);
	}
	silence_break(&silence, 0);
	assert_int_equal(given_up_after(&silence, &MUTES[2]), 10);
}

/* One that answers a request each minute, and all others with 503 at once. */
static void test_an_overloaded_server_lives(void **state)
{
	struct silence silence = { 0 };
	uint64_t marks[16] = { 0 };

	(void)state;
	for (int64_t now = 0; now < 3600000; now += 100) {
		assert_false(grow(&silence, &marks[now / 100 % 16], now, now + 5));
		if (now % 59000 == 0)
			silence_break(&silence, now + 50);
	}
}

/* A try that was sent long ago says nothing of the time in which others were answered. */
static void test_it_begins_after_the_last_answer(void **state)
{
	struct silence silence = { 0 };
	uint64_t marks[16] = { 0 };

	(void)state;
	silence_break(&silence, 599000);
	assert_false(grow(&silence, &marks[0], 0, 600000));
	for (int64_t i = 1; i < 500; i++)
		assert_false(grow(&silence, &marks[i % 16], 600000 + i * 100, 600000 + i * 100));
	assert_true(grow(&silence, &marks[1], 659000, 659000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_how_long_it_lasts),
		cmocka_unit_test(test_many_at_a_time),
		cmocka_unit_test(test_an_answer_breaks_it),
		cmocka_unit_test(test_an_overloaded_server_lives),
		cmocka_unit_test(test_it_begins_after_the_last_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
