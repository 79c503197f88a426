/* The promises S1 to S5 once more, with the rules of the policy, written to be read and not to be
 * fast: scans over everything add what is due to go until none finds more, then take away what
 * something keeps until none does.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include "naive_rules.h"

struct naive {
	struct naive_rules rules;
	bool in_use[RANDOM_MANIFESTS];   /* it, a tag of it, or something that it lists */
	bool untagged[RANDOM_MANIFESTS]; /* cleanup.untagged_days selects it */
	bool falls[RANDOM_MANIFESTS];    /* it may go, with what it lists */
	int64_t created[RANDOM_MANIFESTS];
	uint32_t subjects[RANDOM_MANIFESTS]; /* what it describes, or RANDOM_NONE */
	uint32_t named[RANDOM_TAGS];         /* what the tag's name describes, or RANDOM_NONE */
	bool may_go[RANDOM_TAGS]; /* neither the policy nor what the tag describes keeps it */
	bool tag_goes[RANDOM_TAGS];
	bool manifest_goes[RANDOM_MANIFESTS];
};

/* S2, cleanup.protected_repositories, and what the run works on. */
static inline bool naive_repository_is_kept(const struct random_world *world, uint32_t repository)
{
	const struct random_policy *policy = &world->policy;

	for (uint32_t i = 0; i < policy->glob_count; i++) {
		if (naive_glob(policy->globs[i], world->repositories[repository]))
			return true;
	}
	return world->trouble[repository] || !naive_is_target(policy, world, repository);
}

/* Whether child C of INDEX is an artifact and not an image. */
static inline bool naive_is_artifact(const struct random_world *world,
				     const struct random_manifest *index, uint32_t c)
{
	const struct random_manifest *child = &world->manifests[index->children[c]];

	return child->kind == MANIFEST_ARTIFACT || (index->artifact[c] && random_readable(child));
}

/* S5: an index is as old as its newest child. Children come before their index. */
static inline void naive_dates(const struct random_world *world, int64_t *created)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];
		bool undated = false;

		created[m] = manifest->created;
		for (uint32_t c = 0; c < manifest->child_count; c++) {
			uint32_t child = manifest->children[c];

			if (manifest->attestation[c] ||
			    world->manifests[child].kind == MANIFEST_MISSING)
				continue;
			if (!date_known(created[child])) {
				undated |= !naive_is_artifact(world, manifest, c);
				continue;
			}
			if (created[child] > created[m])
				created[m] = created[child];
		}
		if (undated)
			created[m] = DATE_INVALID;
	}
}

/* Whether NAME is "sha256-<hex of the digest>" and then ENDING. */
static inline bool naive_names(const char *name, const struct random_manifest *manifest,
			       const char *ending)
{
	char full[RANDOM_NAME_SIZE];

	random_describing_name(manifest, ending, full);
	return strcmp(name, full) == 0;
}

/* How many children of INDEX are there; WITH gets how many of these have SUBJECT. */
static inline uint32_t naive_children(const struct random_world *world,
				      const struct random_manifest *index, uint32_t subject,
				      uint32_t *with)
{
	uint32_t there = 0;

	*with = 0;
	for (uint32_t c = 0; c < index->child_count; c++) {
		const struct random_manifest *child = &world->manifests[index->children[c]];

		there += child->kind != MANIFEST_MISSING;
		*with += child->kind != MANIFEST_MISSING && child->subject == subject;
	}
	return there;
}

/* S4: an index that lists nothing else that is there than referrers of SUBJECT, or nothing. */
static inline bool naive_is_fallback(const struct random_world *world, uint32_t m, uint32_t subject)
{
	const struct random_manifest *manifest = &world->manifests[m];
	uint32_t with;

	return manifest->kind == MANIFEST_INDEX && m != subject &&
	       naive_children(world, manifest, subject, &with) == with;
}

/* Whether NAME is that of MANIFEST's digest, a dot and a word. */
static inline bool naive_names_with_a_word(const char *name, const struct random_manifest *manifest)
{
	char start[RANDOM_NAME_SIZE];

	random_describing_name(manifest, ".", start);
	return strncmp(name, start, strlen(start)) == 0 && name[strlen(start)];
}

