/* Are the reasons that a plan gives true? Not whether it gives all that it could. */
#ifndef REASONS_H
#define REASONS_H

#include "decision.h"

/* What is true of a tag, as far as its reasons may speak of it. */
struct truth {
	bool read, readable; /* it has a manifest, and one that can be read */
	bool dated, old;
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
	else if (!manifest->gone && !manifest->owed)
		truth->subject_missing = true;
}

static inline struct truth truth_of(const struct random_world *world,
				    const struct decision *decision, const struct naive *naive,
				    uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	struct truth truth = { .read = tag->state == TAG_READ };
	int64_t created = truth.read ? naive->created[tag->manifest] : DATE_ABSENT;

	truth.readable = truth.read && random_readable(&world->manifests[tag->manifest]);
	truth.dated = date_known(naive_date(world, tag, created));
	truth.old = naive_is_old(world, tag, created);
	truth_add_subject(world, decision, naive->named[t], &truth);
	if (truth.read)
		truth_add_subject(world, decision, world->manifests[tag->manifest].subject, &truth);
	return truth;
}

/* The tag or the index that T names as the one that holds it does. */
static inline bool holder_holds(const struct random_world *world, const struct decision *decision,
				uint32_t t)
{
	uint32_t holder = decision->plan->tags[decision->map.tags[t]].holder;
	uint32_t reasons = decision->reasons[t];
	uint32_t other;

	if (!(reasons & (REASON_SHARED_DIGEST | REASON_INDEX_KEPT)))
		return holder == INVENTORY_NONE;
	if (holder == INVENTORY_NONE || world->tags[t].state != TAG_READ)
		return false;
	if (reasons & REASON_SHARED_DIGEST) {
		other = decision->tag_of[holder];
		return other != t && !decision->tag_goes[other] &&
		       world->tags[other].manifest == world->tags[t].manifest &&
		       !(decision->reasons[other] & REASON_SHARED_DIGEST);
	}
	other = decision->manifest_of[holder];
	return !decision->manifest_goes[other] &&
	       naive_lists(&world->manifests[other], world->tags[t].manifest);
}

/* REASON is given only if it is so. */
static inline bool only_if(uint32_t reasons, enum plan_reason reason, bool so)
{
	return !(reasons & reason) || so;
}

static inline bool tag_reasons_are_true(const struct random_world *world,
					const struct decision *decision, const struct naive *naive,
					uint32_t t)
{
	static const uint32_t of_going = REASON_OLD | REASON_SUBJECT_DELETED;
	const struct random_tag *tag = &world->tags[t];
	struct truth truth = truth_of(world, decision, naive, t);
	uint32_t reasons = decision->reasons[t];
	bool name = naive_name_is_protected(world, tag->name);
	bool pattern = naive_pattern_protects(world, tag->name);
	bool repository = naive_repository_is_protected(world, tag->repository);

	if (decision->tag_goes[t] ? (reasons & ~of_going) != 0 || !reasons
				  : (reasons & ~of_going) == 0)
		return false;
	return name == !!(reasons & REASON_PROTECTED_TAG) &&
	       pattern == !!(reasons & REASON_PROTECTED_PATTERN) &&
	       repository == !!(reasons & REASON_PROTECTED_REPOSITORY) &&
	       only_if(reasons, REASON_OLD, truth.old) &&
	       only_if(reasons, REASON_RECENT, truth.dated && !truth.old) &&
	       only_if(reasons, REASON_UNKNOWN_AGE, !truth.dated) &&
	       only_if(reasons, REASON_UNREADABLE, !truth.readable) &&
	       only_if(reasons, REASON_MISSING, !truth.read) &&
	       only_if(reasons, REASON_INCOMPLETE, world->trouble[tag->repository]) &&
	       only_if(reasons, REASON_SUBJECT_DELETED, truth.describes) &&
	       only_if(reasons, REASON_SUBJECT_KEPT, truth.subject_stays) &&
	       only_if(reasons, REASON_ORPHAN, truth.subject_missing) &&
	       only_if(reasons, REASON_CHANGED,
		       truth.read && world->manifests[tag->manifest].held) &&
	       holder_holds(world, decision, t);
}

/* Every reason given is true, and each tag has one for what becomes of it. */
static inline bool reasons_are_true(const struct random_world *world,
				    const struct decision *decision, const struct naive *naive,
				    struct fault *fault)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (!tag_reasons_are_true(world, decision, naive, t))
			return fault_set(fault, "tag %s: its reasons are not true",
					 world->tags[t].name);
	}
	return true;
}

#endif
