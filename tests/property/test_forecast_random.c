/* The forecast against random registries: what it says is what a naive reading of the collector's
 * rules says; its parts add up; a tag alone frees what a plan for just that tag frees.
 *
 *   SEED=n    which registries; printed, and chosen anew when not set
 *   CASES=n   how many, default 2000; each once from the storage and once from the API
 *   CASE=n    only this one of them
 *
 * A registry that fails is made smaller as long as it fails, and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "forecast/forecast.h"
#include "naive_forecast.h"
#include "shrink.h"
#include "world_text.h"

#include <time.h>

struct tally {
	uint64_t cases, freed, shared, garbage, untagged, holding, tags, alone;
};

static struct tally tally;

static bool same(struct fault *fault, const char *what, uint64_t forecast, uint64_t naive)
{
	return forecast == naive ||
	       fault_set(fault, "%s: %" PRIu64 ", naive: %" PRIu64, what, forecast, naive);
}

static bool repositories_agree(const struct random_world *world, const struct decision *decision,
			       const struct forecast *forecast, const struct naive_forecast *naive,
			       struct fault *fault)
{
	for (uint32_t r = 0; r < world->repository_count; r++) {
		const struct forecast_repository *part =
			&forecast->repositories[decision->map.repositories[r]];

		if (!same(fault, world->repositories[r], part->freed, naive->freed_in[r]) ||
		    !same(fault, "untagged in a repository", part->untagged, naive->untagged_in[r]))
			return false;
	}
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (!same(fault, world->tags[t].name, forecast->tags[decision->map.tags[t]],
			  naive->tags[t]))
			return false;
	}
	return true;
}

static bool agrees(const struct random_world *world, const struct random_blobs *blobs,
		   const struct decision *decision, const struct forecast *forecast,
		   struct fault *fault)
{
	static struct naive_blobs view;
	struct naive_set leaves = { 0 };
	struct naive_forecast naive;

	naive_look(&view, world, blobs);
	memcpy(leaves.manifests, decision->manifest_goes,
	       world->manifest_count * sizeof *leaves.manifests);
	memcpy(leaves.tags, decision->tag_goes, world->tag_count * sizeof *leaves.tags);
	naive_forecast(&view, &leaves, &naive);
	return same(fault, "bytes", forecast->bytes, naive.bytes) &&
	       same(fault, "blobs", forecast->blobs, naive.blobs) &&
	       same(fault, "shared", forecast->shared, naive.shared) &&
	       same(fault, "garbage", forecast->garbage, naive.garbage) &&
	       same(fault, "untagged", forecast->untagged, naive.untagged) &&
	       same(fault, "unread", forecast->unread, naive.unread) &&
	       repositories_agree(world, decision, forecast, &naive, fault);
}

static bool adds_up(const struct random_world *world, const struct forecast *forecast,
		    struct fault *fault)
{
	uint64_t sum = forecast->shared + forecast->garbage, untagged = 0;

	for (uint32_t r = 0; r < world->repository_count; r++) {
		sum += forecast->repositories[r].freed;
		untagged += forecast->repositories[r].untagged;
	}
	if (untagged > forecast->untagged)
		return fault_set(fault, "untagged parts are more than the total");
	return same(fault, "the sum of the parts", sum, forecast->bytes);
}

/* When all manifests go, all blobs do: from the storage every file, from the API all that is
 * referred to. When none goes, only the garbage does. */
static bool extremes_are_right(const struct random_world *world, const struct random_blobs *blobs,
			       const struct decision *decision, const struct forecast *forecast,
			       struct fault *fault)
{
	static struct naive_blobs view;
	struct forecast *nothing = forecast_build(decision->inventory, NULL), *all;
	uint64_t total = 0;
	bool right;

