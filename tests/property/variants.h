/* What must stay true when a world is told in another order, is protected more, or was left
 * half-way through its plan. */
#ifndef VARIANTS_H
#define VARIANTS_H

#include "effects.h"

/* Nothing goes in FEWER that does not go in MORE. */
static inline bool variant_shrinks(const struct random_world *world, const struct decision *more,
				   const struct decision *fewer, const char *because,
				   struct fault *fault)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (fewer->tag_goes[t] && !more->tag_goes[t])
			return fault_set(fault, "tag %s goes since %s", world->tags[t].name,
					 because);
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (fewer->manifest_goes[m] && !more->manifest_goes[m])
			return fault_set(fault, "m%" PRIu32 " goes since %s",
					 world->manifests[m].label, because);
	}
	return true;
}

static inline bool variant_of(const struct random_world *changed, const struct decision *decision,
			      const char *because, struct fault *fault)
{
	struct decision fewer;
	bool right;

	decision_make(&fewer, changed, NULL);
	right = variant_shrinks(changed, decision, &fewer, because, fault);
	decision_clear(&fewer);
	return right;
}

/* Changes something in WORLD so that nothing more can go; false when it cannot be changed so. */
typedef bool variant_change(struct random_world *world, uint64_t *state);

static inline bool change_hold(struct random_world *world, uint64_t *state)
{
	world->manifests[random_below(state, world->manifest_count)].held = true;
	return true;
}

static inline bool change_trouble(struct random_world *world, uint64_t *state)
{
	world->trouble[random_below(state, world->repository_count)] = true;
	return true;
}

static inline bool change_protected(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;

	if (world->tag_count == 0 || policy->protected_tag_count == RANDOM_NAMES)
		return false;
	random_copy(policy->protected_tags[policy->protected_tag_count++],
		    world->tags[random_below(state, world->tag_count)].name);
	return true;
}

static inline bool change_in_use(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;

	if (policy->image_refs_count == RANDOM_IN_USE)
		return false;
	policy->asks_in_use = true;
	random_reference(world, state, policy->in_use[policy->image_refs_count++]);
	return true;
}

static inline bool change_save_last(struct random_world *world, uint64_t *state)
{
	if (world->policy.job_count == 0)
		return false;
	world->policy.jobs[random_below(state, world->policy.job_count)].save_last++;
	return true;
}

/* Without any other rule that selects, the first number would. */
static inline bool change_number(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;
	bool selects = policy->by_days || policy->name_regex != RANDOM_NONE ||
		       policy->job_count > 0 || policy->list_count > 0;

	(void)state;
	if (!selects && policy->keep_last_images == 0)
		return false;
	policy->keep_last_images++;
	return true;
}

static inline bool change_since(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;
	int64_t since = random_date(world, state);

	if (!date_known(since) || (policy->keep_since > 0 && policy->keep_since < since))
		return false;
	policy->keep_since = since;
	return true;
}

static inline bool change_due(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;

	if (policy->job_count == 0)
		return false;
	for (uint32_t j = 0; policy->all_due && j < policy->job_count; j++)
		policy->jobs[j].due = true;
	policy->all_due = false;
	policy->jobs[random_below(state, policy->job_count)].due = false;
	return true;
}

static inline bool change_targets(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;

	for (uint32_t r = 0; r < world->repository_count; r++)
		policy->only[r] = naive_is_target(policy, world, r);
	policy->only[random_below(state, world->repository_count)] = false;
	policy->only_some = true;
	return true;
}

static inline bool change_wanted(struct random_world *world, uint64_t *state)
{
	(void)state;
	if (world->policy.only_wanted)
		return false;
	world->policy.only_wanted = true;
	return true;
}

static inline bool change_holds(struct random_world *world, uint64_t *state)
{
	struct random_manifest *manifest;

	if (world->tag_count == 0)
		return false;
	world->tags[random_below(state, world->tag_count)].hold = HOLD_COUNTS;
	manifest = &world->manifests[random_below(state, world->manifest_count)];
	if (random_chance(state, 50))
		manifest->hold = HOLD_COUNTS;
	return true;
}

static inline bool change_ready(struct random_world *world, uint64_t *state)
{
	if (!world->opaque || world->tag_count == 0)
		return false;
	world->tags[random_below(state, world->tag_count)].not_ready = true;
	return true;
}

/* A plan for fewer days has lines for more manifests, and those that it lacks keep them. */
static inline bool change_untagged(struct random_world *world, uint64_t *state)
{
	if (world->policy.untagged_days == 0 || world->policy.only_wanted)
		return false;
	world->policy.untagged_days += 1 + random_below(state, 40);
	return true;
}

/* Three of these each time: all of them would take too long. */
static inline bool variants_shrink(const struct random_world *world,
				   const struct decision *decision, uint64_t *state,
				   struct fault *fault)
{
	static const struct {
		variant_change *change;
		const char *because;
	} CHANGES[] = {
		{ change_hold, "a manifest is held" },
		{ change_trouble, "a repository has a trouble" },
		{ change_protected, "a tag is protected" },
		{ change_in_use, "something is in use" },
		{ change_save_last, "a job saves one more" },
		{ change_number, "one image more is kept" },
		{ change_since, "what is dated later is kept" },
		{ change_due, "a job is not due" },
		{ change_targets, "a repository is no target" },
		{ change_holds, "something is held" },
		{ change_ready, "something is not ready" },
		{ change_wanted, "something is not wanted" },
		{ change_untagged, "untagged manifests stay for longer" },
	};
	uint32_t first = random_below(state, sizeof CHANGES / sizeof *CHANGES);