/* Whether NAME, that of MANIFEST's digest alone, says that M describes it. Nobody knows what an
 * opaque one is. */
static inline bool naive_may_describe(const struct random_world *world, uint32_t m,
				      uint32_t subject)
{
	return world->manifests[m].kind == MANIFEST_OPAQUE || naive_is_fallback(world, m, subject);
}

/* S4: what the name of TAG describes, or RANDOM_NONE. */
static inline uint32_t naive_named(const struct random_world *world, const struct random_tag *tag)
{
	if (tag->state != TAG_READ)
		return RANDOM_NONE;
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		if (manifest->repository != tag->repository)
			continue;
		if (naive_names_with_a_word(tag->name, manifest) ||
		    (naive_names(tag->name, manifest, "") &&
		     naive_may_describe(world, tag->manifest, m)))
			return m;
	}
	return RANDOM_NONE;
}

static inline bool naive_lists(const struct random_manifest *index, uint32_t child)
{
	for (uint32_t c = 0; c < index->child_count; c++) {
		if (index->children[c] == child)
			return true;
	}
	return false;
}

static inline bool naive_has_a_tag(const struct random_world *world, uint32_t m)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m)
			return true;
	}
	return false;
}

/* The subject of whose referrers M was the list until another took its tag, or RANDOM_NONE. */
static inline uint32_t naive_superseded(const struct random_world *world, uint32_t m)
{
	uint32_t with;

	if (world->manifests[m].subject != RANDOM_NONE || naive_has_a_tag(world, m))
		return RANDOM_NONE;
	for (uint32_t s = 0; s < world->manifest_count; s++) {
		if (naive_is_fallback(world, m, s) &&
		    naive_children(world, &world->manifests[m], s, &with) > 0)
			return s;
	}
	return RANDOM_NONE;
}

static inline void naive_find_subjects(const struct random_world *world, uint32_t *subjects)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		subjects[m] = world->manifests[m].subject;
		if (subjects[m] == RANDOM_NONE)
			subjects[m] = naive_superseded(world, m);
	}
}

/* S4: what describes SUBJECT may follow it. */
static inline bool naive_left(const struct random_world *world, const struct naive *naive,
			      uint32_t subject)
{
	const struct random_manifest *manifest = &world->manifests[subject];

	return naive->manifest_goes[subject] ||
	       (manifest->kind == MANIFEST_MISSING && (manifest->gone || manifest->pending));
}

/* The most days that any rule looks back to pulls. */
static inline uint32_t naive_pull_days(const struct random_policy *policy)
{
	uint32_t days = policy->pulled_days;

	for (uint32_t j = 0; j < policy->job_count && policy->age_from == AGE_PULLED; j++) {
		if (policy->jobs[j].older_than_days > days)
			days = (uint32_t)policy->jobs[j].older_than_days;
	}
	if (policy->age_from == AGE_PULLED && policy->by_days && policy->days > days)
		days = policy->days;
	return days;
}

/* Its last use, or something that is no date where one may have been missed that matters. */
static inline int64_t naive_pulled(const struct random_world *world, const struct random_tag *tag)
{
	int64_t since = random_pulls_since(world);
	int64_t push = tag->pushed >= DATE_EARLIEST ? tag->pushed : tag->seen;
	int64_t use = tag->pulled > push ? tag->pulled : push;
	int64_t needed = RANDOM_NOW - (int64_t)naive_pull_days(&world->policy) * 86400;

	if (since == DATE_ABSENT || push < DATE_EARLIEST)
		return DATE_ABSENT;
	return use >= since || since <= needed ? use : DATE_ABSENT;
}

