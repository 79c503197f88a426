/* What a thread of the walk has still to read, and how much of it another may have. */
#include "storage/walk_queue.h"

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_last_in_first_out(void **state)
{
	static const char *const names[] = { "a", "", "long-name", "b" };
	struct walk_queue queue = { 0 };

	(void)state;
	for (int round = 0; round < 50; round++)
		for (size_t i = 0; i < 4; i++)
			walk_queue_push(&queue, WALK_PENDING_FOLDER, 10 * i, names[i]);
	for (int i = 199; i >= 0; i--) {
		struct walk_pending item = walk_queue_pop(&queue);

		assert_int_equal(item.parent_length, 10 * (i % 4));
		assert_string_equal(walk_queue_name(&queue, &item), names[i % 4]);
	}
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.names.length, 0);
	walk_queue_free(&queue);
}

/* Of each item a letter: f, g, h folders in three parents, R a rest, - what is gone. */
static void test_spare(void **state)
{
	static const struct {
		const char *what;
		const char *items;
		size_t spare;
		size_t lowest;
	} rows[] = {
		{ "nothing", "", 0, 0 },
		{ "the only one is read here", "f", 0, 0 },
		{ "one of two", "ff", 1, 0 },
		{ "one of three", "fff", 1, 0 },
		{ "half of many", "ffffffff", 4, 0 },
		{ "the only one of its parent, others wait", "fg", 1, 0 },
		{ "two of three, others wait", "fffg", 2, 0 },
		{ "a rest stays here", "RRf", 0, 2 },
		{ "above a rest", "Rff", 1, 1 },
		{ "up to a rest", "ffRg", 1, 0 },
		{ "what is gone is not given twice", "--ff", 1, 2 },
		{ "all gone", "---", 0, 3 },
		{ "the highest parent first", "-gghhhhh", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct walk_queue queue = { 0 };
		size_t spare = 0;

		for (const char *item = rows[i].items; *item; item++) {
			bool folder = *item >= 'f';

			walk_queue_push(&queue,
					folder         ? WALK_PENDING_FOLDER
					: *item == 'R' ? WALK_PENDING_REST
						       : WALK_PENDING_GONE,
					folder ? (size_t)*item : 1, folder ? "name" : NULL);
		}
		spare = walk_queue_spare(&queue);
		if (spare != rows[i].spare || queue.lowest != rows[i].lowest)
			fail_msg("%s: %zu from %zu", rows[i].what, spare, queue.lowest);
		walk_queue_free(&queue);
	}
}

static void test_pushed_after_all_was_given_away(void **state)
{
	struct walk_queue queue = { 0 };

	(void)state;
	walk_queue_push(&queue, WALK_PENDING_REST, 1, NULL);
	walk_queue_push(&queue, WALK_PENDING_GONE, 1, "given");
	assert_int_equal(walk_queue_spare(&queue), 0);
	walk_queue_pop(&queue);
	walk_queue_pop(&queue);
	walk_queue_push(&queue, WALK_PENDING_FOLDER, 2, "one");
	walk_queue_push(&queue, WALK_PENDING_FOLDER, 2, "two");
	assert_int_equal(walk_queue_spare(&queue), 1);
	assert_string_equal(walk_queue_name(&queue, &queue.items[queue.lowest]), "one");
	walk_queue_free(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_in_first_out),
		cmocka_unit_test(test_spare),
		cmocka_unit_test(test_pushed_after_all_was_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
