/* Work shared among threads, and its results in their order. */
#include "util/parallel.h"

#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

struct world {
	atomic_size_t begun;
	size_t taken;
	size_t most_waiting;
	bool in_order;
	size_t stop_at; /* raise SIGTERM when this one is taken; SIZE_MAX: never */
};

static void *work(void *ctx, size_t item)
{
	struct world *world = ctx;
	size_t *result = xmalloc(sizeof *result);

	atomic_fetch_add(&world->begun, 1);
	/* Some take longer than others, so that they end in another order. */
	for (size_t i = 0; i < item % 5; i++)
		sched_yield();
	*result = item * item;
	return result;
}

static void take(void *ctx, size_t item, void *result)
{
	struct world *world = ctx;
	size_t waiting = atomic_load(&world->begun) - world->taken;
	size_t *square = result;

	world->in_order &= item == world->taken && *square == item * item;
	world->taken++;
	if (waiting > world->most_waiting)
		world->most_waiting = waiting;
	free(square);
	if (item == world->stop_at)
		kill(getpid(), SIGTERM);
}

static int run(struct world *world, size_t count, struct err *err)
{
	const struct parallel job = { count, work, take, world };

	world->in_order = true;
	return parallel_run(&job, err);
}

static void every_item_is_taken_once_and_in_order(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 3, 31, 32, 33, 1000 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct world world = { .stop_at = SIZE_MAX };

		assert_int_equal(run(&world, counts[i], &err), 0);
		assert_true(world.in_order);
		assert_int_equal(world.taken, counts[i]);
		assert_int_equal(atomic_load(&world.begun), counts[i]);
		assert_true(world.most_waiting <= 4 * PARALLEL_THREADS_MAX);
	}
}

/* Small items: each one's number, by itself or with its neighbours. */
struct small_world {
	atomic_size_t worked;
	atomic_size_t runs;
	size_t taken;
	bool right;
};

static void work_small(void *ctx, size_t item, void *result)
{
	struct small_world *world = ctx;
	size_t *number = result;

	/* It is zeroed, whatever was there before. */
	*number += item + 1;
	atomic_fetch_add(&world->worked, 1);
}

static void work_run(void *ctx, size_t first, size_t end, void *results)
{
	struct small_world *world = ctx;
	size_t *numbers = results;

	atomic_fetch_add(&world->runs, 1);
	for (size_t i = first; i < end; i++)
		work_small(ctx, i, &numbers[i - first]);
}

static void take_small(void *ctx, size_t item, void *result)
{
	struct small_world *world = ctx;
	size_t *number = result;

	world->right &= item == world->taken++ && *number == item + 1;
}

static void small_items_are_taken_once_and_in_order(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 15, 16, 17, 255, 256, 257, 4999, 20000 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct small_world alone = { .right = true }, together = { .right = true };
		const struct parallel_small job = { counts[i], sizeof(size_t), work_small,
						    take_small, &alone };
		const struct parallel_chunks runs = { counts[i], sizeof(size_t), work_run,
						      take_small, &together };

		assert_int_equal(parallel_run_small(&job, &err), 0);
		assert_int_equal(parallel_run_chunks(&runs, &err), 0);
		assert_true(alone.right && together.right);
		assert_int_equal(alone.taken, counts[i]);
		assert_int_equal(together.taken, counts[i]);
		assert_int_equal(atomic_load(&alone.worked), counts[i]);
		assert_int_equal(atomic_load(&together.worked), counts[i]);
		assert_true(counts[i] < 1000 || atomic_load(&together.runs) < counts[i] / 10);
	}
}

static void one_core_needs_no_threads(void **state)
{
	struct world world = { .stop_at = SIZE_MAX };
	cpu_set_t cores, one;
	struct err err;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof cores, &cores), 0);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &cores))
			CPU_SET(i, &one);
	assert_int_equal(parallel_threads(), CPU_COUNT(&cores) < PARALLEL_THREADS_MAX
						     ? CPU_COUNT(&cores)
						     : PARALLEL_THREADS_MAX);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	assert_int_equal(parallel_threads(), 1);
	assert_int_equal(run(&world, 100, &err), 0);
	assert_true(world.in_order);
	assert_int_equal(world.taken, 100);
	assert_int_equal(world.most_waiting, 1);
	assert_int_equal(sched_setaffinity(0, sizeof cores, &cores), 0);
}

/* The last test: a stop signal stays. */
static void a_signal_ends_it_and_what_was_begun_is_taken(void **state)
{
	struct world world = { .stop_at = 7 };
	struct err err = { 0 };

	(void)state;
	stop_signal_init();
	assert_int_equal(run(&world, 1000, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_true(world.in_order);
	assert_true(world.taken >= 8 && world.taken < 1000);
	assert_int_equal(atomic_load(&world.begun), world.taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_is_taken_once_and_in_order),
		cmocka_unit_test(small_items_are_taken_once_and_in_order),
		cmocka_unit_test(one_core_needs_no_threads),
		cmocka_unit_test(a_signal_ends_it_and_what_was_begun_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
