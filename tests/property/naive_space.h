/* Where the space goes once more, written to be read and not to be fast: every question is a scan
 * over all manifests. */
#ifndef NAIVE_SPACE_H
#define NAIVE_SPACE_H

#include "naive_forecast.h"

struct naive_space_part {
	uint32_t tags, manifests, untagged;
	uint64_t alone, shared;
};

struct naive_space {
	uint64_t bytes, blobs, garbage, garbage_blobs, shared, unread;
	struct naive_space_part repositories[RANDOM_REPOSITORIES];
	uint64_t tags[RANDOM_TAGS]; /* bytes of each */
};

/* In how many repositories DIGEST is marked. */
static inline uint32_t naive_owners(const struct naive_blobs *view, uint32_t digest)
{
	uint32_t count = 0;

	for (uint32_t r = 0; r < view->world->repository_count; r++)
		count += naive_marked(view, NULL, r, digest);
	return count;
}

static inline void naive_space_blob(const struct naive_blobs *view, uint32_t digest,
				    struct naive_space *space)
{
	uint32_t owners = naive_owners(view, digest);
	uint64_t size = view->sizes[digest];

	if (size == INVENTORY_ABSENT || (owners == 0 && !view->world->storage))
		return;
	space->bytes += size;
	space->blobs++;
	if (owners == 0) {
		space->garbage += size;
		space->garbage_blobs++;
	}
	if (owners > 1)
		space->shared += size;
	for (uint32_t r = 0; r < view->world->repository_count; r++) {
		if (!naive_marked(view, NULL, r, digest))
			continue;
		if (owners > 1)
			space->repositories[r].shared += size;
		else
			space->repositories[r].alone += size;
	}
}

/* What M says that it consists of, whether it is linked or not. */
static inline void naive_consist(const struct random_world *world, const struct random_blobs *blobs,
				 uint32_t m, bool *digests)
{
	const struct random_manifest *manifest = &world->manifests[m];

	digests[manifest->label] = true;
	for (uint32_t i = 0; i < blobs->reference_count[m]; i++)
		digests[blobs->references[m][i]] = true;
	for (uint32_t c = 0; c < manifest->child_count; c++)
		digests[world->manifests[manifest->children[c]].label] = true;
}

/* The bytes of what any of TAGS points at and what that lists, at any depth. */
static inline uint64_t naive_weigh(const struct naive_blobs *view, const struct random_blobs *blobs,
				   const bool *tags)
{
	const struct random_world *world = view->world;
	bool below[RANDOM_MANIFESTS] = { false }, digests[RANDOM_DIGESTS] = { false };
	bool found = true;
	uint64_t bytes = 0;

	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (tags[t] && world->tags[t].state == TAG_READ)
			below[world->tags[t].manifest] = true;
	}
	while (found) {
		found = false;
		for (uint32_t m = 0; m < world->manifest_count; m++) {
			if (!below[m] && naive_is_listed(world, m, below))
				found = below[m] = true;
		}
	}
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		if (below[m])
			naive_consist(world, blobs, m, digests);
	}
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		if (digests[d] && view->sizes[d] != INVENTORY_ABSENT)
			bytes += view->sizes[d];
	}
	return bytes;
}

static inline void naive_space(const struct naive_blobs *view, const struct random_blobs *blobs,
			       struct naive_space *space)
{
	const struct random_world *world = view->world;
	bool tags[RANDOM_TAGS], stays[RANDOM_MANIFESTS], led[RANDOM_MANIFESTS];

	memset(space, 0, sizeof *space);
	memset(tags, true, sizeof tags);
	memset(stays, true, sizeof stays);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		stays[m] = world->manifests[m].kind != MANIFEST_MISSING;
	naive_lead(world, tags, stays, led);
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		struct naive_space_part *part =
			&space->repositories[world->manifests[m].repository];

		if (!view->marks[m][world->manifests[m].label])
			continue;
		part->manifests++;
		part->untagged += view->world->storage && !led[m];
		space->unread += world->manifests[m].kind == MANIFEST_UNREADABLE;
	}
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++)
		naive_space_blob(view, d, space);
	for (uint32_t t = 0; t < world->tag_count; t++) {
		bool one[RANDOM_TAGS] = { false };

		one[t] = true;
		space->repositories[world->tags[t].repository].tags++;
		space->tags[t] = naive_weigh(view, blobs, one);
	}
}

#endif
