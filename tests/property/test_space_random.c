/* Where the space goes on random registries: what is told is what a naive count tells, its parts
 * add up, and neither the order of things nor where the rest begins changes that.
 *
 *   SEED=n    which registries; printed, and chosen anew when not set
 *   CASES=n   how many, default 1000; each once from the storage and once from the API
 *   CASE=n    only this one of them
 *
 * A registry that fails is made smaller as long as it fails, and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "forecast/forecast.h"
#include "forecast/usage.h"
#include "forecast/usage_tags.h"
#include "naive_space.h"
#include "shrink.h"
#include "world_text.h"

#include <time.h>

struct tally {
	uint64_t cases, shared, garbage, untagged, tags, holding;
};

static struct tally tally;

struct world_view {
	const struct random_world *world;
	struct random_blobs blobs;
	struct naive_blobs naive_blobs;
	struct decision decision;
};

static bool same(struct fault *fault, const char *what, uint64_t told, uint64_t naive)
{
	return told == naive ||
	       fault_set(fault, "%s: %" PRIu64 ", naive: %" PRIu64, what, told, naive);
}

static bool part_agrees(struct fault *fault, const char *name, const struct space_part *part,
			const struct naive_space_part *naive)
{
	return same(fault, name, part->alone, naive->alone) &&
	       same(fault, "shared in a repository", part->shared, naive->shared) &&
	       same(fault, "tags in a repository", part->tags, naive->tags) &&
	       same(fault, "manifests in a repository", part->manifests, naive->manifests) &&
	       same(fault, "untagged in a repository", part->untagged, naive->untagged);
}

static bool agrees(const struct world_view *view, const struct usage *space,
		   const struct naive_space *naive, struct fault *fault)
{
	for (uint32_t r = 0; r < view->world->repository_count; r++) {
		if (!part_agrees(fault, view->world->repositories[r],
				 &space->repositories[view->decision.map.repositories[r]],
				 &naive->repositories[r]))
			return false;
	}
	return same(fault, "bytes", space->bytes, naive->bytes) &&
	       same(fault, "blobs", space->blobs, naive->blobs) &&
	       same(fault, "garbage", space->garbage, naive->garbage) &&
	       same(fault, "garbage blobs", space->garbage_blobs, naive->garbage_blobs) &&
	       same(fault, "shared", space->all.shared, naive->shared) &&
	       same(fault, "unread", space->unread, naive->unread);
}

/* The parts are the whole, and the order is a permutation from large to small. */
static bool adds_up(const struct world_view *view, const struct usage *space, struct fault *fault)
{
	const struct inventory *inventory = view->decision.inventory;
	struct space_part sum = { 0 };
	bool seen[RANDOM_REPOSITORIES] = { false };

	for (size_t i = 0; i < inventory->repository_count; i++) {
		const struct space_part *part = &space->repositories[space->order[i]];

		if (seen[space->order[i]])
			return fault_set(fault, "a repository stands twice in the order");
		seen[space->order[i]] = true;
		if (i > 0 &&
		    usage_size(part) > usage_size(&space->repositories[space->order[i - 1]]))
			return fault_set(fault, "the order is not from large to small");
		sum.alone += part->alone;
		sum.tags += part->tags;
		sum.manifests += part->manifests;
		sum.untagged += part->untagged;
	}
	return same(fault, "the sum of ALONE", sum.alone, space->all.alone) &&
	       same(fault, "the sum of tags", sum.tags, space->all.tags) &&
	       same(fault, "the sum of manifests", sum.manifests, space->all.manifests) &&
	       same(fault, "the sum of untagged", sum.untagged, space->all.untagged) &&
	       same(fault, "the sum of the parts",
		    space->all.alone + space->all.shared + space->garbage, space->bytes);
}

/* From the first repository on the rest is everything; what comes before it completes the sums. */
static bool rest_is_right(const struct world_view *view, const struct usage *space,
			  struct fault *fault)
{
	const struct inventory *inventory = view->decision.inventory;
	uint64_t before = 0, last = space->all.shared;

	for (size_t i = 0; i <= inventory->repository_count; i++) {
		struct space_part rest = usage_rest(inventory, space, i);

		if (!same(fault, "before and in the rest", before + rest.alone, space->all.alone))
			return false;
		if (rest.shared > last ||
		    (i < inventory->repository_count &&
		     rest.shared < space->repositories[space->order[i]].shared))
			return fault_set(fault, "the rest shares too much or too little");
		last = rest.shared;
		if (i < inventory->repository_count)
			before += space->repositories[space->order[i]].alone;
	}
	return last == 0 || fault_set(fault, "an empty rest shares something");
}