	for (uint32_t m = 0; m < world->manifest_count; m++)
		decision->plan->manifests[m].goes = true;
	all = forecast_build(decision->inventory, decision->plan);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		decision->plan->manifests[decision->map.manifests[m]].goes =
			decision->manifest_goes[m];
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		if (world->storage && blobs->stored[d] != INVENTORY_ABSENT)
			total += blobs->stored[d];
	}
	naive_look(&view, world, blobs);
	if (!world->storage)
		total = naive_total(&view, NULL);
	right = same(fault, "freed when all goes", all->bytes, total) &&
		same(fault, "untagged when all goes", all->untagged, 0) &&
		same(fault, "freed when nothing goes", nothing->bytes, forecast->garbage) &&
		same(fault, "garbage when all goes", all->garbage, forecast->garbage) &&
		adds_up(world, all, fault);
	forecast_free(all);
	forecast_free(nothing);
	return right;
}

static struct forecast *forecast_of(const struct random_world *world,
				    const struct random_blobs *blobs, struct decision *decision,
				    uint64_t *state)
{
	decision_make(decision, world, state);
	random_fill_blobs(decision->inventory, world, &decision->map, blobs);
	return forecast_build(decision->inventory, decision->plan);
}

/* WORLD where no date, policy, debt or hold decides anything. */
static struct random_world at_rest(const struct random_world *world)
{
	struct random_world rest = *world;

	rest.policy = (struct random_policy){ .days = world->policy.days,
					      .by_days = true,
					      .delete_old_tags = true,
					      .age_from = AGE_PUSHED,
					      .name_regex = RANDOM_NONE,
					      .number_file = RANDOM_NONE };
	memset(rest.trouble, 0, sizeof rest.trouble);
	for (uint32_t m = 0; m < rest.manifest_count; m++) {
		struct random_manifest *manifest = &rest.manifests[m];

		manifest->pending = manifest->held = manifest->gone = false;
		manifest->hold = NO_HOLD;
		/* S7 is not the forecast's. */
		if (manifest->config < RANDOM_MANIFESTS)
			manifest->config = RANDOM_NONE;
		if (random_readable(manifest) && manifest->kind != MANIFEST_INDEX)
			manifest->created = RANDOM_NOW;
	}
	for (uint32_t t = 0; t < rest.tag_count; t++) {
		rest.tags[t].pushed = RANDOM_NOW;
		rest.tags[t].hold = NO_HOLD;
	}
	return rest;
}

/* What is freed when tag T of REST goes. */
static uint64_t freed_by_plan(const struct random_world *rest, const struct random_blobs *blobs,
			      uint32_t t, uint64_t *state)
{
	struct random_world without = *rest;
	struct decision decision;
	struct forecast *forecast;
	uint64_t freed;

	without.tags[t].pushed = random_cutoff(rest) - 1;
	forecast = forecast_of(&without, blobs, &decision, state);
	freed = forecast->bytes - forecast->garbage;
	forecast_free(forecast);
	decision_clear(&decision);
	return freed;
}

/* A tag that describes nothing frees alone what the plan for just that tag frees. */
static bool tags_are_right(const struct random_world *world, const struct random_blobs *blobs,
			   uint64_t *state, struct fault *fault)
{
	struct random_world rest = at_rest(world);
	struct decision decision;
	struct forecast *forecast = forecast_of(&rest, blobs, &decision, NULL);
	uint32_t step = 1 + rest.tag_count / 20;
	bool right = true;

	for (uint32_t t = random_below(state, step); right && t < rest.tag_count; t += step) {
		const struct random_tag *tag = &rest.tags[t];
		uint64_t alone = forecast->tags[decision.map.tags[t]];

		if (tag->state != TAG_READ || naive_named(&rest, tag) != RANDOM_NONE ||
		    rest.manifests[tag->manifest].subject != RANDOM_NONE)
			continue;
		right = same(fault, tag->name, alone, freed_by_plan(&rest, blobs, t, state));
		tally.alone++;
	}
	forecast_free(forecast);
	decision_clear(&decision);
	return right;
}

