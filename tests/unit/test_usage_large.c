/* The space of registries so large that anything quadratic would show: many repositories, and one
 * with many tags. Each test checks the sums, and must not take more than SECONDS of processor time,
 * which is some hundred times what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "forecast/usage.h"
#include "forecast/usage_tags.h"
#include "oci/manifest.h"
#include "util/xalloc.h"
#include "world.h"

#include <time.h>

#define REPOSITORIES UINT32_C(10000)
#define TAGS         UINT32_C(10) /* of each repository */
#define MANY         UINT32_C(100000)
#define SECONDS      10

/* Sizes of a base of all, and of what each repository and each tag has of its own. */
#define BASE       UINT64_C(1000000)
#define REPOSITORY UINT64_C(20000)
#define OWN        UINT64_C(300)
#define BODY       UINT64_C(1)

static char *digest(char letter, uint32_t i, char text[DIGEST_TEXT])
{
	char name[16];

	snprintf(name, sizeof name, "%c%u", letter, i);
	world_digest(name, text);
	return text;
}

/* Image number I, in REPOSITORY. */
static void add_image(struct inventory *inventory, uint32_t repository, uint32_t i)
{
	char base[DIGEST_TEXT], common[DIGEST_TEXT], own[DIGEST_TEXT], body[DIGEST_TEXT];
	struct oci_descriptor layers[] = {
		{ .digest = digest('b', 0, base), .size = BASE },
		{ .digest = digest('r', repository, common), .size = REPOSITORY },
		{ .digest = digest('o', i, own), .size = OWN },
	};
	struct oci_manifest manifest = { .layers = layers, .layer_count = 3, .created = WORLD_NOW };

	inventory_describe(inventory,
			   inventory_manifest(inventory, repository, digest('m', i, body)),
			   &manifest, BODY);
}

static void add_tags(struct inventory *inventory, uint32_t repository, uint32_t count)
{
	uint32_t first_tag = (uint32_t)inventory->tag_count;
	uint32_t manifest = inventory->repositories[repository].first_manifest;
	char **names = xcalloc(count, sizeof *names);

	for (uint32_t i = 0; i < count; i++)
		names[i] = xasprintf("v%u", i);
	inventory_tags(inventory, repository, names, count);
	for (uint32_t i = 0; i < count; i++) {
		inventory_point(inventory, first_tag + i, manifest);
		manifest = inventory->manifests[manifest].next;
		free(names[i]);
	}
	free(names);
}

static void assert_in_time(clock_t start)
{
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;

	printf("# %.3f s\n", seconds);
	assert_true(seconds < SECONDS);
}

static void check_many_repositories(void **state)
{
	struct inventory *inventory = inventory_new();
	struct space_part rest;
	struct usage *space = NULL;
	clock_t start;

	(void)state;
	for (uint32_t r = 0; r < REPOSITORIES; r++) {
		CLEANUP(free_p) char *name = xasprintf("team/%u", r);

		inventory_repository(inventory, name);
		for (uint32_t i = 0; i < TAGS; i++)
			add_image(inventory, r, r * TAGS + i);
		add_tags(inventory, r, TAGS);
	}
	start = clock();
	space = usage_build(inventory);
	rest = usage_rest(inventory, space, 1);
	assert_in_time(start);
	assert_int_equal(space->all.shared, BASE);
	assert_int_equal(space->all.alone, REPOSITORIES * (REPOSITORY + TAGS * (OWN + BODY)));
	assert_int_equal(space->bytes, space->all.shared + space->all.alone);
	assert_int_equal(space->all.tags, REPOSITORIES * TAGS);
	assert_int_equal(rest.shared, BASE);
	assert_int_equal(rest.alone, (REPOSITORIES - 1) * (REPOSITORY + TAGS * (OWN + BODY)));
	usage_free(space);
	inventory_free(inventory);
}

static void check_many_tags(void **state)
{
	struct inventory *inventory = inventory_new();
	struct usage_tags *tags = NULL;
	clock_t start;

	(void)state;
	inventory_repository(inventory, "repo");
	for (uint32_t i = 0; i < MANY; i++)
		add_image(inventory, 0, i);
	add_tags(inventory, 0, MANY);
	start = clock();
	tags = usage_tags_build(inventory, 0);
	assert_in_time(start);
	assert_int_equal(tags->count, MANY);
	assert_int_equal(tags->bytes, BASE + REPOSITORY + MANY * (OWN + BODY));
	for (size_t i = 0; i < tags->count; i++) {
		assert_int_equal(tags->items[i].bytes, BASE + REPOSITORY + OWN + BODY);
		assert_int_equal(tags->items[i].exclusive, OWN + BODY);
	}
	usage_tags_free(tags);
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_many_repositories),
		cmocka_unit_test(check_many_tags),
	};

	return cmocka_run_group_tests_name("space of large registries", tests, NULL, NULL);
}