/* The date that TAG is judged by, or something that is no date. */
static inline int64_t naive_date(const struct random_world *world, const struct random_tag *tag,
				 int64_t created)
{
	bool push_counts = tag->pushed >= DATE_EARLIEST;
	int64_t pushed = push_counts ? tag->pushed : DATE_ABSENT;

	if (world->policy.age_from == AGE_PULLED)
		return naive_pulled(world, tag);
	if (world->policy.age_from == AGE_PUSHED)
		return pushed;
	if (created < DATE_EARLIEST)
		return world->policy.unknown_age == UNKNOWN_PUSHED ? pushed : DATE_ABSENT;
	if (world->policy.age_from == AGE_CREATED)
		return created;
	if (!push_counts)
		return DATE_ABSENT;
	return pushed > created ? pushed : created;
}

/* Whether there is any cause for tag T to go: a rule, or, if it describes something, that (S4). */
static inline bool naive_tag_is_due(const struct random_world *world, const struct naive *naive,
				    uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	uint32_t named = naive->named[t];
	uint32_t subject;

	if (tag->state != TAG_READ)
		return false;
	/* What names its own manifest selects nothing, but has to be selected to go with that. */
	if (!naive->rules.tags[t].describes)
		return naive->rules.says[t] & PLAN_SELECTING &&
		       (named != tag->manifest || naive_left(world, naive, named));
	subject = world->manifests[tag->manifest].subject;
	return (named != RANDOM_NONE && naive_left(world, naive, named)) ||
	       (subject != RANDOM_NONE && naive_left(world, naive, subject));
}

/* cleanup.untagged_days: M has had no tag for longer than that. */
static inline bool naive_is_long_untagged(const struct random_world *world, uint32_t m)
{
	const struct random_policy *policy = &world->policy;
	const struct random_manifest *manifest = &world->manifests[m];

	return policy->untagged_days > 0 && !policy->jobs_alone && world->storage &&
	       manifest->linked && random_readable(manifest) && !naive_has_a_tag(world, m) &&
	       date_known(manifest->untagged_since) &&
	       manifest->untagged_since < RANDOM_NOW - (int64_t)policy->untagged_days * 86400;
}

static inline bool naive_is_untagged(const struct random_world *world, uint32_t m)
{
	return naive_is_long_untagged(world, m) &&
	       (!world->policy.only_wanted || world->manifests[m].wanted);
}

/* The plan that is applied has a line for it, which does not want it gone. */
static inline bool naive_is_kept_by_line(const struct random_world *world, uint32_t m)
{
	return naive_is_long_untagged(world, m) && world->policy.only_wanted &&
	       !world->manifests[m].wanted && !world->manifests[m].pending;
}

/* Whether there is any cause for M to go with what it lists: a tag, an index, a subject. Being
 * untagged is none, as what such an index lists counts its own days, and neither is a debt, as what
 * was to go with it is owed itself. */
static inline bool naive_manifest_is_due(const struct random_world *world,
					 const struct naive *naive, uint32_t m)
{
	if (naive->subjects[m] != RANDOM_NONE && naive_left(world, naive, naive->subjects[m]))
		return true;
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m &&
		    naive->may_go[t])
			return true;
	}
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		if (naive->falls[i] && naive_lists(&world->manifests[i], m))
			return true;
	}
	return false;
}

/* By their names T may be a part of what O points at, which is another manifest. */
static inline bool naive_names_part(const struct random_world *world, uint32_t t, uint32_t o)
{
	const struct random_tag *tag = &world->tags[t], *other = &world->tags[o];
	size_t length = strlen(other->name);

	return world->opaque && tag->state == TAG_READ && other->state == TAG_READ &&
	       tag->repository == other->repository && tag->manifest != other->manifest &&
	       strncmp(tag->name, other->name, length) == 0 &&
	       strcmp(tag->name + length, RANDOM_PART) == 0;
}

/* By its name it may be a part of another tag's image that stays. */
static inline bool naive_is_a_part(const struct random_world *world, const struct naive *naive,
				   uint32_t t)
{
	for (uint32_t o = 0; o < world->tag_count; o++) {
		if (naive_names_part(world, t, o) && !naive->manifest_goes[world->tags[o].manifest])
			return true;
	}
	return false;
}

