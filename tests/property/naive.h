/* The promises S1 to S5 once more, written to be read and not to be fast: scans over everything
 * add what is due to go until none finds more, then take away what something keeps until none does.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include "random_world.h"

#include <fnmatch.h>

struct naive {
	int64_t created[RANDOM_MANIFESTS];
	uint32_t named[RANDOM_TAGS]; /* what the tag's name describes, or RANDOM_NONE */
	bool may_go[RANDOM_TAGS];    /* neither the policy nor what the tag describes keeps it */
	bool tag_goes[RANDOM_TAGS];
	bool manifest_goes[RANDOM_MANIFESTS];
};

static inline bool naive_repository_is_protected(const struct random_world *world,
						 uint32_t repository)
{
	for (uint32_t i = 0; i < world->glob_count; i++) {
		const char *glob = world->globs[i];
		int flags = strstr(glob, "**") ? 0 : FNM_PATHNAME;

		if (fnmatch(glob, world->repositories[repository], flags) == 0)
			return true;
	}
	return false;
}

static inline bool naive_name_is_protected(const struct random_world *world, const char *name)
{
	for (uint32_t i = 0; i < world->protected_tag_count; i++) {
		if (strcmp(world->protected_tags[i], name) == 0)
			return true;
	}
	return false;
}

static inline bool naive_pattern_protects(const struct random_world *world, const char *name)
{
	for (uint32_t i = 0; i < world->pattern_count; i++) {
		if (strcasestr(name, world->patterns[i]))
			return true;
	}
	return false;
}

/* S2, and cleanup.protected_repositories. */
static inline bool naive_repository_is_kept(const struct random_world *world, uint32_t repository)
{
	return world->trouble[repository] || naive_repository_is_protected(world, repository);
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
			if (!date_known(created[child]))
				undated = true;
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

static inline bool naive_all_children_have_subject(const struct random_world *world,
						   const struct random_manifest *index,
						   uint32_t subject)
{
	uint32_t there = 0;

	for (uint32_t c = 0; c < index->child_count; c++) {
		const struct random_manifest *child = &world->manifests[index->children[c]];

		if (child->kind == MANIFEST_MISSING)
			continue;
		if (child->subject != subject)
			return false;
		there++;
	}
	return there > 0;
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
		if (naive_names(tag->name, manifest, ".sig") ||
		    naive_names(tag->name, manifest, ".att") ||
		    naive_names(tag->name, manifest, ".sbom"))
			return m;
		if (naive_names(tag->name, manifest, "") &&
		    naive_all_children_have_subject(world, &world->manifests[tag->manifest], m))
			return m;
	}
	return RANDOM_NONE;
}

/* S4: what describes SUBJECT may follow it. */
static inline bool naive_left(const struct random_world *world, const struct naive *naive,
			      uint32_t subject)
{
	const struct random_manifest *manifest = &world->manifests[subject];

	return naive->manifest_goes[subject] ||
	       (manifest->kind == MANIFEST_MISSING && (manifest->gone || manifest->owed));
}

/* The date that TAG is judged by, or something that is no date. */
static inline int64_t naive_date(const struct random_world *world, const struct random_tag *tag,
				 int64_t created)
{
	bool push_counts = tag->pushed >= DATE_EARLIEST && tag->pushed <= RANDOM_NOW;
	int64_t pushed = push_counts ? tag->pushed : DATE_ABSENT;

	if (world->age_from == AGE_PUSHED)
		return pushed;
	if (created < DATE_EARLIEST)
		return world->unknown_age == UNKNOWN_PUSHED ? pushed : DATE_ABSENT;
	if (world->age_from == AGE_CREATED)
		return created;
	if (!push_counts)
		return DATE_ABSENT;
	return pushed > created ? pushed : created;
}

static inline bool naive_is_old(const struct random_world *world, const struct random_tag *tag,
				int64_t created)
{
	int64_t date = naive_date(world, tag, created);

	return date_known(date) && date < random_cutoff(world);
}

/* Whether there is any cause for tag T to go: its age (S5), or, if it describes something, that
 * (S4). */
static inline bool naive_tag_is_due(const struct random_world *world, const struct naive *naive,
				    uint32_t t)
{
	const struct random_tag *tag = &world->tags[t];
	uint32_t named = naive->named[t];
	uint32_t subject;

	if (tag->state != TAG_READ)
		return false;
	subject = world->manifests[tag->manifest].subject;
	if (named == RANDOM_NONE && subject == RANDOM_NONE)
		return naive_is_old(world, tag, naive->created[tag->manifest]);
	return (named != RANDOM_NONE && naive_left(world, naive, named)) ||
	       (subject != RANDOM_NONE && naive_left(world, naive, subject));
}

static inline bool naive_lists(const struct random_manifest *index, uint32_t child)
{
	for (uint32_t c = 0; c < index->child_count; c++) {
		if (index->children[c] == child)
			return true;
	}
	return false;
}

/* Whether there is any cause for M to go: a debt, a tag, an index, a subject. */
static inline bool naive_manifest_is_due(const struct random_world *world,
					 const struct naive *naive, uint32_t m)
{
	const struct random_manifest *manifest = &world->manifests[m];

	if (manifest->owed ||
	    (manifest->subject != RANDOM_NONE && naive_left(world, naive, manifest->subject)))
		return true;
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m &&
		    naive->may_go[t])
			return true;
	}
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		if (naive->manifest_goes[i] && naive_lists(&world->manifests[i], m))
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
	       naive_name_is_protected(world, tag->name) ||
	       naive_pattern_protects(world, tag->name) || !random_readable(manifest) ||
	       manifest->held || (named != RANDOM_NONE && !naive_left(world, naive, named)) ||
	       (manifest->subject != RANDOM_NONE && !naive_left(world, naive, manifest->subject));
}

static inline bool naive_manifest_is_kept(const struct random_world *world,
					  const struct naive *naive, uint32_t m)
{
	const struct random_manifest *manifest = &world->manifests[m];

	if (naive_repository_is_kept(world, manifest->repository) || !random_readable(manifest) ||
	    manifest->held)
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
	return manifest->subject != RANDOM_NONE && !naive_left(world, naive, manifest->subject);
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
		if (!naive->manifest_goes[m] && naive_manifest_is_due(world, naive, m))
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

static inline void naive_decide(const struct random_world *world, struct naive *naive)
{
	memset(naive, 0, sizeof *naive);
	naive_dates(world, naive->created);
	for (uint32_t t = 0; t < world->tag_count; t++)
		naive->named[t] = naive_named(world, &world->tags[t]);
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
