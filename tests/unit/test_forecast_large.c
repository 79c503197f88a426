/* The forecast of registries so large that anything quadratic would show: each test has 100,000
 * tags, checks a few sums, and must not take more than SECONDS of processor time, which is some
 * hundred times what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "forecast/forecast.h"
#include "oci/manifest.h"
#include "util/xalloc.h"
#include "world.h"

#include <time.h>

#define COUNT   UINT32_C(100000)
#define SECONDS 10

/* The digest of manifest or blob number I. */
static char *digest(char letter, uint32_t i)
{
	static char texts[4][DIGEST_TEXT];
	static unsigned turn;
	char name[16];

	snprintf(name, sizeof name, "%c%u", letter, i);
	turn = (turn + 1) % 4;
	world_digest(name, texts[turn]);
	return texts[turn];
}

/* Tags for all manifests m0, m1, …: what NAME says of a number, COUNT times. */
static void add_tags(struct inventory *inventory, void (*name)(char *text, size_t size, uint32_t i))
{
	char **names = xcalloc(COUNT, sizeof *names);

	for (uint32_t i = 0; i < COUNT; i++) {
		names[i] = xcalloc(100, 1);
		name(names[i], 100, i);
	}
	inventory_tags(inventory, 0, names, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		inventory_point(inventory, i, inventory_manifest(inventory, 0, digest('m', i)));
		free(names[i]);
	}
	free(names);
}

static void plain_name(char *text, size_t size, uint32_t i)
{
	snprintf(text, size, "v%u", i);
}

static void signature_name(char *text, size_t size, uint32_t i)
{
	if (i == 0)
		snprintf(text, size, "first");
	else
		snprintf(text, size, "sha256-%s.sig", digest('m', i - 1) + strlen("sha256:"));
}

static void image(struct inventory *inventory, uint32_t i)
{
	struct oci_descriptor layers[] = { { .digest = digest('b', 0), .size = 7 },
					   { .digest = digest('l', i), .size = 30 } };
	struct oci_manifest body = { .layers = layers, .layer_count = 2, .created = WORLD_NOW };

	inventory_describe(inventory, inventory_manifest(inventory, 0, digest('m', i)), &body, 1);
}

static void index_of_one(struct inventory *inventory, uint32_t i)
{
	struct oci_descriptor child = { .digest = digest('c', 0) };
	struct oci_manifest body = { .kind = OCI_INDEX, .children = &child, .child_count = 1 };

	inventory_describe(inventory, inventory_manifest(inventory, 0, digest('m', i)), &body, 1);
}

static struct inventory *build(void (*describe)(struct inventory *inventory, uint32_t i),
			       void (*name)(char *text, size_t size, uint32_t i))
{
	struct inventory *inventory = inventory_new();

	inventory_repository(inventory, "repo");
	for (uint32_t i = 0; i < COUNT; i++)
		describe(inventory, i);
	add_tags(inventory, name);
	return inventory;
}

static struct forecast *forecast_in_time(const struct inventory *inventory)
{
	clock_t start = clock();
	struct forecast *forecast = forecast_build(inventory, NULL);
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;

	printf("# %.3f s\n", seconds);
	assert_true(seconds < SECONDS);
	return forecast;
}

static void check_shared_layer(void **state)
{
	struct inventory *inventory = build(image, plain_name);
	struct forecast *forecast = forecast_in_time(inventory);

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(forecast->tags[i], 31);
	forecast_free(forecast);
	inventory_free(inventory);
}

static void check_shared_child(void **state)
{
	struct inventory *inventory = build(index_of_one, plain_name);
	struct forecast *forecast = forecast_in_time(inventory);

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(forecast->tags[i], 1);
	forecast_free(forecast);
	inventory_free(inventory);
}

/* Each tag describes the one before; all have one layer in common, which the first holds. */
static void check_chain(void **state)
{
	struct inventory *inventory = build(image, signature_name);
	struct forecast *forecast = forecast_in_time(inventory);

	(void)state;
	assert_int_equal(forecast->tags[0], 7 + 31 * (uint64_t)COUNT);
	for (uint32_t i = 1; i < COUNT; i++)
		assert_int_equal(forecast->tags[i], 31 * (uint64_t)(COUNT - i));
	forecast_free(forecast);
	inventory_free(inventory);
}

/* The same of a chain that nothing outside holds: its first tag describes the last manifest. */
static void circle_name(char *text, size_t size, uint32_t i)
{
	signature_name(text, size, i == 0 ? COUNT : i);
}

static void check_circle(void **state)
{
	struct inventory *inventory = build(image, circle_name);
	struct forecast *forecast = forecast_in_time(inventory);

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(forecast->tags[i], 31);
	forecast_free(forecast);
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_shared_layer),
		cmocka_unit_test(check_shared_child),
		cmocka_unit_test(check_chain),
		cmocka_unit_test(check_circle),
	};

	return cmocka_run_group_tests_name("forecast of large registries", tests, NULL, NULL);
}
