/* What a collection frees: a row is a sentence, a small registry (world.h), and what is forecast.
 * Every manifest's body has one byte. Policy: 30 days, `latest` is protected. In the expectation
 * the first line is the total and how many blobs it is, then come parts that are not 0, then each
 * tag with what it alone holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>

#include "config/config.h"
#include "forecast/forecast.h"
#include "oci/manifest.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/buf.h"
#include "world.h"
#include "world_bodies.h"

struct row {
	const char *sentence, *world, *expected;
};

static const struct row ROWS[] = {
	{ "an image goes with its config and layers",
	  "blob c 20\nblob l 300\nimage A 90\nlayers A c l\ntag a A", "321 in 3\nrepo 321\na 321" },
	{ "nothing goes when nothing is deleted", "blob l 300\nimage A 1\nlayers A l\ntag a A",
	  "0 in 0\na 301" },
	{ "a layer that a kept image has stays",
	  "blob l 300\nblob m 4000\nimage A 90\nimage B 1\nlayers A l m\nlayers B l\ntag a A\n"
	  "tag b B",
	  "4001 in 2\nrepo 4001\na 4001\nb 1" },
	{ "a layer of two images that go is freed once, and no tag alone holds it",
	  "blob l 300\nimage A 90\nimage B 90\nlayers A l\nlayers B l\ntag a A\ntag b B",
	  "302 in 3\nrepo 302\na 1\nb 1" },
	{ "a layer that a manifest names twice counts once",
	  "storage\nblob l 300\nimage A 90\nlayers A l l\ntag a A", "301 in 2\nrepo 301\na 301" },
	{ "a digest with two tags is held by neither alone",
	  "blob l 300\nimage A 90\nlayers A l\ntag a A\ntag b A", "301 in 2\nrepo 301\na 0\nb 0" },
	{ "3.x: a tag that goes alone frees nothing",
	  "3x\nblob l 300\nimage A 90\nlayers A l\ntag a A\ntag latest A",
	  "0 in 0\na 0\nlatest 0" },
	{ "from the storage, what files have counts, not what manifests state",
	  "storage\nblob l 300 50\nimage A 90\nlayers A l\ntag a A", "51 in 2\nrepo 51\na 51" },
	{ "a blob without a file is nothing",
	  "storage\nblob l 300 absent\nimage A 90\nlayers A l\ntag a A", "1 in 1\nrepo 1\na 1" },
	{ "an empty blob counts as one", "storage\nblob l 0\nimage A 90\nlayers A l\ntag a A",
	  "1 in 2\nrepo 1\na 1" },
	{ "an index goes with its children",
	  "blob l 300\nblob m 4000\nimage A 90\nimage B 90\nlayers A l\nlayers B m\nindex I A B!\n"
	  "tag i I",
	  "4303 in 5\nrepo 4303\ni 4303" },
	{ "a child that another index lists is held by neither",
	  "blob l 300\nimage A 1\nlayers A l\nindex I A\nindex K A\ntag i I\ntag k K",
	  "0 in 0\ni 1\nk 1" },
	{ "a child with a tag is not held by its index, nor by its tag",
	  "blob l 300\nimage A 1\nlayers A l\nindex I A\ntag i I\ntag a A", "0 in 0\ni 1\na 0" },
	{ "nested indexes hold what is below",
	  "blob l 300\nimage A 1\nlayers A l\nindex J A\nindex I J A\ntag i I", "0 in 0\ni 303" },
	{ "an index that no tag reaches holds its child",
	  "storage\nblob l 300\nimage A 1\nlayers A l\nindex U A\nindex I A\ntag i I",
	  "0 in 0\nuntagged 1\nrepo 0, 1 untagged\ni 1" },
	{ "what describes an image goes with it, and holds itself alone",
	  "blob l 300\nblob s 20\nimage A 90\nlayers A l\nartifact S none\nlayers S s\ntag a A\n"
	  "tag sig:A S",
	  "322 in 4\nrepo 322\na 322\nsig:A 21" },
	{ "a tagged describer goes by its tag, too",
	  "blob s 20\nimage A 1\nartifact S none\nsubject S A\nlayers S s\ntag a A\ntag sbom S",
	  "0 in 0\na 22\nsbom 21" },
	{ "an untagged describer is held by what it describes",
	  "storage\nblob s 20\nimage A 1\nartifact S none\nsubject S A\nlayers S s\ntag a A",
	  "0 in 0\na 22" },
	{ "a fallback index goes with its subject, and its list with it",
	  "blob r 20\nimage A 1\nartifact R none\nsubject R A\nlayers R r\nindex F R\ntag a A\n"
	  "tag bare:A F",
	  "0 in 0\na 23\nbare:A 1" },
	{ "a bare tag on another list is there for its own sake",
	  "blob r 20\nimage A 1\nartifact R none\nlayers R r\nindex F R\ntag a A\ntag bare:A F",
	  "0 in 0\na 1\nbare:A 22" },
	{ "a description of a description goes too",
	  "image A 1\nartifact S none\nartifact Z none\ntag a A\ntag sig:A S\ntag sig:S Z",
	  "0 in 0\na 3\nsig:A 2\nsig:S 1" },
	{ "one signature of two images is held by neither",
	  "image A 1\nimage B 1\nartifact S none\ntag a A\ntag b B\ntag sig:A S\ntag sig:B S",
	  "0 in 0\na 1\nb 1\nsig:A 0\nsig:B 0" },
	{ "a description with a tag of its own stays",
	  "image A 1\nartifact S none\ntag a A\ntag sig:A S\ntag x S",
	  "0 in 0\na 1\nsig:A 0\nx 0" },
	{ "an orphan is held by its own tag", "missing A\nartifact S none\nsubject S A\ntag s S",
	  "0 in 0\ns 1" },
	{ "an untagged orphan holds its blobs for good",
	  "storage\nblob s 20\nmissing A\nartifact S none\nsubject S A\nlayers S s\nimage B 1\n"
	  "index I A B\ntag i I",
	  "0 in 0\nuntagged 21\nrepo 0, 21 untagged\ni 2" },
	{ "what stays an orphan because of one subject is not held by the other",
	  "missing A\nimage B 1\nartifact S none\nsubject S A\ntag b B\ntag sig:B S",
	  "0 in 0\nb 1\nsig:B 1" },
	{ "a subject that we deleted makes no orphan",
	  "missing A\ngone A\nimage B 1\nartifact S none\nsubject S A\ntag b B\ntag sig:B S",
	  "0 in 0\nb 2\nsig:B 1" },
	{ "nor does a debt that is paid",
	  "missing A\nowed A\nimage B 1\nartifact S none\nsubject S A\ntag b B\ntag sig:B S",
	  "0 in 0\nb 2\nsig:B 1" },
	{ "tags that name each other hold what is their own",
	  "blob l 300\nblob m 4000\nimage A 1\nimage B 1\nlayers A l\nlayers B m\ntag sig:B A\n"
	  "tag sig:A B",
	  "0 in 0\nsig:B 301\nsig:A 4001" },
	{ "… and fall together with what else holds one of them",
	  "image C 1\nimage A 1\nimage B 1\ntag c C\ntag sig:C A\ntag sig:B A\ntag sig:A B",
	  "0 in 0\nc 3\nsig:C 2\nsig:B 0\nsig:A 1" },
	{ "a tag that describes its own manifest holds it", "image A 1\ntag sig:A A",
	  "0 in 0\nsig:A 1" },
	{ "an untagged index that describes what it lists is held by nothing",
	  "storage\nimage A 1\nindex I A\nsubject I A",
	  "0 in 0\nuntagged 2\nrepo 0, 2 untagged\n" },
	{ "what cannot be read stays, and is counted",
	  "storage\nunreadable A\nimage B 1\nindex I A B\ntag i I\ntag a A",
	  "0 in 0\nunread 1\ni 2\na 0" },
	{ "what cannot be read keeps its describers",
	  "unreadable A\nartifact S none\nsubject S A\nindex I A\ntag i I",
	  "0 in 0\nunread 1\ni 1" },
	{ "what no manifest refers to is garbage",
	  "storage\nblob l 300\nblob g 5000\nimage A 1\nlayers A l\ntag a A",
	  "5000 in 1\ngarbage 5000\na 301" },
	{ "from the API nothing is garbage", "blob g 5000\nimage A 1\ntag a A", "0 in 0\na 1" },
	{ "a manifest without its revision link marks nothing",
	  "storage\nblob l 300\nimage A 1\nlayers A l\nunlinked A", "301 in 2\ngarbage 301\n" },
	{ "an index marks a child that is not linked, and not what that refers to",
	  "storage\nblob l 300\nimage A 1\nlayers A l\nunlinked A\nimage B 1\nindex I A B\ntag i I",
	  "300 in 1\ngarbage 300\ni 3" },
	{ "a child whose body is the only thing left goes with its index",
	  "storage\nblob A 7\nmissing A\nimage B 90\nindex I A B\ntag i I", "9 in 3\nrepo 9\ni 9" },
	{ "from the API a missing child is nothing", "missing A\nimage B 90\nindex I A B\ntag i I",
	  "2 in 2\nrepo 2\ni 2" },
	{ "a linked manifest without its body is passed over",
	  "storage\nblob l 300\nmissing A\nlayers A l", "300 in 1\ngarbage 300\n" },
	{ "untagged manifests hold what nothing else has",
	  "storage\nblob l 300\nblob m 4000\nimage A 1\nimage U 1\nlayers A l\nlayers U l m\n"
	  "tag a A",
	  "0 in 0\nuntagged 4001\nrepo 0, 4001 untagged\na 1" },
	{ "what a run leaves to an untagged manifest is that one's",
	  "storage\nblob l 300\nimage A 90\nimage U 1\nlayers A l\nlayers U l\ntag a A",
	  "1 in 1\nuntagged 301\nrepo 1, 301 untagged\na 1" },
	{ "an untagged manifest that goes is freed",
	  "storage\nblob l 300\nimage U 1\nlayers U l\nowed U", "301 in 2\nrepo 301\n" },
	{ "from the API nothing is known of untagged manifests", "image U 1", "0 in 0\n" },
	{ "a layer of two repositories is freed when both let go, for neither",
	  "blob l 300\nblob m 4000\nimage A 90\nlayers A l m\ntag a A\nrepository two\n"
	  "image B 90\nlayers B l\ntag b B",
	  "4302 in 4\nshared 300\nrepo 4001\ntwo 1\na 4001\nb 1" },
	{ "a layer that another repository keeps stays",
	  "blob l 300\nimage A 90\nlayers A l\ntag a A\nrepository two\nimage B 1\nlayers B l\n"
	  "tag b B",
	  "1 in 1\nrepo 1\na 1\nb 1" },
	{ "an image in two repositories is one, and shared",
	  "blob l 300\nimage A 90\nlayers A l\ntag a A\nrepository two\nimage A 90\nlayers A l\n"
	  "tag a A",
	  "301 in 2\nshared 301\na 0\na 0" },
	{ "what untagged manifests of two repositories hold is neither's",
	  "storage\nblob l 300\nimage U 1\nlayers U l\nrepository two\nimage V 1\nlayers V l",
	  "0 in 0\nuntagged 302\nrepo 0, 1 untagged\ntwo 0, 1 untagged\n" },
	{ "sizes that cannot be added up are the largest number",
	  "blob l 18446744073709551614\nblob m 9\nimage A 90\nlayers A l m\ntag a A",
	  "18446744073709551615 in 3\nrepo 18446744073709551615\na 18446744073709551615" },
};

static char latest[] = "latest";
static char *protected_tags[] = { latest, NULL };

static const struct config POLICY_CONFIG = { .cleanup = {
						     .days_to_keep = 30,
						     .delete_old_tags = true,
						     .protected_tags = { protected_tags, 1 } } };

static void add_part(struct buf *out, const char *name, uint64_t bytes)
{
	if (bytes)
		buf_format(out, "%s %" PRIu64 "\n", name, bytes);
}

/* A tag as world.h spells it, which needs the one-letter name of what it describes. */
static void add_tag(struct buf *out, const char *name)
{
	char bare[DIGEST_TEXT + 8];

	for (char letter[] = "A"; letter[0] <= 'Z'; letter[0]++) {
		char word[] = { 'b', 'a', 'r', 'e', ':', letter[0], '\0' };

		world_tag_name(word, bare, sizeof bare);
		if (strncmp(name, bare, strlen(bare)) != 0)
			continue;
		buf_format(out, "%s:%s", name[71] ? name + 72 : "bare", letter);
		return;
	}
	buf_text(out, name);
}