static inline bool naive_tag_is_kept(const struct random_world *world, const struct naive *naive,
				     uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	const struct random_manifest *manifest = &world->manifests[tag->manifest];
	uint32_t named = naive->named[t];

	return naive_repository_is_kept(world, tag->repository) ||
	       (naive->rules.says[t] & PLAN_KEPT_BY_RULE) || !random_readable(manifest) ||
	       tag->not_ready || manifest->held || naive_is_a_part(world, naive, t) ||
	       (world->policy.only_wanted && tag->wanted != WANTED) ||
	       (named != RANDOM_NONE && !naive_left(world, naive, named)) ||
	       (manifest->subject != RANDOM_NONE && !naive_left(world, naive, manifest->subject));
}

/* S7: its digest is that of a config, too. */
static inline bool naive_is_a_config(const struct random_world *world, uint32_t m)
{
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		if (world->manifests[i].config == world->manifests[m].label)
			return true;
	}
	return false;
}

/* A digest that somebody holds in REPOSITORY, and that no tag there shows, may be a part of any
 * image there, where nobody knows what these have. */
static inline bool naive_holds_unknown(const struct random_world *world, uint32_t repository)
{
	for (uint32_t m = 0; world->opaque && m < world->manifest_count; m++) {
		if (world->manifests[m].repository == repository &&
		    world->manifests[m].hold == HOLD_COUNTS && !naive_has_a_tag(world, m))
			return true;
	}
	return false;
}

static inline bool naive_manifest_is_kept(const struct random_world *world,
					  const struct naive *naive, uint32_t m)
{
	const struct random_manifest *manifest = &world->manifests[m];

	if (naive_repository_is_kept(world, manifest->repository) || !random_readable(manifest) ||
	    manifest->held || manifest->hold == HOLD_COUNTS ||
	    naive_holds_unknown(world, manifest->repository) || naive->in_use[m] ||
	    naive_is_a_config(world, m) || naive_is_kept_by_line(world, m))
		return true;
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m &&
		    !naive->may_go[t])
			return true;
	}
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		if (!naive->manifest_goes[i] && naive_lists(&world->manifests[i], m))
			return true;
	}
	/* A superseded list may go before its subject, once it is untagged for long. */
	if (naive->untagged[m] && manifest->subject == RANDOM_NONE)
		return false;
	return naive->subjects[m] != RANDOM_NONE && !naive_left(world, naive, naive->subjects[m]);
}

/* Adds what is due because of what is; false when nothing was added. */
static inline bool naive_add(const struct random_world *world, struct naive *naive)
{
	bool found = false;

	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (!naive->may_go[t] && naive_tag_is_due(world, naive, t))
			found = naive->may_go[t] = true;
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (!naive->falls[m] && naive_manifest_is_due(world, naive, m))
			found = naive->falls[m] = true;
		if (!naive->manifest_goes[m] &&
		    (naive->falls[m] || naive->untagged[m] || world->manifests[m].pending))
			found = naive->manifest_goes[m] = true;
	}
	return found;
}

/* Takes away what something keeps; false when nothing was taken away. */
static inline bool naive_remove(const struct random_world *world, struct naive *naive)
{
	bool found = false;

	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (naive->may_go[t] && naive_tag_is_kept(world, naive, t)) {
			naive->may_go[t] = false;
			found = true;
		}
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (naive->manifest_goes[m] && naive_manifest_is_kept(world, naive, m)) {
			naive->manifest_goes[m] = false;
			found = true;
		}
	}
	return found;
}

/* A digest of this registry in use in REPOSITORY that none of its tags shows may be a part of any
 * image there, where nobody knows what these have. */