/* The order in which things are known changes nothing. */
static bool order_is_nothing(const struct random_world *world, const struct random_blobs *blobs,
			     uint64_t *state, struct fault *fault)
{
	struct decision decision;
	struct forecast *forecast = forecast_of(world, blobs, &decision, state);
	bool right = agrees(world, blobs, &decision, forecast, fault);

	forecast_free(forecast);
	decision_clear(&decision);
	return right;
}

static void count(const struct random_world *world, const struct forecast *forecast)
{
	tally.cases++;
	tally.freed += forecast->bytes > forecast->garbage;
	tally.shared += forecast->shared > 0;
	tally.garbage += forecast->garbage > 0;
	tally.untagged += forecast->untagged > 0;
	tally.tags += world->tag_count;
	for (uint32_t t = 0; t < world->tag_count; t++)
		tally.holding += forecast->tags[t] > 0;
}

static bool source_is_right(const struct random_world *world, struct fault *fault)
{
	uint64_t state = world->seed;
	struct random_blobs blobs;
	struct decision decision;
	struct forecast *forecast;
	bool right;

	random_blobs(&blobs, world);
	forecast = forecast_of(world, &blobs, &decision, NULL);
	count(world, forecast);
	right = (forecast->complete == world->storage || fault_set(fault, "complete is wrong")) &&
		agrees(world, &blobs, &decision, forecast, fault) &&
		adds_up(world, forecast, fault) &&
		extremes_are_right(world, &blobs, &decision, forecast, fault) &&
		order_is_nothing(world, &blobs, &state, fault) &&
		tags_are_right(world, &blobs, &state, fault);
	forecast_free(forecast);
	decision_clear(&decision);
	return right;
}

static bool is_right(const struct random_world *world, struct fault *fault)
{
	struct random_world other = *world;

	other.storage = !world->storage;
	return source_is_right(world, fault) && source_is_right(&other, fault);
}

static void print_digest(uint32_t digest)
{
	if (digest < RANDOM_MANIFESTS)
		printf(" m%" PRIu32, digest);
	else
		printf(" b%" PRIu32, digest - RANDOM_MANIFESTS);
}

static void print_blobs(const struct random_world *world)
{
	struct random_blobs blobs;

	random_blobs(&blobs, world);
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		printf("%s: layers m%" PRIu32, world->repositories[world->manifests[m].repository],
		       world->manifests[m].label);
		for (uint32_t i = 0; i < blobs.reference_count[m]; i++)
			print_digest(blobs.references[m][i]);
		printf("%s\n", world->manifests[m].linked ? "" : " (unlinked)");
	}
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		if (!naive_is_mentioned(world, &blobs, d))
			continue;
		printf("blob");
		print_digest(d);
		printf(" %" PRIu64 " %" PRId64 "%s\n", blobs.stated[d], (int64_t)blobs.stored[d],
		       blobs.foreign[d] ? " foreign" : "");
	}
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
	print_blobs(&world);
	fail_msg("SEED=%" PRIu64 " CASE=%" PRIu64 ": %s", seed, number_of_case, fault.text);
}

static void check_forecast(void **state)
{
	uint64_t seed = number("SEED", (uint64_t)time(NULL));
	uint64_t cases = number("CASES", 2000);
	uint64_t only = number("CASE", UINT64_MAX);

	(void)state;
	printf("# SEED=%" PRIu64 " CASES=%" PRIu64 "\n", seed, cases);
	for (uint64_t i = 0; i < cases; i++) {
		if (only == UINT64_MAX || only == i)
			check_case(seed, i);
	}
	printf("# of %" PRIu64 " forecasts %" PRIu64 " freed something, %" PRIu64
	       " something shared, %" PRIu64 " garbage, and %" PRIu64 " left something untagged; "
	       "%" PRIu64 " of %" PRIu64 " tags held something; %" PRIu64 " were planned alone\n",
	       tally.cases, tally.freed, tally.shared, tally.garbage, tally.untagged, tally.holding,
	       tally.tags, tally.alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(check_forecast) };

	return cmocka_run_group_tests_name("the forecast on random registries", tests, NULL, NULL);
}