static void describe(struct buf *out, const struct inventory *inventory,
		     const struct forecast *forecast)
{
	buf_format(out, "%" PRIu64 " in %" PRIu64 "\n", forecast->bytes, forecast->blobs);
	add_part(out, "shared", forecast->shared);
	add_part(out, "garbage", forecast->garbage);
	add_part(out, "untagged", forecast->untagged);
	add_part(out, "unread", forecast->unread);
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		const struct forecast_repository *part = &forecast->repositories[r];

		if (!part->freed && !part->untagged)
			continue;
		buf_format(out, "%s %" PRIu64, inventory->repositories[r].name, part->freed);
		if (part->untagged)
			buf_format(out, ", %" PRIu64 " untagged", part->untagged);
		buf_text(out, "\n");
	}
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		buf_text(out, t ? "\n" : "");
		add_tag(out, inventory->tags[t].name);
		buf_format(out, " %" PRIu64, forecast->tags[t]);
	}
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct inventory *inventory = world_new(row->world);
	struct policy *policy = policy_new(&POLICY_CONFIG);
	struct buf actual = { 0 };
	struct forecast *forecast;
	struct plan *plan;

	world_bodies(inventory);
	plan = plan_build(inventory, policy, WORLD_NOW);
	forecast = forecast_build(inventory, plan);
	describe(&actual, inventory, forecast);
	assert_string_equal(buf_string(&actual), row->expected);
	assert_int_equal(forecast->complete, inventory->from_storage);
	buf_free(&actual);
	forecast_free(forecast);
	plan_free(plan);
	policy_free(policy);
	inventory_free(inventory);
}

