/* Makes a world that fails a check smaller, one piece at a time, as long as it still fails. */
#ifndef SHRINK_H
#define SHRINK_H

#include "decision.h"
#include "shrink_policy.h"

typedef bool shrink_check(const struct random_world *world, struct fault *fault);

static inline void shrink_drop_tag(struct random_world *world, uint32_t t)
{
	world->tag_count--;
	memmove(&world->tags[t], &world->tags[t + 1], (world->tag_count - t) * sizeof *world->tags);
	for (; t < world->tag_count; t++)
		world->tags[t].origin = t;
}

/* Takes away piece number PIECE of what M says; false when it has no such piece. */
static inline bool shrink_manifest(struct random_manifest *manifest, uint32_t piece)
{
	if (piece < manifest->child_count) {
		manifest->child_count--;
		for (uint32_t c = piece; c < manifest->child_count; c++) {
			manifest->children[c] = manifest->children[c + 1];
			manifest->attestation[c] = manifest->attestation[c + 1];
			manifest->artifact[c] = manifest->artifact[c + 1];
		}
		return true;
	}
	switch (piece - manifest->child_count) {
	case 0:
		manifest->subject = RANDOM_NONE;
		return true;
	case 1:
		manifest->pending = false;
		return true;
	case 2:
		manifest->held = false;
		return true;
	case 3:
		manifest->gone = false;
		return true;
	case 4:
		manifest->config = RANDOM_NONE;
		return true;
	case 5:
		manifest->untagged_since = DATE_ABSENT;
		return true;
	case 6:
		manifest->wanted = false;
		return true;
	case 7:
		manifest->hold = NO_HOLD;
		return true;
	default:
		return false;
	}
}

/* How much there is to read. */
static inline uint32_t shrink_size(const struct random_world *world)
{
	uint32_t size =
		world->tag_count + world->manifest_count + shrink_policy_size(&world->policy);

	for (uint32_t t = 0; t < world->tag_count; t++)
		size += world->tags[t].not_ready;
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		const struct random_manifest *manifest = &world->manifests[m];

		size += manifest->child_count + (manifest->subject != RANDOM_NONE);
		size += (uint32_t)manifest->pending + manifest->held + manifest->gone +
			(manifest->config != RANDOM_NONE) +
			(manifest->untagged_since != DATE_ABSENT) + manifest->wanted +
			(manifest->hold != NO_HOLD);
	}
	return size;
}

/* Takes CHANGED over when it is smaller and still fails. */
static inline bool shrink_try(struct random_world *world, const struct random_world *changed,
			      shrink_check *check)
{
	struct fault fault;

	if (shrink_size(changed) == shrink_size(world) || check(changed, &fault))
		return false;
	*world = *changed;
	return true;
}

static inline bool shrink_is_mentioned(const struct random_world *world, uint32_t m)
{
	char name[RANDOM_NAME_SIZE];

	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m)
			return true;
		random_describing_name(&world->manifests[m], "", name);
		if (world->tags[t].repository == world->manifests[m].repository &&
		    strncmp(world->tags[t].name, name, strlen(name)) == 0)
			return true;
	}
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		if (world->manifests[i].subject == m || naive_lists(&world->manifests[i], m))
			return true;
	}
	return false;
}

/* What was number GONE is not there any more. */
static inline void shrink_renumber(uint32_t *number, uint32_t gone)
{
	if (*number != RANDOM_NONE && *number > gone)
		--*number;
}

/* Takes away manifest M, which nothing mentions. */
static inline void shrink_drop_manifest(struct random_world *world, uint32_t m)
{
	world->manifest_count--;
	memmove(&world->manifests[m], &world->manifests[m + 1],
		(world->manifest_count - m) * sizeof *world->manifests);
	for (uint32_t t = 0; t < world->tag_count; t++)
		shrink_renumber(&world->tags[t].manifest, m);
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		struct random_manifest *manifest = &world->manifests[i];

		shrink_renumber(&manifest->subject, m);
		for (uint32_t c = 0; c < manifest->child_count; c++)
			shrink_renumber(&manifest->children[c], m);
	}
}

static inline bool shrink_tags(struct random_world *world, shrink_check *check)
{
	bool found = false;

	for (uint32_t t = 0; t < world->tag_count; t++) {
		struct random_world changed = *world;

		shrink_drop_tag(&changed, t);
		found |= shrink_try(world, &changed, check);
	}
	for (uint32_t t = 0; t < world->tag_count; t++) {
		struct random_world changed = *world;

		changed.tags[t].not_ready = false;
		found |= shrink_try(world, &changed, check);
	}
	return found;
}

static inline bool shrink_manifests(struct random_world *world, shrink_check *check)
{
	struct random_world changed;
	bool found = false;

	for (uint32_t m = world->manifest_count; m-- > 0;) {
		changed = *world;
		for (uint32_t piece = 0; shrink_manifest(&changed.manifests[m], piece); piece++) {
			found |= shrink_try(world, &changed, check);
			changed = *world;
		}
		if (world->manifest_count == 1 || shrink_is_mentioned(world, m))
			continue;
		shrink_drop_manifest(&changed, m);
		found |= shrink_try(world, &changed, check);
	}
	return found;
}

static inline bool shrink_policy(struct random_world *world, shrink_check *check)
{
	struct random_world changed = *world;
	bool found = false;

	for (uint32_t piece = 0; shrink_policy_piece(&changed.policy, piece); piece++) {
		found |= shrink_try(world, &changed, check);
		changed = *world;
	}
	return found;
}

static inline void shrink(struct random_world *world, shrink_check *check)
{
	bool found = true;

	while (found) {
		found = shrink_tags(world, check);
		found |= shrink_manifests(world, check);
		found |= shrink_policy(world, check);
	}
}

#endif
