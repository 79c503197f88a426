/* Are the reasons that a plan gives true? Not whether it gives all that it could. */
#ifndef REASONS_H
#define REASONS_H

#include "decision.h"

/* What is true of a tag, as far as its reasons may speak of it. */
struct truth {
	bool read, readable; /* it has a manifest, and one that can be read */
	bool dated;
	bool describes, subject_stays, subject_missing;
};

static inline void truth_add_subject(const struct random_world *world,
				     const struct decision *decision, uint32_t subject,
				     struct truth *truth)
{
	const struct random_manifest *manifest;

	if (subject == RANDOM_NONE)
		return;
	manifest = &world->manifests[subject];
	truth->describes = true;
	if (manifest->kind != MANIFEST_MISSING)
		truth->subject_stays |= !decision->manifest_goes[subject];
	else if (!manifest->gone && !manifest->pending)
		truth->subject_missing = true;
}

static inline struct truth truth_of(const struct random_world *world,
				    const struct decision *decision, const struct naive *naive,
				    uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	struct truth truth = { .read = tag->state == TAG_READ };

	truth.readable = truth.read && random_readable(&world->manifests[tag->manifest]);
	truth.dated = date_known(naive->rules.tags[t].date);
	truth_add_subject(world, decision, naive->named[t], &truth);
	if (truth.read)
		truth_add_subject(world, decision, world->manifests[tag->manifest].subject, &truth);
	return truth;
}

/* The tag or the index that T names as the one that holds it does. */
static inline bool holder_holds(const struct random_world *world, const struct decision *decision,
				uint32_t t)
{
	uint32_t blocker = decision->plan->tags[decision->map.tags[t]].blocker;
	uint64_t reasons = decision->reasons[t];
	uint32_t other;

	if (!(reasons & (REASON_SHARED_DIGEST | REASON_INDEX_KEPT | REASON_PART_KEPT)))
		return blocker == INVENTORY_NONE;
	if (blocker == INVENTORY_NONE || world->tags[t].state != TAG_READ)
		return false;
	if (reasons & REASON_PART_KEPT)
		return !decision->tag_goes[decision->tag_of[blocker]];
	if (reasons & REASON_SHARED_DIGEST) {
		other = decision->tag_of[blocker];
		return other != t && !decision->tag_goes[other] &&
		       world->tags[other].manifest == world->tags[t].manifest &&
		       !(decision->reasons[other] & REASON_SHARED_DIGEST);
	}
	other = decision->manifest_of[blocker];
	return !decision->manifest_goes[other] &&
	       naive_lists(&world->manifests[other], world->tags[t].manifest);
}

/* The same of a manifest without a tag, and an index without one. */
static inline bool manifest_holder_holds(const struct random_world *world,
					 const struct decision *decision, uint32_t m)
{
	uint32_t blocker = decision->plan->manifests[decision->map.manifests[m]].blocker;

	if (blocker == INVENTORY_NONE)
		return true;
	blocker = decision->manifest_of[blocker];
	return !decision->manifest_goes[m] && !decision->manifest_goes[blocker] &&
	       !naive_has_a_tag(world, m) && !naive_has_a_tag(world, blocker) &&
	       naive_lists(&world->manifests[blocker], m);
}

/* REASON is given only if it is so. */
static inline bool only_if(uint64_t reasons, enum plan_reason reason, bool so)
{
	return !(reasons & reason) || so;
}

/* What rules say of T, and why none selects it, is told exactly. */
static inline bool rules_are_told(const struct random_world *world, const struct naive *naive,
				  uint64_t reasons, uint32_t t)
{
	static const uint64_t WHY_NOT = REASON_RECENT | REASON_UNKNOWN_AGE | REASON_NOT_DUE;
	const struct naive_tag *tag = &naive->rules.tags[t];
	uint64_t says = naive->rules.says[t], why_not = naive->rules.why_not[t];
	bool unread = world->tags[t].state != TAG_READ || !tag->readable;
	bool silent = !tag->describes && !says && !why_not && !unread && tag->target;

	if (unread)
		why_not = 0;
	else if (says & PLAN_SELECTING)
		why_not &= says & REASON_UNDATED ? REASON_UNKNOWN_AGE : 0;
	return (reasons & (PLAN_SELECTING | PLAN_KEPT_BY_RULE)) == says &&
	       (reasons & WHY_NOT) == why_not && !!(reasons & REASON_NOT_SELECTED) == silent;
}

