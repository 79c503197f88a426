/* What a collection frees once more, written to be read and not to be fast: every question is a
 * scan over all manifests. */
#ifndef NAIVE_FORECAST_H
#define NAIVE_FORECAST_H

#include "naive.h"
#include "random_blobs.h"

#define NAIVE_ANYWHERE UINT32_MAX

/* What is in the registry at one time. */
struct naive_set {
	bool tags[RANDOM_TAGS];
	bool manifests[RANDOM_MANIFESTS];
};

/* What each tag's name describes, and what each manifest does. */
struct naive_ties {
	uint32_t named[RANDOM_TAGS], subjects[RANDOM_MANIFESTS];
};

struct naive_forecast {
	uint64_t bytes, blobs, shared, garbage, untagged, unread;
	uint64_t freed_in[RANDOM_REPOSITORIES], untagged_in[RANDOM_REPOSITORIES];
	uint64_t tags[RANDOM_TAGS];
};

static inline bool naive_is_there(const struct random_manifest *manifest)
{
	return manifest->kind != MANIFEST_MISSING && manifest->kind != MANIFEST_UNSEEN;
}

static inline bool naive_marks(const struct random_world *world, const struct random_blobs *blobs,
			       uint32_t m, uint32_t digest)
{
	const struct random_manifest *manifest = &world->manifests[m];

	if (!naive_is_there(manifest) || (world->storage && !manifest->linked))
		return false;
	if (manifest->label == digest)
		return true;
	for (uint32_t i = 0; i < blobs->reference_count[m]; i++) {
		if (blobs->references[m][i] == digest)
			return true;
	}
	for (uint32_t c = 0; c < manifest->child_count; c++) {
		if (world->manifests[manifest->children[c]].label == digest)
			return true;
	}
	return false;
}

static inline bool naive_is_mentioned(const struct random_world *world,
				      const struct random_blobs *blobs, uint32_t digest)
{
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		for (uint32_t i = 0; i < blobs->reference_count[m]; i++) {
			if (blobs->references[m][i] == digest)
				return true;
		}
	}
	return false;
}

/* INVENTORY_ABSENT for what is no blob, as far as that can be known. */
static inline uint64_t naive_size(const struct random_world *world,
				  const struct random_blobs *blobs, uint32_t digest)
{
	if (world->storage)
		return blobs->stored[digest];
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (world->manifests[m].label == digest && naive_is_there(&world->manifests[m]))
			return blobs->length[digest];
	}
	if (blobs->foreign[digest] || !naive_is_mentioned(world, blobs, digest))
		return INVENTORY_ABSENT;
	return blobs->stated[digest];
}

/* What every manifest marks and what every blob has, so that it is worked out only once. */
struct naive_blobs {
	const struct random_world *world;
	bool marks[RANDOM_MANIFESTS][RANDOM_DIGESTS];
	uint64_t sizes[RANDOM_DIGESTS];
};

static inline void naive_look(struct naive_blobs *view, const struct random_world *world,
			      const struct random_blobs *blobs)
{
	view->world = world;
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		view->sizes[d] = naive_size(world, blobs, d);
		for (uint32_t m = 0; m < world->manifest_count; m++)
			view->marks[m][d] = naive_marks(world, blobs, m, d);
	}
}

/* Whether a manifest that is in SET (NULL: any) and in REPOSITORY marks DIGEST. */
static inline bool naive_marked(const struct naive_blobs *view, const bool *set,
				uint32_t repository, uint32_t digest)
{
	for (uint32_t m = 0; m < view->world->manifest_count; m++) {
		if (view->marks[m][digest] && (!set || set[m]) &&
		    (repository == NAIVE_ANYWHERE ||
		     view->world->manifests[m].repository == repository))
			return true;
	}
	return false;
}

/* The only repository whose manifests in SET mark DIGEST, or NAIVE_ANYWHERE. */
static inline uint32_t naive_owner(const struct naive_blobs *view, const bool *set, uint32_t digest)
{
	uint32_t owner = NAIVE_ANYWHERE, count = 0;

	for (uint32_t r = 0; r < view->world->repository_count; r++) {
		if (!naive_marked(view, set, r, digest))
			continue;
		owner = r;
		count++;
	}
	return count == 1 ? owner : NAIVE_ANYWHERE;
}