static inline bool naive_uses_unknown(const struct random_world *world, uint32_t repository)
{
	char start[RANDOM_REFERENCE_SIZE];

	snprintf(start, sizeof start, "%s/%s@", RANDOM_HOST, world->repositories[repository]);
	for (uint32_t i = 0; world->opaque && i < world->policy.image_refs_count; i++) {
		const char *reference = world->policy.in_use[i];
		bool shown = false;

		if (strncmp(reference, start, strlen(start)) != 0)
			continue;
		for (uint32_t t = 0; t < world->tag_count; t++)
			shown |= world->tags[t].repository == repository &&
				 world->tags[t].state == TAG_READ &&
				 strcmp(random_digest(&world->manifests[world->tags[t].manifest]),
					strchr(reference, '@') + 1) == 0;
		if (!shown)
			return true;
	}
	return false;
}

/* By the names of their tags PART may be a part of WHOLE. */
static inline bool naive_may_list(const struct random_world *world, uint32_t whole, uint32_t part)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		for (uint32_t o = 0; o < world->tag_count; o++) {
			if (naive_names_part(world, t, o) && world->tags[t].manifest == part &&
			    world->tags[o].manifest == whole)
				return true;
		}
	}
	return false;
}

/* What is in use by its own name, and then every index that lists something in use, or may. */
static inline void naive_find_in_use(const struct random_world *world, struct naive *naive)
{
	const struct random_policy *policy = &world->policy;
	bool found = policy->asks_in_use;

	for (uint32_t m = 0; found && m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		naive->in_use[m] =
			naive_uses_digest(policy, random_digest(manifest)) ||
			naive_uses_unknown(world, manifest->repository) ||
			(manifest->config != RANDOM_NONE &&
			 naive_uses_digest(policy, random_digest_text(manifest->config)));
	}
	for (uint32_t t = 0; found && t < world->tag_count; t++) {
		const struct random_tag *tag = &world->tags[t];

		if (tag->state == TAG_READ &&
		    naive_uses_tag(policy, world->repositories[tag->repository], tag->name))
			naive->in_use[tag->manifest] = true;
	}
	while (found) {
		found = false;
		for (uint32_t m = 0; m < world->manifest_count; m++) {
			for (uint32_t i = 0; i < world->manifest_count; i++) {
				if (naive->in_use[m] && !naive->in_use[i] &&
				    (naive_lists(&world->manifests[i], m) ||
				     naive_may_list(world, i, m)))
					found = naive->in_use[i] = true;
			}
		}
	}
}

static inline void naive_know_tag(const struct random_world *world, struct naive *naive, uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	struct naive_tag *known = &naive->rules.tags[t];

	naive->named[t] = naive_named(world, tag);
	known->date = DATE_ABSENT;
	known->not_ready = tag->not_ready;
	known->target = naive_is_target(&world->policy, world, tag->repository);
	known->held =
		tag->hold == HOLD_COUNTS ||
		(tag->state == TAG_READ && naive_holds_unknown(world, tag->repository)) ||
		(tag->state == TAG_READ && world->manifests[tag->manifest].hold == HOLD_COUNTS);
	if (tag->state != TAG_READ)
		return;
	known->read = true;
	known->readable = random_readable(&world->manifests[tag->manifest]);
	known->describes = (naive->named[t] != RANDOM_NONE && naive->named[t] != tag->manifest) ||
			   world->manifests[tag->manifest].subject != RANDOM_NONE;
	known->in_use = naive->in_use[tag->manifest];
	known->date = naive_date(world, tag, naive->created[tag->manifest]);
}

static inline void naive_decide(const struct random_world *world, struct naive *naive)
{
	memset(naive, 0, sizeof *naive);
	naive_dates(world, naive->created);
	naive_find_subjects(world, naive->subjects);
	naive_find_in_use(world, naive);
	for (uint32_t t = 0; t < world->tag_count; t++)
		naive_know_tag(world, naive, t);
	naive_ask_all(world, &naive->rules);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		naive->untagged[m] = naive_is_untagged(world, m);
	while (naive_add(world, naive))
		continue;
	while (naive_remove(world, naive))
		continue;
	for (uint32_t t = 0; t < world->tag_count; t++)
		naive->tag_goes[t] =
			naive->may_go[t] &&
			(world->tag_delete || naive->manifest_goes[world->tags[t].manifest]);
}

#endif