/* What T has beside that. */
static inline bool other_reasons_are_true(const struct random_world *world,
					  const struct decision *decision,
					  const struct naive *naive, uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	struct truth truth = truth_of(world, decision, naive, t);
	uint64_t reasons = decision->reasons[t];
	bool wanted = !world->policy.only_wanted || tag->wanted == WANTED;

	return only_if(reasons, REASON_UNREADABLE, !truth.readable) &&
	       only_if(reasons, REASON_MISSING, !truth.read) &&
	       !!(reasons & REASON_NOT_READY) == (truth.readable && tag->not_ready) &&
	       only_if(reasons, REASON_PART_KEPT, naive_is_a_part(world, naive, t)) &&
	       only_if(reasons, REASON_INCOMPLETE, world->trouble[tag->repository]) &&
	       only_if(reasons, REASON_SUBJECT_DELETED, truth.describes) &&
	       only_if(reasons, REASON_SUBJECT_KEPT, truth.subject_stays) &&
	       only_if(reasons, REASON_ORPHAN, truth.subject_missing) &&
	       only_if(reasons, REASON_NOT_TARGETED, !naive->rules.tags[t].target) &&
	       only_if(reasons, REASON_NOT_WANTED, !wanted) &&
	       only_if(reasons, REASON_ALSO_BLOB,
		       truth.read && naive_is_a_config(world, tag->manifest)) &&
	       only_if(reasons, REASON_CHANGED, truth.read && world->manifests[tag->manifest].held);
}

/* At least one reason of a tag is about what becomes of it; all of one that goes are. */
static inline bool reasons_fit(const struct decision *decision, uint32_t t)
{
	static const uint64_t of_going = PLAN_SELECTING | REASON_SUBJECT_DELETED;
	uint64_t reasons = decision->reasons[t];

	if (decision->tag_goes[t])
		return (reasons & ~of_going) == 0 && reasons;
	return (reasons & ~of_going) != 0;
}

/* The numbers of the report: how many tags each rule matched, selected and kept. */
static inline bool rules_are_counted(const struct decision *decision, const struct naive *naive,
				     struct fault *fault)
{
	const struct policy *policy = decision->rules.policy;

	if (policy->rule_count != naive->rules.count)
		return fault_set(fault, "there are %zu rules", policy->rule_count);
	for (uint32_t i = 0; i < naive->rules.count; i++) {
		const struct plan_rule *rule = &decision->plan->rules[i];
		const struct plan_rule *about = &naive->rules.about[i];

		if (policy->rules[i].kind != naive->rules.rules[i].kind)
			return fault_set(fault, "rule %" PRIu32 " is of another kind", i);
		if (rule->matched != about->matched || rule->selected != about->selected ||
		    rule->kept != about->kept)
			return fault_set(fault,
					 "%s: matched %zu, selected %zu, kept %zu; "
					 "naive: %zu, %zu, %zu",
					 policy->rules[i].name, rule->matched, rule->selected,
					 rule->kept, about->matched, about->selected, about->kept);
	}
	return true;
}

/* Every reason given is true, and each tag has one for what becomes of it. */
static inline bool reasons_are_true(const struct random_world *world,
				    const struct decision *decision, const struct naive *naive,
				    struct fault *fault)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const char *name = world->tags[t].name;
		uint64_t reasons = decision->reasons[t];

		if (!rules_are_told(world, naive, reasons, t))
			return fault_set(fault, "tag %s: what rules say is not true", name);
		if (!other_reasons_are_true(world, decision, naive, t) ||
		    !holder_holds(world, decision, t))
			return fault_set(fault, "tag %s: its reasons are not true", name);
		if (!reasons_fit(decision, t))
			return fault_set(fault, "tag %s: its reasons do not fit", name);
		if (decision->plan->tags[decision->map.tags[t]].rule != naive->rules.decides[t])
			return fault_set(fault, "tag %s: not the rule that decides", name);
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (!manifest_holder_holds(world, decision, m))
			return fault_set(fault, "m%" PRIu32 ": its blocker does not hold it",
					 world->manifests[m].label);
	}
	return rules_are_counted(decision, naive, fault);
}

#endif
