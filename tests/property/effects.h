/* Sends a plan's steps to a registry that is a few arrays, and looks at what is left. Nothing here
 * knows why something should go. */
#ifndef EFFECTS_H
#define EFFECTS_H

#include "decision.h"

struct effects {
	bool manifests[RANDOM_MANIFESTS]; /* which are there */
	bool tags[RANDOM_TAGS];
};

static inline void effects_begin(struct effects *effects, const struct random_world *world)
{
	for (uint32_t m = 0; m < world->manifest_count; m++)
		effects->manifests[m] = world->manifests[m].kind != MANIFEST_MISSING;
	for (uint32_t t = 0; t < world->tag_count; t++)
		effects->tags[t] = true;
}

/* A DELETE by digest takes all tags of that digest with it. */
static inline void effects_send(struct effects *effects, const struct random_world *world,
				uint32_t manifest, uint32_t tag)
{
	if (tag != RANDOM_NONE) {
		effects->tags[tag] = false;
		return;
	}
	effects->manifests[manifest] = false;
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == manifest)
			effects->tags[t] = false;
	}
}

static inline uint32_t step_manifest(const struct decision *decision, uint32_t step)
{
	return decision->manifest_of[decision->plan->steps[step].manifest];
}

static inline uint32_t step_tag(const struct decision *decision, uint32_t step)
{
	uint32_t tag = decision->plan->steps[step].tag;

	return tag == INVENTORY_NONE ? RANDOM_NONE : decision->tag_of[tag];
}

/* Sends the first COUNTS[r] steps of each repository r. */
static inline void effects_apply(struct effects *effects, const struct random_world *world,
				 const struct decision *decision, const uint32_t *counts)
{
	for (uint32_t r = 0; r < world->repository_count; r++) {
		const struct plan_repository *part =
			&decision->plan->repositories[decision->map.repositories[r]];

		for (uint32_t s = part->first_step; s < part->first_step + counts[r]; s++)
			effects_send(effects, world, step_manifest(decision, s),
				     step_tag(decision, s));
	}
}

static inline void effects_apply_all(struct effects *effects, const struct random_world *world,
				     const struct decision *decision)
{
	uint32_t counts[RANDOM_REPOSITORIES];

	for (uint32_t r = 0; r < world->repository_count; r++)
		counts[r] = decision->plan->repositories[decision->map.repositories[r]].step_count;
	effects_begin(effects, world);
	effects_apply(effects, world, decision, counts);
}

/* S1: kept tags are there with their manifest, all others are not. */
static inline bool effects_on_tags(const struct random_world *world,
				   const struct decision *decision, const struct effects *effects,
				   struct fault *fault)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const struct random_tag *tag = &world->tags[t];

		if (effects->tags[t] == decision->tag_goes[t])
			return fault_set(fault, "tag %s %s after all steps", tag->name,
					 effects->tags[t] ? "is there" : "is not there");
		if (effects->tags[t] && tag->state == TAG_READ &&
		    !effects->manifests[tag->manifest])
			return fault_set(fault, "tag %s dangles after all steps", tag->name);
	}
	return true;
}

/* S3 and S4: what is left has its children, and still its signatures. */
static inline bool effects_on_manifests(const struct random_world *world, const struct naive *naive,
					const struct effects *effects, struct fault *fault)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		for (uint32_t c = 0; effects->manifests[m] && c < manifest->child_count; c++) {
			const struct random_manifest *child =
				&world->manifests[manifest->children[c]];

			if (!effects->manifests[manifest->children[c]] &&
			    child->kind != MANIFEST_MISSING)
				return fault_set(fault, "index m%" PRIu32 " lost its child",
						 manifest->label);
		}
		if (manifest->kind != MANIFEST_MISSING && !effects->manifests[m] &&
		    manifest->subject != RANDOM_NONE && effects->manifests[manifest->subject])
			return fault_set(fault, "m%" PRIu32 " went without its subject",
					 manifest->label);
	}
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (!effects->tags[t] && naive->named[t] != RANDOM_NONE &&
		    effects->manifests[naive->named[t]])
			return fault_set(fault, "tag %s went without what it describes",
					 world->tags[t].name);
	}
	return true;
}

