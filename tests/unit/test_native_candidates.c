/* The rules of age of the native collector, as tables. */
#include "native/candidates.h"
#include "temporary.h"

#define NOW   1000000
#define HOUR  3600
#define GRACE (20 * HOUR)

static void test_young(void **state)
{
	static const struct {
		const char *what;
		struct timespec newest;
		int64_t grace;
		bool unreadable, young;
	} ROWS[] = {
		{ "older than the grace", { NOW - GRACE - 1, 0 }, GRACE, false, false },
		{ "as old as the grace, to the nanosecond",
		  { NOW - GRACE, 500 },
		  GRACE,
		  false,
		  false },
		{ "a nanosecond younger", { NOW - GRACE, 501 }, GRACE, false, true },
		{ "a second younger", { NOW - GRACE + 1, 0 }, GRACE, false, true },
		{ "written now", { NOW, 500 }, GRACE, false, true },
		{ "in the future", { NOW + 1, 0 }, GRACE, false, true },
		{ "far in the future", { INT64_MAX, 0 }, GRACE, false, true },
		{ "at the beginning of time", { INT64_MIN, 0 }, GRACE, false, true },
		{ "unreadable, however old", { 0, 0 }, GRACE, true, true },
		{ "without a grace", { NOW, 500 }, 0, false, false },
		{ "without a grace, in the future", { NOW + 9, 0 }, 0, false, false },
		{ "without a grace, unreadable", { 0, 0 }, 0, true, true },
	};
	struct timespec now = { NOW, 500 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct native_candidate candidate = { .newest = ROWS[i].newest,
						      .unreadable = ROWS[i].unreadable };

		if (native_candidate_is_young(&candidate, &now, ROWS[i].grace) != ROWS[i].young)
			fail_msg("%s", ROWS[i].what);
	}
}

static void test_due(void **state)
{
	static const struct {
		const char *what;
		int64_t since, grace;
		bool due;
	} ROWS[] = {
		{ "a grace ago", NOW - GRACE, GRACE, true },
		{ "a second less", NOW - GRACE + 1, GRACE, false },
		{ "long ago", 0, GRACE, true },
		{ "the clock was set back", NOW + GRACE, GRACE, false },
		{ "nonsense", INT64_MAX, GRACE, false },
		{ "without a grace", NOW + 1, 0, true },
	};
	struct timespec now = { NOW, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		if (native_is_due(ROWS[i].since, &now, ROWS[i].grace) != ROWS[i].due)
			fail_msg("%s", ROWS[i].what);
}

/* COUNT moments, of which SAME lie within an hour, the others a day apart. */
static size_t renewed(size_t count, size_t same, int64_t spread, int64_t *last)
{
	CLEANUP(free_p) int64_t *moments = xcalloc(count + 1, sizeof *moments);

	for (size_t i = 0; i < count; i++)
		moments[i] = i < same ? NOW + (int64_t)i * spread / (int64_t)(same ? same : 1)
				      : NOW + (int64_t)(i + 2) * 24 * HOUR;
	return native_renewed(moments, count, last);
}

static void test_renewed(void **state)
{
	int64_t last = 0;

	(void)state;
	assert_int_equal(renewed(100, 60, HOUR, &last), 60);
	assert_int_equal(last, NOW + 59 * HOUR / 60);
	assert_int_equal(renewed(100, 50, HOUR, &last), 0);
	assert_int_equal(renewed(100, 51, HOUR, &last), 51);
	assert_int_equal(renewed(100, 100, 3 * HOUR, &last), 0);
	assert_int_equal(renewed(100, 100, 0, &last), 100);
	/* Few say nothing. */
	assert_int_equal(renewed(NATIVE_RENEWED_LEAST - 1, NATIVE_RENEWED_LEAST - 1, 0, &last), 0);
	assert_int_equal(renewed(NATIVE_RENEWED_LEAST, NATIVE_RENEWED_LEAST, 0, &last),
			 NATIVE_RENEWED_LEAST);
	assert_int_equal(renewed(0, 0, 0, &last), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_young),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
