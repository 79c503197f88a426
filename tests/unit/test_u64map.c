/* util/u64map: numbers by 64-bit keys. */
#include "util/u64map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT 100000

static void an_empty_map_has_no_key(void **state)
{
	struct u64map *map = u64map_new();

	(void)state;
	assert_int_equal(u64map_get(map, 0), U64MAP_NONE);
	assert_int_equal(u64map_get(map, UINT64_MAX), U64MAP_NONE);
	u64map_free(map);
	u64map_free(NULL);
}

static void edges_of_keys_and_values_are_kept(void **state)
{
	struct u64map *map = u64map_new();

	(void)state;
	u64map_set(map, 0, 0);
	u64map_set(map, UINT64_MAX, U64MAP_NONE - 1);
	u64map_set(map, UINT64_C(1) << 32, 7);
	assert_int_equal(u64map_get(map, 0), 0);
	assert_int_equal(u64map_get(map, UINT64_MAX), U64MAP_NONE - 1);
	assert_int_equal(u64map_get(map, UINT64_C(1) << 32), 7);
	assert_int_equal(u64map_get(map, 1), U64MAP_NONE);
	u64map_free(map);
}

static void a_later_value_replaces_the_earlier(void **state)
{
	struct u64map *map = u64map_new();

	(void)state;
	/* More often than there are slots: a replaced key takes no room. */
	for (uint32_t i = 0; i < 1000; i++)
		u64map_set(map, 42, i);
	assert_int_equal(u64map_get(map, 42), 999);
	u64map_free(map);
}

/* Keys that lie STEP apart: neighbours, powers of two, and multiples that share their low bits. */
static void many_keys_are_found_again(void **state)
{
	static const uint64_t steps[] = { 1, 64, UINT64_C(1) << 32, UINT64_C(0xf1234567890abcdf) };

	(void)state;
	for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
		struct u64map *map = u64map_new();

		for (uint32_t i = 0; i < COUNT; i++)
			u64map_set(map, i * steps[s], i);
		for (uint32_t i = 0; i < COUNT; i++)
			assert_int_equal(u64map_get(map, i * steps[s]), i);
		for (uint32_t i = COUNT; i < COUNT + 1000; i++)
			assert_int_equal(u64map_get(map, i * steps[s]), U64MAP_NONE);
		u64map_free(map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_no_key),
		cmocka_unit_test(edges_of_keys_and_values_are_kept),
		cmocka_unit_test(a_later_value_replaces_the_earlier),
		cmocka_unit_test(many_keys_are_found_again),
	};

	return cmocka_run_group_tests_name("u64map", tests, NULL, NULL);
}