static bool tags_are_right(const struct world_view *view, uint32_t r,
			   const struct forecast *forecast, const struct naive_space *naive,
			   struct fault *fault)
{
	const struct inventory *inventory = view->decision.inventory;
	struct usage_tags *tags = usage_tags_build(inventory, view->decision.map.repositories[r]);
	bool all[RANDOM_TAGS] = { false }, right = true;
	uint64_t last = UINT64_MAX;

	for (uint32_t t = 0; t < view->world->tag_count; t++)
		all[t] = view->world->tags[t].repository == r;
	right = same(fault, "tags", tags->count, naive->repositories[r].tags) &&
		same(fault, "all tags", tags->bytes,
		     naive_weigh(&view->naive_blobs, &view->blobs, all));
	for (size_t i = 0; right && i < tags->count; i++) {
		const struct space_tag *tag = &tags->items[i];
		uint32_t t = view->decision.tag_of[tag->tag];

		right = same(fault, view->world->tags[t].name, tag->bytes, naive->tags[t]) &&
			same(fault, "exclusive", tag->exclusive, forecast->tags[tag->tag]) &&
			(tag->bytes <= last || fault_set(fault, "tags are not in order"));
		last = tag->bytes;
		tally.holding += tag->bytes > 0;
		tally.tags++;
	}
	usage_tags_free(tags);
	return right;
}

static bool view_is_right(const struct world_view *view, struct fault *fault)
{
	const struct inventory *inventory = view->decision.inventory;
	struct usage *space = usage_build(inventory);
	struct forecast *forecast = forecast_build(inventory, NULL);
	struct naive_space naive;
	bool right = true;

	naive_space(&view->naive_blobs, &view->blobs, &naive);
	right = agrees(view, space, &naive, fault) && adds_up(view, space, fault) &&
		rest_is_right(view, space, fault) &&
		same(fault, "garbage, as forecast", space->garbage, forecast->garbage);
	for (uint32_t r = 0; right && r < view->world->repository_count; r++)
		right = tags_are_right(view, r, forecast, &naive, fault);
	tally.cases++;
	tally.shared += space->all.shared > 0;
	tally.garbage += space->garbage > 0;
	tally.untagged += space->all.untagged > 0;
	forecast_free(forecast);
	usage_free(space);
	return right;
}

/* STATE as for decision_make. */
/* STATE as for decision_make. */
static bool source_is_right(const struct random_world *world, uint64_t *state, struct fault *fault)
{
	static struct world_view view;
	bool right = true;

	view.world = world;
	random_blobs(&view.blobs, world);
	naive_look(&view.naive_blobs, world, &view.blobs);
	decision_make(&view.decision, world, state);
	random_fill_blobs(view.decision.inventory, world, &view.decision.map, &view.blobs);
	right = view_is_right(&view, fault);
	decision_clear(&view.decision);
	return right;
}

static bool is_right(const struct random_world *world, struct fault *fault)
{
	uint64_t state = world->seed;
	struct random_world other = *world;

	other.storage = !world->storage;
	return source_is_right(world, NULL, fault) && source_is_right(world, &state, fault) &&
	       source_is_right(&other, &state, fault);
}

static uint64_t number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void check_case(uint64_t seed, uint64_t number_of_case)
{
	static struct random_world world;
	struct fault fault = { "" };
	uint64_t state = seed ^ (number_of_case * UINT64_C(0xd1342543de82ef95));

	random_world(&world, random_next(&state));
	if (is_right(&world, &fault))
		return;
	printf("# SEED=%" PRIu64 " CASE=%" PRIu64 ": %s\n", seed, number_of_case, fault.text);
	shrink(&world, is_right);
	is_right(&world, &fault);
	printf("# made smaller: %s\n", fault.text);
	world_print(&world);
	fail_msg("SEED=%" PRIu64 " CASE=%" PRIu64 ": %s", seed, number_of_case, fault.text);
}

static void check_space(void **state)
{
	uint64_t seed = number("SEED", (uint64_t)time(NULL));
	uint64_t cases = number("CASES", 1000);
	uint64_t only = number("CASE", UINT64_MAX);

	(void)state;
	printf("# SEED=%" PRIu64 " CASES=%" PRIu64 "\n", seed, cases);
	for (uint64_t i = 0; i < cases; i++) {
		if (only == UINT64_MAX || only == i)
			check_case(seed, i);
	}
	printf("# of %" PRIu64 " registries %" PRIu64 " shared something, %" PRIu64
	       " had garbage and %" PRIu64 " untagged manifests; %" PRIu64 " of %" PRIu64
	       " tags had bytes\n",
	       tally.cases, tally.shared, tally.garbage, tally.untagged, tally.holding, tally.tags);
	assert_true(only != UINT64_MAX || (tally.shared && tally.garbage && tally.untagged));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(check_space) };

	return cmocka_run_group_tests_name("the space of random registries", tests, NULL, NULL);
}
