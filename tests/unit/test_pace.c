/* How many requests may be in flight, and when a silent registry is given up: two pure rules. */
#include "http/pace.h"
#include "http/silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

/* A letter is a try: t(ime-out), l(imited: 429), b(usy: 503), g(ateway's time-out: 504), o(k),
 * n(ot found), s(erver error: 500), r(efused connection), c(ut). */
static void see(struct pace *pace, char letter)
{
	static const struct {
		char letter;
		enum http_failure failure;
		int status;
	} TRIES[] = {
		{ 't', HTTP_TIMED_OUT, 0 },  { 'l', HTTP_ANSWERED, 429 },
		{ 'b', HTTP_ANSWERED, 503 }, { 'g', HTTP_ANSWERED, 504 },
		{ 'o', HTTP_ANSWERED, 200 }, { 'n', HTTP_ANSWERED, 404 },
		{ 's', HTTP_ANSWERED, 500 }, { 'r', HTTP_NO_CONNECTION, 0 },
		{ 'c', HTTP_CUT, 0 },
	};

	for (size_t i = 0; i < sizeof TRIES / sizeof *TRIES; i++)
		if (TRIES[i].letter == letter)
			pace_see(pace, TRIES[i].failure, TRIES[i].status);
}

static const struct {
	const char *sentence, *tries;
	unsigned most, allowed;
} PACES[] = {
	{ "all at first", "", 20, 20 },
	{ "no more than all", "oooooooooooooooooooooooooooo", 20, 20 },
	{ "half after a time-out", "t", 20, 10 },
	{ "half after 429", "l", 20, 10 },
	{ "half after 503", "b", 20, 10 },
	{ "half after 504", "g", 20, 10 },
	{ "half of what is odd", "ttt", 20, 2 },
	{ "never less than one", "tttttttttttttttttttttttttt", 20, 1 },
	{ "one of one", "t", 1, 1 },
	{ "one more after one", "ttttto", 20, 2 },
	{ "and after two more", "tttttooo", 20, 3 },
	{ "not after one of two", "tttttoo", 20, 2 },
	{ "404 is a good answer", "tttttn", 20, 2 },
	{ "500 is none, and no sign of haste", "ttttts", 20, 1 },
	{ "nor is a connection that is refused or cut", "tttttrc", 20, 1 },
	{ "what came before a time-out does not count after it", "tttoto", 20, 2 },
	{ "all again in the end", "toooooooooooooooooooooooooooooo", 5, 5 },
};

static void test_paces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PACES / sizeof *PACES; i++) {
		struct pace pace = pace_begin(PACES[i].most);

		for (const char *try = PACES[i].tries; *try; try++)
			see(&pace, *try);
		if (pace.allowed != PACES[i].allowed)
			fail_msg("%s: %u instead of %u", PACES[i].sentence, pace.allowed,
				 PACES[i].allowed);
	}
}

/* Time-outs of SECONDS each, one after the other, of REQUESTS that take turns; after how many of
 * them the registry is given up, 0 when it is not before the hundredth. */
static unsigned given_up_after(struct silence *silence, unsigned requests, int64_t seconds)
{
	uint64_t marks[16] = { 0 };
	int64_t now = 1000;

	for (unsigned tries = 1; tries < 100; tries++) {
		int64_t end = now + seconds * 1000;

		if (silence_grow(silence, &marks[tries % requests], now, end))
			return tries;
		now = end + 200;
	}
	return 0;
}

static void test_silence_by_rounds(void **state)
{
	static const struct {
		const char *sentence;
		int64_t seconds;
		unsigned requests, tries;
	} ROWS[] = {
		{ "a slow tag ends nothing", 20, 1, 0 },
		{ "nor do four", 20, 4, 0 },
		{ "five end it after ten rounds", 20, 5, 10 },
		{ "however short a time-out is", 1, 16, 10 },
		{ "or after five minutes", 60, 16, 5 },
		{ "but not before as many requests", 3600, 5, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct silence silence = { 0 };
		unsigned tries = given_up_after(&silence, ROWS[i].requests, ROWS[i].seconds);

		if (tries != ROWS[i].tries)
			fail_msg("%s: %u instead of %u", ROWS[i].sentence, tries, ROWS[i].tries);
	}
}

/* Twenty at a time that time out together are one round: an overloaded server gets its chance. */
static void test_silence_of_many(void **state)
{
	struct silence silence = { 0 };
	uint64_t marks[20] = { 0 };

	(void)state;
	for (int64_t round = 0; round < 9; round++)
		for (size_t i = 0; i < 20; i++)
			assert_false(silence_grow(&silence, &marks[i], round * 21000,
						  round * 21000 + 20000));
	assert_true(silence_grow(&silence, &marks[0], 9 * INT64_C(21000), 9 * 21000 + 20000));
}

static void test_silence_is_broken(void **state)
{
	struct silence silence = { 0 };
	uint64_t marks[16] = { 0 };

	(void)state;
	for (int64_t round = 0; round < 100; round++) {
		assert_false(silence_grow(&silence, &marks[round % 16], round * 20000,
					  round * 20000 + 19999));
		if (round % 9 == 8)
			silence_break(&silence);
	}
	silence_break(&silence);
	assert_int_equal(given_up_after(&silence, 5, 20), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paces),
		cmocka_unit_test(test_silence_by_rounds),
		cmocka_unit_test(test_silence_of_many),
		cmocka_unit_test(test_silence_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
