/* Parcels from one thread to another. */
#include "storage/walk_pool.h"

#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

struct taker {
	struct walk_pool *pool;
	pthread_t thread;
	unsigned taken;
};

static unsigned take_until_over(struct walk_pool *pool)
{
	struct walk_parcel parcel = { 0 };
	unsigned taken = 0;

	while (walk_pool_take(pool, &parcel)) {
		taken += parcel.names.length == 5 && parcel.parent.length == 6;
		walk_pool_parcel_free(&parcel);
	}
	return taken;
}

static void *take_in_thread(void *argument)
{
	struct taker *taker = argument;

	taker->taken = take_until_over(taker->pool);
	return NULL;
}

static void start(struct taker *taker, struct walk_pool *pool)
{
	*taker = (struct taker){ .pool = pool };
	assert_int_equal(pthread_create(&taker->thread, NULL, take_in_thread, taker), 0);
}

static void wait_until_wanted(const struct walk_pool *pool)
{
	while (!walk_pool_wants(pool))
		sched_yield();
}

static struct walk_parcel new_parcel(void)
{
	struct walk_parcel parcel = { 0 };

	buf_add(&parcel.parent, "parent", 6);
	buf_add(&parcel.names, "name", 5);
	return parcel;
}

static void test_nothing_is_taken_while_nobody_waits(void **state)
{
	struct walk_pool *pool = walk_pool_new(2);
	struct walk_parcel parcel = new_parcel();

	(void)state;
	assert_false(walk_pool_wants(pool));
	assert_false(walk_pool_give(pool, &parcel));
	assert_int_equal(parcel.names.length, 5);
	walk_pool_parcel_free(&parcel);
	walk_pool_free(pool);
}

static void test_all_parcels_arrive_and_then_it_is_over(void **state)
{
	enum { PARCELS = 2000, TAKERS = 3 };
	struct walk_pool *pool = walk_pool_new(TAKERS + 1);
	struct taker takers[TAKERS];
	unsigned taken = 0;

	(void)state;
	for (size_t i = 0; i < TAKERS; i++)
		start(&takers[i], pool);
	for (int i = 0; i < PARCELS; i++) {
		struct walk_parcel parcel = new_parcel();

		do
			wait_until_wanted(pool);
		while (!walk_pool_give(pool, &parcel));
		assert_null(parcel.names.data);
	}
	/* The last may still lie there: then it is ours. */
	taken = take_until_over(pool);
	for (size_t i = 0; i < TAKERS; i++) {
		pthread_join(takers[i].thread, NULL);
		taken += takers[i].taken;
	}
	assert_int_equal(taken, PARCELS);
	assert_false(walk_pool_ended(pool));
	walk_pool_free(pool);
}

static void test_the_end_wakes_who_waits(void **state)
{
	struct walk_pool *pool = walk_pool_new(3);
	struct walk_parcel parcel = new_parcel();
	struct taker taker;

	(void)state;
	start(&taker, pool);
	wait_until_wanted(pool);
	walk_pool_end(pool);
	pthread_join(taker.thread, NULL);
	assert_true(walk_pool_ended(pool));
	assert_false(walk_pool_take(pool, &parcel));
	walk_pool_parcel_free(&parcel);
	walk_pool_free(pool);
}

static void test_who_never_came_is_not_waited_for(void **state)
{
	struct walk_pool *pool = walk_pool_new(3);
	struct walk_parcel none = { 0 };

	(void)state;
	walk_pool_resign(pool);
	walk_pool_resign(pool);
	assert_false(walk_pool_take(pool, &none));
	assert_false(walk_pool_ended(pool));
	walk_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_taken_while_nobody_waits),
		cmocka_unit_test(test_all_parcels_arrive_and_then_it_is_over),
		cmocka_unit_test(test_the_end_wakes_who_waits),
		cmocka_unit_test(test_who_never_came_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
