/* Items that take long: they are told when a signal asks us to stop. */
#include "util/parallel.h"

#include "util/stop_signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

struct long_world {
	struct parallel_watch watch;
	bool signals; /* raise SIGTERM while the first item waits to be told to end */
	size_t taken, waited;
};

static void *work_long(void *ctx, size_t item)
{
	struct long_world *world = ctx;

	/* Nothing but the watch ends the items of a world that is to be stopped. */
	while (world->signals && !atomic_load(&world->watch.ended))
		sched_yield();
	(void)item;
	return NULL;
}

static void take_long(void *ctx, size_t item, void *result)
{
	struct long_world *world = ctx;

	(void)item, (void)result;
	world->taken++;
}

static void wait_long(void *ctx)
{
	struct long_world *world = ctx;

	if (world->waited++ == 0)
		kill(getpid(), SIGTERM);
}

static void long_items_are_taken_like_others(void **state)
{
	struct long_world world = { .signals = false };
	const struct parallel job = { 100, work_long, take_long, &world };
	struct err err;

	(void)state;
	assert_int_equal(parallel_run_long(&job, &world.watch, &err), 0);
	assert_int_equal(world.taken, 100);
}

/* The last test: a stop signal stays. */
static void a_signal_ends_long_items_early(void **state)
{
	struct long_world world = { .watch = { .waiting = wait_long }, .signals = true };
	const struct parallel job = { 1, work_long, take_long, &world };
	struct err err = { 0 };

	(void)state;
	stop_signal_init();
	assert_int_equal(parallel_run_long(&job, &world.watch, &err), -1);
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_int_equal(world.taken, 1);
	assert_true(world.waited >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_items_are_taken_like_others),
		cmocka_unit_test(a_signal_ends_long_items_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
