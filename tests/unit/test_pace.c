/* How many requests may be in flight: a pure rule. */
#include "http/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

/* A letter is a try: t a time-out, l limited (429), b busy (503), g a gateway's time-out (504), o
 * all is well, n not there, s a server error (500), r a connection that is refused, c one that is
 * cut. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