/* Without a plan only the garbage goes. */
static void check_without_plan(void **state)
{
	struct inventory *inventory = world_new("storage\nblob g 500\nimage A 90\ntag a A");
	struct forecast *forecast;

	(void)state;
	world_bodies(inventory);
	forecast = forecast_build(inventory, NULL);
	assert_int_equal(forecast->bytes, 500);
	assert_int_equal(forecast->tags[0], 1);
	forecast_free(forecast);
	inventory_free(inventory);
}

static void check_empty(void **state)
{
	struct inventory *inventory = inventory_new();
	struct forecast *forecast = forecast_build(inventory, NULL);

	(void)state;
	assert_int_equal(forecast->bytes, 0);
	assert_false(forecast->complete);
	forecast_free(forecast);
	forecast_free(NULL);
	inventory_free(inventory);
}

/* A layer that one manifest calls foreign and another does not was pushed. */
static void check_foreign(void **state)
{
	struct inventory *inventory = inventory_new();
	char windows[DIGEST_TEXT], pushed[DIGEST_TEXT];
	struct oci_descriptor layers[] = {
		{ .digest = (char *)(uintptr_t)world_digest("w", windows),
		  .size = 300,
		  .foreign = true },
		{ .digest = (char *)(uintptr_t)world_digest("p", pushed),
		  .size = 4000,
		  .foreign = true },
	};
	struct oci_manifest body = { .layers = layers, .layer_count = 2 };
	struct forecast *forecast;
	char name[] = "tag", *names[] = { name };

	(void)state;
	inventory_repository(inventory, "repo");
	inventory_describe(inventory, world_manifest(inventory, "A"), &body, 1);
	layers[1].foreign = false;
	inventory_describe(inventory, world_manifest(inventory, "B"), &body, 20);
	layers[1].foreign = true;
	inventory_describe(inventory, world_manifest(inventory, "C"), &body, 1);
	inventory_tags(inventory, 0, names, 1);
	inventory_point(inventory, 0, world_manifest(inventory, "B"));
	forecast = forecast_build(inventory, NULL);
	assert_int_equal(forecast->tags[0], 20);
	forecast_free(forecast);
	inventory_free(inventory);
}

/* No size is known: nothing is not 0. */
static void check_opaque(void **state)
{
	struct inventory *inventory = world_new("opaque A\ntag a A 90\ntag b A 90");
	struct forecast *forecast = forecast_build(inventory, NULL);

	(void)state;
	assert_int_equal(forecast->tags[0], FORECAST_UNKNOWN);
	assert_int_equal(forecast->tags[1], FORECAST_UNKNOWN);
	assert_int_equal(forecast->blobs, 0);
	forecast_free(forecast);
	inventory_free(inventory);
}

#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT + 4] = {
		[ROW_COUNT] = cmocka_unit_test(check_without_plan),
		[ROW_COUNT + 1] = cmocka_unit_test(check_empty),
		[ROW_COUNT + 2] = cmocka_unit_test(check_foreign),
		[ROW_COUNT + 3] = cmocka_unit_test(check_opaque),
	};

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){ .name = ROWS[i].sentence,
						.test_func = check_row,
						.initial_state = (void *)(uintptr_t)&ROWS[i] };
	return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