/* All that manifests in SET mark. */
static inline uint64_t naive_total(const struct naive_blobs *view, const bool *set)
{
	uint64_t total = 0;

	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		if (view->sizes[d] != INVENTORY_ABSENT &&
		    naive_marked(view, set, NAIVE_ANYWHERE, d))
			total += view->sizes[d];
	}
	return total;
}

static inline bool naive_has_tag(const struct random_world *world, uint32_t m, const bool *tags)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m &&
		    (!tags || tags[t]))
			return true;
	}
	return false;
}

static inline bool naive_is_listed(const struct random_world *world, uint32_t m,
				   const bool *manifests)
{
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		if (naive_lists(&world->manifests[i], m) && (!manifests || manifests[i]))
			return true;
	}
	return false;
}

static inline bool naive_is_present(const struct random_world *world, uint32_t subject)
{
	return subject != RANDOM_NONE && world->manifests[subject].kind != MANIFEST_MISSING;
}

static inline bool naive_orphans(const struct random_world *world, uint32_t subject)
{
	return subject != RANDOM_NONE && !naive_is_present(world, subject) &&
	       !world->manifests[subject].gone && !world->manifests[subject].pending;
}

/* Whether tag T has cause to be there, when what is in SET is. */
static inline bool naive_tag_stays(const struct random_world *world, const uint32_t *named,
				   const struct naive_set *set, uint32_t t)
{
	uint32_t by_name = named[t], subject = RANDOM_NONE;

	if (world->tags[t].state == TAG_READ)
		subject = world->manifests[world->tags[t].manifest].subject;
	if (naive_orphans(world, by_name) || naive_orphans(world, subject))
		return true;
	if (!naive_is_present(world, by_name) && !naive_is_present(world, subject))
		return true;
	return (naive_is_present(world, by_name) && set->manifests[by_name]) ||
	       (naive_is_present(world, subject) && set->manifests[subject]);
}

static inline bool naive_manifest_stays(const struct random_world *world, const uint32_t *subjects,
					const struct naive_set *set, uint32_t m)
{
	const struct random_manifest *manifest = &world->manifests[m];
	bool described = naive_is_present(world, subjects[m]);

	if (manifest->kind == MANIFEST_UNREADABLE || manifest->kind == MANIFEST_UNSEEN ||
	    naive_is_listed(world, m, set->manifests) || naive_has_tag(world, m, set->tags))
		return true;
	if (naive_has_tag(world, m, NULL))
		return false;
	if (naive_orphans(world, subjects[m]) || (described && set->manifests[subjects[m]]))
		return true;
	return !described && !naive_is_listed(world, m, NULL);
}

/* Adds to SET what has cause to be there, until nothing has; never tag REMOVED. */
static inline void naive_stay(const struct random_world *world, const struct naive_ties *ties,
			      struct naive_set *set, uint32_t removed)
{
	bool found = true;

	while (found) {
		found = false;
		for (uint32_t t = 0; t < world->tag_count; t++) {
			if (t != removed && !set->tags[t] &&
			    naive_tag_stays(world, ties->named, set, t))
				found = set->tags[t] = true;
		}
		for (uint32_t m = 0; m < world->manifest_count; m++) {
			if (!set->manifests[m] &&
			    naive_manifest_stays(world, ties->subjects, set, m))
				found = set->manifests[m] = true;
		}
	}
}

/* What is there, though only for each other's sake: tags, and what is not there for these. */
static inline void naive_stubborn(const struct random_world *world, const struct naive_ties *ties,
				  struct naive_set *stubborn)
{
	struct naive_set set = { 0 };

	naive_stay(world, ties, &set, RANDOM_NONE);
	for (uint32_t t = 0; t < world->tag_count; t++)
		stubborn->tags[t] = !set.tags[t];
	memset(set.tags, true, sizeof set.tags);
	naive_stay(world, ties, &set, RANDOM_NONE);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		stubborn->manifests[m] = !set.manifests[m];
}