	for (uint32_t i = 0, done = 0; done < 3 && i < sizeof CHANGES / sizeof *CHANGES; i++) {
		uint32_t which = (first + i) % (sizeof CHANGES / sizeof *CHANGES);
		struct random_world changed = *world;

		if (!CHANGES[which].change(&changed, state))
			continue;
		if (!variant_of(&changed, decision, CHANGES[which].because, fault))
			return false;
		done++;
	}
	return true;
}

/* The order in which things are known changes no decision, and no reason. */
static inline bool variant_in_another_order(const struct random_world *world,
					    const struct decision *decision, uint64_t *state,
					    struct fault *fault)
{
	struct decision other;
	bool right = true;

	decision_make(&other, world, state);
	if (!variant_shrinks(world, decision, &other, "the order is another", fault) ||
	    !variant_shrinks(world, &other, decision, "the order is as it was", fault))
		right = false;
	for (uint32_t t = 0; right && t < world->tag_count; t++) {
		if (other.reasons[t] != decision->reasons[t])
			right = fault_set(fault, "tag %s has other reasons in another order",
					  world->tags[t].name);
	}
	decision_clear(&other);
	return right;
}

/* What the next run finds of a manifest that was to go: DELETED or not, STRUCK off the debts or
 * not. */
static inline void interrupt_manifest(struct random_manifest *manifest, bool deleted, bool struck)
{
	manifest->pending = !struck;
	manifest->gone = struck;
	if (!deleted)
		return;
	manifest->kind = MANIFEST_MISSING;
	manifest->created = DATE_ABSENT;
	manifest->child_count = 0;
	manifest->subject = RANDOM_NONE;
	manifest->held = false;
}

/* WORLD as it is after the first COUNTS[r] steps of each repository; the last of them was not
 * struck off any more. */
static inline void interrupt(struct random_world *world, const struct decision *decision,
			     const uint32_t *counts)
{
	struct effects effects;
	uint32_t left = 0;

	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (naive_has_a_tag(world, m))
			world->manifests[m].untagged_since = DATE_ABSENT;
	}
	effects_begin(&effects, world);
	effects_apply(&effects, world, decision, counts);
	for (uint32_t r = 0; r < world->repository_count; r++) {
		const struct plan_repository *part =
			&decision->plan->repositories[decision->map.repositories[r]];
		uint32_t end = part->first_step + part->step_count;

		for (uint32_t s = part->first_step; s < end; s++) {
			if (step_tag(decision, s) == RANDOM_NONE)
				interrupt_manifest(&world->manifests[step_manifest(decision, s)],
						   s < part->first_step + counts[r],
						   s + 1 < part->first_step + counts[r]);
		}
	}
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (effects.tags[t])
			world->tags[left++] = world->tags[t];
	}
	world->tag_count = left;
}

static inline bool same_manifests(const struct random_world *world, const struct effects *whole,
				  const struct effects *second, struct fault *fault)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (whole->manifests[m] != second->manifests[m])
			return fault_set(fault, "m%" PRIu32 " is %s after an interruption",
					 world->manifests[m].label,
					 second->manifests[m] ? "left" : "lost");
	}
	return true;
}

/* A number keeps T of what is left, as too few with a date are left: no debt says that it was to go
 * alone. */
static inline bool kept_by_the_few_left(const struct naive *naive, uint32_t t)
{
	return naive->rules.says[t] & REASON_UNDATED && naive_takes_place(&naive->rules, t);
}

/* No tag of REST that one run takes is there after the second, but such, and all that it leaves
 * are. NAIVE is of REST. */
static inline bool same_tags(const struct random_world *world, const struct effects *whole,
			     const struct random_world *rest, const struct naive *naive,
			     const struct effects *second, struct fault *fault)
{
	uint32_t found = 0, expected = 0;

	for (uint32_t t = 0; t < world->tag_count; t++)
		expected += whole->tags[t];
	for (uint32_t t = 0; t < rest->tag_count; t++) {
		bool stays = whole->tags[rest->tags[t].origin];

		found += stays && second->tags[t];
		if (second->tags[t] && !stays && !kept_by_the_few_left(naive, t))
			return fault_set(fault, "tag %s is left after an interruption",
					 rest->tags[t].name);
	}
	return found == expected || fault_set(fault, "a tag is lost after an interruption");
}

/* S12: interrupted anywhere, the next run ends where one run would have. */
static inline bool variant_interrupted(const struct random_world *world,
				       const struct decision *decision, uint64_t *state,
				       struct fault *fault)
{
	struct random_world rest = *world;
	struct effects whole, second;
	struct decision next;
	struct naive naive;
	uint32_t counts[RANDOM_REPOSITORIES];
	bool right;

	for (uint32_t r = 0; r < world->repository_count; r++)
		counts[r] = random_below(
			state,
			1 + decision->plan->repositories[decision->map.repositories[r]].step_count);
	effects_apply_all(&whole, world, decision);
	interrupt(&rest, decision, counts);
	naive_decide(&rest, &naive);
	decision_make(&next, &rest, state);
	effects_apply_all(&second, &rest, &next);
	right = decision_agrees(&rest, &next, &naive, fault) &&
		effects_are_right(&rest, &next, &naive, fault) &&
		same_manifests(world, &whole, &second, fault) &&
		same_tags(world, &whole, &rest, &naive, &second, fault);
	decision_clear(&next);
	return right;
}

#endif
