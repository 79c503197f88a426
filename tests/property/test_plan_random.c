/* The plan against random registries and policies: what it decides is what a naive reading of the
 * rules and the promises decides, does what it says when it is carried out, and only shrinks when
 * more is kept.
 *
 *   SEED=n    which registries; printed, and chosen anew when not set
 *   CASES=n   how many, default 2000
 *   CASE=n    only this one of them
 *
 * Of each third nothing but the digests of tags is known (random_opaque.h).
 *
 * A registry that fails is made smaller as long as it fails, and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "random_opaque.h"
#include "reasons.h"
#include "shrink.h"
#include "trace.h"
#include "variants.h"
#include "world_text.h"

#include <time.h>

struct tally {
	uint64_t tags, tags_going, manifests, manifests_going, untagged_going, superseded_going,
		steps, single_tags;
	uint64_t reasons;
};

static struct tally tally;

static void count(const struct random_world *world, const struct decision *decision,
		  const struct naive *naive)
{
	tally.tags += world->tag_count;
	tally.manifests += world->manifest_count;
	tally.tags_going += decision->plan->tags_going;
	tally.manifests_going += decision->plan->manifests_going;
	tally.untagged_going += decision->plan->untagged_going;
	for (uint32_t m = 0; m < world->manifest_count; m++)
		tally.superseded_going += decision->manifest_goes[m] &&
					  naive->subjects[m] != world->manifests[m].subject;
	for (uint32_t t = 0; t < world->tag_count; t++)
		tally.reasons |= decision->reasons[t];
	tally.steps += decision->plan->step_count;
	tally.single_tags += decision->plan->step_count - decision->plan->manifests_going;
}

static bool is_right(const struct random_world *world, struct fault *fault)
{
	uint64_t state = world->seed;
	struct decision decision;
	struct naive naive;
	bool right;

	naive_decide(world, &naive);
	decision_make(&decision, world, NULL);
	count(world, &decision, &naive);
	right = decision_agrees(world, &decision, &naive, fault) &&
		reasons_are_true(world, &decision, &naive, fault) &&
		trace_is_right(world, &decision, &naive, fault) &&
		effects_are_right(world, &decision, &naive, fault) &&
		variants_shrink(world, &decision, &state, fault) &&
		variant_in_another_order(world, &decision, &state, fault) &&
		variant_interrupted(world, &decision, &state, fault);
	decision_clear(&decision);
	return right;
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
	if (number_of_case % 3 == 2)
		random_opaque(&world);
	if (is_right(&world, &fault))
		return;
	printf("# SEED=%" PRIu64 " CASE=%" PRIu64 ": %s\n", seed, number_of_case, fault.text);
	shrink(&world, is_right);
	is_right(&world, &fault);
	printf("# made smaller: %s\n", fault.text);
	world_print(&world);
	fail_msg("SEED=%" PRIu64 " CASE=%" PRIu64 ": %s", seed, number_of_case, fault.text);
}

static void check_plan(void **state)
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
	printf("# %" PRIu64 " of %" PRIu64 " tags and %" PRIu64 " of %" PRIu64
	       " manifests went, %" PRIu64 " of them untagged, %" PRIu64
	       " superseded lists; %" PRIu64 " tags of %" PRIu64 " steps went alone\n",
	       tally.tags_going, tally.tags, tally.manifests_going, tally.manifests,
	       tally.untagged_going, tally.superseded_going, tally.single_tags, tally.steps);
	/* The worlds are so that everything happens in some of them. */
	if (only == UINT64_MAX && cases >= 2000) {
		assert_true(tally.superseded_going > 0);
		assert_int_equal(tally.reasons, (UINT64_C(1) << PLAN_REASONS) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(check_plan) };

	return cmocka_run_group_tests_name("the plan on random registries", tests, NULL, NULL);
}
