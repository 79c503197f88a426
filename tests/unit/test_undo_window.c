/* Until when a run can be undone: collections of any run, and the age of its journal. */
#include "undo/window.h"

#include "util/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY   INT64_C(86400)
#define BEGAN INT64_C(1796063205)
#define NOW   (BEGAN + 5 * DAY)
#define END   (BEGAN + 90 * DAY) /* of the journal */
#define NONE  DATE_ABSENT

#define ENDED(when, blobs_, until_)                                               \
	{                                                                         \
		.at = (when), .ended = true, .blobs = (blobs_), .until = (until_) \
	}
#define BEGUN(when)                         \
	{                                   \
		.at = (when), .until = NONE \
	}

static const struct {
	const char *what;
	struct undo_collection collections[2];
	size_t count;
	enum undo_able able;
	int64_t until, collected_at;
} CASES[] = {
	{ "no collection", { { 0 } }, 0, UNDO_WHOLE, END, NONE },
	{ "one before it", { ENDED(BEGAN - 1, 9, NONE) }, 1, UNDO_WHOLE, END, NONE },
	{ "one that removed nothing", { ENDED(BEGAN + 9, 0, NONE) }, 1, UNDO_WHOLE, END, NONE },
	{ "one that removed something",
	  { ENDED(BEGAN + 9, 1, NONE) },
	  1,
	  UNDO_PARTLY,
	  END,
	  BEGAN + 9 },
	{ "one that does not tell how much",
	  { ENDED(BEGAN + 9, UNDO_UNKNOWN, NONE) },
	  1,
	  UNDO_PARTLY,
	  END,
	  BEGAN + 9 },
	{ "one that did not end", { BEGUN(BEGAN + 9) }, 1, UNDO_PARTLY, END, BEGAN + 9 },
	{ "one of an unknown time", { BEGUN(NONE) }, 1, UNDO_PARTLY, END, NONE },
	{ "to the trash", { ENDED(BEGAN + 9, 7, NOW + 1) }, 1, UNDO_WHOLE, NOW + 1, BEGAN + 9 },
	{ "to the trash, which is empty now",
	  { ENDED(BEGAN + 9, 7, NOW) },
	  1,
	  UNDO_PARTLY,
	  END,
	  BEGAN + 9 },
	{ "to a trash that outlives the journal",
	  { ENDED(BEGAN + 9, 7, END + DAY) },
	  1,
	  UNDO_WHOLE,
	  END,
	  BEGAN + 9 },
	{ "the first of two counts",
	  { ENDED(BEGAN + DAY, 7, NOW + 2 * DAY), ENDED(BEGAN + 9, 7, NOW + DAY) },
	  2,
	  UNDO_WHOLE,
	  NOW + DAY,
	  BEGAN + 9 },
	{ "one to the trash, one that is gone",
	  { ENDED(BEGAN + 9, 7, NOW + DAY), ENDED(BEGAN + DAY, 7, NONE) },
	  2,
	  UNDO_PARTLY,
	  END,
	  BEGAN + DAY },
};

static void test_windows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const struct undo_window window =
			undo_window(BEGAN, true, CASES[i].collections, CASES[i].count, 90, NOW);

		if (window.able != CASES[i].able || window.until != CASES[i].until ||
		    window.collected_at != CASES[i].collected_at)
			fail_msg("%s: %s until %jd, collected %jd", CASES[i].what,
				 undo_able_name(window.able), (intmax_t)window.until,
				 (intmax_t)window.collected_at);
	}
}

static void test_nothing_was_deleted(void **state)
{
	const struct undo_collection collection = ENDED(BEGAN + 9, 7, NONE);
	struct undo_window window;

	(void)state;
	window = undo_window(BEGAN, false, &collection, 1, 90, NOW);
	assert_int_equal(window.able, UNDO_NOTHING);
	assert_true(window.until == NONE);
	assert_string_equal(undo_able_name(window.able), "nothing");
}

static void test_never(void **state)
{
	(void)state;
	assert_int_equal(undo_window_never(true).able, UNDO_NEVER);
	assert_true(undo_window_never(true).until == NONE);
	assert_string_equal(undo_able_name(UNDO_NEVER), "never");
	assert_int_equal(undo_window_never(false).able, UNDO_NOTHING);
}

/* When it began is not known: any collection may have been after it. */
static void test_unknown_beginning(void **state)
{
	const struct undo_collection collection = ENDED(BEGAN - DAY, 7, NONE);

	(void)state;
	assert_true(undo_window(NONE, true, NULL, 0, 90, NOW).until == NONE);
	assert_int_equal(undo_window(NONE, true, &collection, 1, 90, NOW).able, UNDO_PARTLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_nothing_was_deleted),
		cmocka_unit_test(test_unknown_beginning),
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