static inline void naive_tags(const struct naive_blobs *view, const struct naive_ties *ties,
			      uint64_t *tags)
{
	const struct random_world *world = view->world;
	struct naive_set stubborn = { 0 };
	uint64_t total = naive_total(view, NULL);

	naive_stubborn(world, ties, &stubborn);
	for (uint32_t t = 0; t < world->tag_count; t++) {
		struct naive_set set = stubborn;

		set.tags[t] = false;
		naive_stay(world, ties, &set, t);
		tags[t] = total - naive_total(view, set.manifests);
	}
}

/* Which manifests in STAYS a tag in TAGS leads to. */
static inline void naive_lead(const struct random_world *world, const bool *tags, const bool *stays,
			      bool *led)
{
	bool found = true;

	memset(led, 0, RANDOM_MANIFESTS * sizeof *led);
	while (found) {
		found = false;
		for (uint32_t m = 0; m < world->manifest_count; m++) {
			uint32_t subject = world->manifests[m].subject;

			if (led[m] || !stays[m] ||
			    !(naive_has_tag(world, m, tags) || naive_is_listed(world, m, led) ||
			      (naive_is_present(world, subject) && led[subject])))
				continue;
			found = led[m] = true;
		}
	}
}

static inline void naive_add_freed(struct naive_forecast *forecast, uint64_t *part, uint64_t size)
{
	*part += size;
	forecast->bytes += size;
	forecast->blobs++;
}

/* LEAVES: which manifests and tags the run deletes. */
static inline void naive_free(const struct naive_blobs *view, const struct naive_set *leaves,
			      struct naive_forecast *forecast)
{
	struct naive_set stays;
	bool led[RANDOM_MANIFESTS];

	for (uint32_t m = 0; m < RANDOM_MANIFESTS; m++)
		stays.manifests[m] = !leaves->manifests[m];
	for (uint32_t t = 0; t < RANDOM_TAGS; t++)
		stays.tags[t] = !leaves->tags[t];
	naive_lead(view->world, stays.tags, stays.manifests, led);
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		uint64_t size = view->sizes[d];
		uint32_t before = naive_owner(view, NULL, d);
		uint32_t after = naive_owner(view, stays.manifests, d);

		if (size == INVENTORY_ABSENT)
			continue;
		if (naive_marked(view, stays.manifests, NAIVE_ANYWHERE, d)) {
			if (!view->world->storage || naive_marked(view, led, NAIVE_ANYWHERE, d))
				continue;
			forecast->untagged += size;
			if (after != NAIVE_ANYWHERE)
				forecast->untagged_in[after] += size;
		} else if (before != NAIVE_ANYWHERE) {
			naive_add_freed(forecast, &forecast->freed_in[before], size);
		} else if (naive_marked(view, NULL, NAIVE_ANYWHERE, d)) {
			naive_add_freed(forecast, &forecast->shared, size);
		} else if (view->world->storage) {
			naive_add_freed(forecast, &forecast->garbage, size);
		}
	}
}

static inline void naive_forecast(const struct naive_blobs *view, const struct naive_set *leaves,
				  struct naive_forecast *forecast)
{
	const struct random_world *world = view->world;
	struct naive_ties ties;

	memset(forecast, 0, sizeof *forecast);
	/* A tag that names its own manifest is there for itself. */
	for (uint32_t t = 0; t < world->tag_count; t++) {
		ties.named[t] = naive_named(world, &world->tags[t]);
		if (world->tags[t].state == TAG_READ && ties.named[t] == world->tags[t].manifest)
			ties.named[t] = RANDOM_NONE;
	}
	naive_find_subjects(world, ties.subjects);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		forecast->unread += world->manifests[m].kind == MANIFEST_UNREADABLE &&
				    view->marks[m][world->manifests[m].label];
	naive_free(view, leaves, forecast);
	naive_tags(view, &ties, forecast->tags);
}

#endif
