/* A random world and what is decided on it, in words: those of tests/unit/world.h where it has
 * them, so that what failed can become a row of tests/unit/test_plan.c. */
#ifndef WORLD_TEXT_H
#define WORLD_TEXT_H

#include "decision.h"
#include "policy_text.h"

static inline void world_print_goes(bool plan, bool naive)
{
	printf("\t# plan: %s, naive: %s%s\n", plan ? "goes" : "stays", naive ? "goes" : "stays",
	       plan == naive ? "" : "   <---");
}

static inline const char *world_hold(uint8_t hold)
{
	return hold == HOLD_COUNTS ? "a hold of" : "an expired hold of";
}

static inline void world_print_manifest(const struct random_world *world,
					const struct decision *decision, const struct naive *naive,
					uint32_t m)
{
	static const char *const kinds[] = { "unseen",  "image",      "artifact", "index",
					     "schema1", "unreadable", "missing",  "opaque" };
	const struct random_manifest *manifest = &world->manifests[m];

	printf("%s m%" PRIu32, kinds[manifest->kind], manifest->label);
	for (uint32_t c = 0; c < manifest->child_count; c++)
		printf(" m%" PRIu32 "%s", world->manifests[manifest->children[c]].label,
		       manifest->attestation[c] ? "!"
		       : manifest->artifact[c]  ? "?"
						: "");
	if (random_readable(manifest) && manifest->kind != MANIFEST_INDEX)
		world_print_date(manifest->created);
	world_print_goes(decision->manifest_goes[m], naive->manifest_goes[m]);
	if (manifest->subject != RANDOM_NONE)
		printf("subject m%" PRIu32 " m%" PRIu32 "\n", manifest->label,
		       world->manifests[manifest->subject].label);
	if (manifest->pending)
		printf("owed m%" PRIu32 "\n", manifest->label);
	if (manifest->held)
		printf("held m%" PRIu32 "\n", manifest->label);
	if (manifest->gone)
		printf("gone m%" PRIu32 "\n", manifest->label);
	if (world->storage && !manifest->linked)
		printf("unlinked m%" PRIu32 "\n", manifest->label);
	if (manifest->config < RANDOM_MANIFESTS)
		printf("config of m%" PRIu32 ": m%" PRIu32 "\n", manifest->label, manifest->config);
	else if (manifest->config != RANDOM_NONE && world->policy.asks_in_use)
		printf("config of m%" PRIu32 ": b%" PRIu32 "\n", manifest->label,
		       manifest->config - RANDOM_MANIFESTS);
	if (world->policy.untagged_days > 0 && !naive_has_a_tag(world, m)) {
		printf("untagged m%" PRIu32 " since", manifest->label);
		world_print_date(manifest->untagged_since);
		printf("%s\n", naive->untagged[m] ? "\t# long enough" : "");
	}
	if (manifest->hold != NO_HOLD)
		printf("%s m%" PRIu32 "\n", world_hold(manifest->hold), manifest->label);
	if (naive->in_use[m])
		printf("\t# m%" PRIu32 " is in use\n", manifest->label);
	if (world->policy.only_wanted && manifest->wanted)
		printf("\t# m%" PRIu32 " is wanted without a tag\n", manifest->label);
}

static inline void world_print_reasons(uint64_t reasons)
{
	for (unsigned i = 0; i < PLAN_REASONS; i++) {
		if (reasons & (UINT64_C(1) << i))
			printf(" %s", plan_reason_name((enum plan_reason)(UINT64_C(1) << i)));
	}
}

static inline void world_print_tag(const struct random_world *world,
				   const struct decision *decision, const struct naive *naive,
				   uint32_t t)
{
	static const char *const wanted[] = { "unwanted", "wanted", "wanted otherwise" };
	static const char *const verbs[] = { "unseen", "tag", "dangling", "unreadable-tag" };
	const struct random_tag *tag = &world->tags[t];
	uint32_t blocker = decision->plan->tags[decision->map.tags[t]].blocker;

	printf("%s ", verbs[tag->state]);
	world_print_name(world, tag->name);
	if (tag->state == TAG_READ)
		printf(" m%" PRIu32, world->manifests[tag->manifest].label);
	printf(" pushed ");
	world_print_date(tag->pushed);
	printf(" pulled ");
	world_print_date(tag->pulled);
	printf(" seen ");
	world_print_date(tag->seen);
	if (world->policy.only_wanted)
		printf(" %s", wanted[tag->wanted]);
	if (tag->not_ready)
		printf(" unready");
	if (tag->hold != NO_HOLD)
		printf(", %s it", world_hold(tag->hold));
	printf("\t#");
	world_print_reasons(decision->reasons[t]);
	printf(", naive rules:");
	world_print_reasons(naive->rules.says[t]);
	if (blocker != INVENTORY_NONE)
		printf(" (blocker %" PRIu32 ")", blocker);
	world_print_goes(decision->tag_goes[t], naive->tag_goes[t]);
}

static inline void world_print_steps(const struct random_world *world,
				     const struct decision *decision)
{
	printf("delete:");
	for (size_t s = 0; s < decision->plan->step_count; s++) {
		const struct plan_step *step = &decision->plan->steps[s];

		if (step->tag != INVENTORY_NONE) {
			printf(" tag ");
			world_print_name(world, decision->inventory->tags[step->tag].name);
		} else {
			printf(" m%" PRIu32,
			       world->manifests[decision->manifest_of[step->manifest]].label);
		}
	}
	printf("\n");
}

static inline void world_print(const struct random_world *world)
{
	struct decision decision;
	struct naive naive;

	decision_make(&decision, world, NULL);
	naive_decide(world, &naive);
	world_print_policy(world);
	for (uint32_t r = 0; r < world->repository_count; r++) {
		printf("\nrepository %s\n%s", world->repositories[r],
		       world->trouble[r] ? "trouble\n" : "");
		for (uint32_t m = 0; m < world->manifest_count; m++) {
			if (world->manifests[m].repository == r)
				world_print_manifest(world, &decision, &naive, m);
		}
		for (uint32_t t = 0; t < world->tag_count; t++) {
			if (world->tags[t].repository == r)
				world_print_tag(world, &decision, &naive, t);
		}
	}
	world_print_steps(world, &decision);
	decision_clear(&decision);
}

#endif
