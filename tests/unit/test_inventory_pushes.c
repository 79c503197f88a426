/* Push times: when they are those of a copy. */
#include "scan_storage/push_times.h"

#include "inventory/inventory.h"
#include "util/date.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#define T2020 INT64_C(1577836800)

struct pushes {
	const char *what;
	size_t together;  /* tags that were pushed … */
	int64_t last;     /* … at T2020, but for one so many seconds later */
	size_t apart;     /* tags that were pushed on days of their own */
	size_t not_known; /* tags without a time */
	bool copied;
};

/* The tags in an order in which nothing is sorted. */
static struct inventory *make(const struct pushes *row)
{
	struct inventory *inventory = inventory_new();
	size_t count = row->together + row->apart + row->not_known;
	char **names = xcalloc(count + 1, sizeof *names);

	for (size_t i = 0; i < count; i++)
		names[i] = xasprintf("t%zu", i);
	inventory_tags(inventory, inventory_repository(inventory, "r"), names, count);
	for (size_t i = 0; i < count; i++) {
		int64_t *pushed = &inventory->tags[(i * 13 + 3) % count].pushed;

		if (i < row->together)
			*pushed = T2020 + (i == 0 ? row->last : 0);
		else if (i < row->together + row->apart)
			*pushed = T2020 + INT64_C(86400) * (int64_t)(i + 1) * (i % 2 ? -1 : 1);
		else
			*pushed = DATE_ABSENT;
		free(names[i]);
	}
	free(names);
	return inventory;
}

static void test_many_pushes_within_a_minute_are_a_copy(void **state)
{
	static const struct pushes ROWS[] = {
		{ "none", 0, 0, 0, 0, false },
		{ "one", 1, 0, 0, 0, false },
		{ "19 at once are too few", 19, 0, 0, 0, false },
		{ "20 at once", 20, 0, 0, 0, true },
		{ "21 at once", 21, 0, 0, 0, true },
		{ "exactly half of 20", 10, 0, 10, 0, false },
		{ "one more than half of 20", 11, 0, 9, 0, true },
		{ "less than half of 21", 10, 0, 11, 0, false },
		{ "more than half of 21", 11, 0, 10, 0, true },
		{ "exactly half of 22", 11, 0, 11, 0, false },
		{ "within 59 seconds", 11, 59, 9, 0, true },
		{ "within 60 seconds, one too few in any minute", 11, 60, 9, 0, false },
		{ "within 60 seconds, yet enough in one minute", 12, 60, 8, 0, true },
		{ "all days apart", 0, 0, 40, 0, false },
		{ "only what is known counts", 19, 0, 0, 5, false },
		{ "more than half of what is known", 11, 0, 9, 50, true },
		{ "none is known", 0, 0, 0, 30, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct inventory *inventory = make(&ROWS[i]);

		if (push_times_copied(inventory) != ROWS[i].copied)
			fail_msg("%s", ROWS[i].what);
		push_times_forget(inventory);
		for (size_t t = 0; t < inventory->tag_count; t++)
			assert_true(inventory->tags[t].pushed == DATE_ABSENT);
		assert_false(push_times_copied(inventory));
		inventory_free(inventory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_pushes_within_a_minute_are_a_copy),
	};

	return cmocka_run_group_tests_name("inventory_pushes", tests, NULL, NULL);
}