/* Where each manifest's step stands, or RANDOM_NONE; -1 for two. */
static inline bool steps_find(const struct random_world *world, const struct decision *decision,
			      uint32_t *place, struct fault *fault)
{
	const struct plan *plan = decision->plan;
	uint32_t next = 0;

	for (uint32_t m = 0; m < world->manifest_count; m++)
		place[m] = RANDOM_NONE;
	for (uint32_t i = 0; i < world->repository_count; i++) {
		const struct plan_repository *part = &plan->repositories[i];
		bool single = false;

		if (part->step_count > 0 && part->first_step != next)
			return fault_set(fault, "steps are missing before %" PRIu32, next);
		for (uint32_t s = next; s < next + part->step_count; s++) {
			uint32_t m = step_manifest(decision, s);

			if (decision->map.repositories[world->manifests[m].repository] != i)
				return fault_set(fault, "step %" PRIu32 " is of another repository",
						 s);
			single |= step_tag(decision, s) != RANDOM_NONE;
			if (step_tag(decision, s) != RANDOM_NONE)
				continue;
			if (single || place[m] != RANDOM_NONE)
				return fault_set(fault, "step %" PRIu32 " is twice or too late", s);
			place[m] = s;
		}
		next += part->step_count;
	}
	return next == plan->step_count || fault_set(fault, "there are more steps");
}

/* Exactly what goes has a step, and can be read. */
static inline bool steps_are_complete(const struct random_world *world,
				      const struct decision *decision, const uint32_t *place,
				      struct fault *fault)
{
	size_t tags_going = 0, manifests_going = 0, untagged_going = 0;
	uint32_t singles[RANDOM_TAGS] = { 0 };

	for (uint32_t s = 0; s < decision->plan->step_count; s++) {
		uint32_t t = step_tag(decision, s);

		if (t != RANDOM_NONE && world->tags[t].manifest != step_manifest(decision, s))
			return fault_set(fault, "step %" PRIu32 " is of another manifest", s);
		if (t != RANDOM_NONE)
			singles[t]++;
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		manifests_going += decision->manifest_goes[m];
		untagged_going += decision->manifest_goes[m] &&
				  decision->plan->manifests[decision->map.manifests[m]].untagged;
		if (decision->manifest_goes[m] != (place[m] != RANDOM_NONE) ||
		    (decision->manifest_goes[m] && !random_readable(&world->manifests[m])))
			return fault_set(fault, "m%" PRIu32 " and its step",
					 world->manifests[m].label);
	}
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const struct random_tag *tag = &world->tags[t];
		bool single = decision->tag_goes[t] && !decision->manifest_goes[tag->manifest];

		tags_going += decision->tag_goes[t];
		if (singles[t] != single || (single && !world->tag_delete))
			return fault_set(fault, "tag %s and its step", tag->name);
	}
	return (tags_going == decision->plan->tags_going &&
		manifests_going == decision->plan->manifests_going &&
		untagged_going == decision->plan->untagged_going) ||
	       fault_set(fault, "the sums are wrong");
}

/* Marks what must go after something in LATER: what it lists, what describes it, and if PARTS what
 * may be a part of it. */
static inline bool ties_follow(const struct random_world *world, const struct naive *naive,
			       const uint32_t *place, bool parts, bool *later, const bool *from)
{
	bool found = false;

	for (uint32_t m = 0; m < world->manifest_count; m++) {
		bool after = naive->subjects[m] != RANDOM_NONE && from[naive->subjects[m]];

		for (uint32_t t = 0; t < world->tag_count; t++)
			after |= naive->named[t] != RANDOM_NONE && from[naive->named[t]] &&
				 world->tags[t].manifest == m && naive->named[t] != m;
		for (uint32_t i = 0; i < world->manifest_count; i++)
			after |= from[i] && (naive_lists(&world->manifests[i], m) ||
					     (parts && naive_may_list(world, i, m)));
		if (after && place[m] != RANDOM_NONE && !later[m])
			found = later[m] = true;
	}
	return found;
}

/* Whether M must go before itself: names contradict each other. */
static inline bool ties_contradict(const struct random_world *world, const struct naive *naive,
				   const uint32_t *place, bool parts, uint32_t m, bool *later)
{
	bool from[RANDOM_MANIFESTS] = { [0] = false };

	from[m] = true;
	memset(later, 0, RANDOM_MANIFESTS * sizeof *later);
	while (ties_follow(world, naive, place, parts, later, from))
		memcpy(from, later, sizeof from);
	return later[m];
}

/* A subject that contradictory names hold up, or something behind them, waits for nothing. */
static inline bool ties_hold(const struct random_world *world, const struct naive *naive,
			     const uint32_t *place, bool parts, uint32_t subject)
{
	bool later[RANDOM_MANIFESTS];

	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (place[m] != RANDOM_NONE &&
		    ties_contradict(world, naive, place, parts, m, later) && later[subject])
			return false;
	}
	return true;
}

static inline bool step_is_after_its_subject(const struct random_world *world,
					     const struct naive *naive, const uint32_t *place,
					     uint32_t m, uint32_t subject)
{
	return subject == RANDOM_NONE || subject == m || place[subject] == RANDOM_NONE ||
	       place[m] > place[subject] || !ties_hold(world, naive, place, false, subject);
}

/* What may be a part of another by its name goes after that, unless names contradict each other. */
static inline bool parts_are_in_order(const struct random_world *world, const struct naive *naive,
				      const uint32_t *place, struct fault *fault)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		uint32_t part = world->tags[t].manifest, whole;

		for (uint32_t o = 0; o < world->tag_count; o++) {
			if (!naive_names_part(world, t, o))
				continue;
			whole = world->tags[o].manifest;
			if (place[part] != RANDOM_NONE && place[whole] != RANDOM_NONE &&
			    place[part] < place[whole] &&
			    ties_hold(world, naive, place, true, whole))
				return fault_set(fault,
						 "tag %s goes before what it may be a part of",
						 world->tags[t].name);
		}
	}
	return true;
}

/* Indexes go before their children, and subjects before what describes them. */
static inline bool steps_are_in_order(const struct random_world *world, const struct naive *naive,
				      const uint32_t *place, struct fault *fault)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		if (place[m] == RANDOM_NONE)
			continue;
		for (uint32_t c = 0; c < manifest->child_count; c++) {
			if (place[manifest->children[c]] < place[m])
				return fault_set(fault, "m%" PRIu32 " goes after its child",
						 manifest->label);
		}
		if (!step_is_after_its_subject(world, naive, place, m, naive->subjects[m]))
			return fault_set(fault, "m%" PRIu32 " goes before its subject",
					 manifest->label);
	}
	for (uint32_t t = 0; t < world->tag_count; t++) {
		const struct random_tag *tag = &world->tags[t];

		if (tag->state == TAG_READ &&
		    !step_is_after_its_subject(world, naive, place, tag->manifest, naive->named[t]))
			return fault_set(fault, "tag %s goes before what it describes", tag->name);
	}
	return true;
}

static inline bool effects_are_right(const struct random_world *world,
				     const struct decision *decision, const struct naive *naive,
				     struct fault *fault)
{
	uint32_t place[RANDOM_MANIFESTS];
	struct effects effects;

	if (!steps_find(world, decision, place, fault) ||
	    !steps_are_complete(world, decision, place, fault) ||
	    !steps_are_in_order(world, naive, place, fault) ||
	    !parts_are_in_order(world, naive, place, fault))
		return false;
	effects_apply_all(&effects, world, decision);
	return effects_on_tags(world, decision, &effects, fault) &&
	       effects_on_manifests(world, naive, &effects, fault);
}

#endif
