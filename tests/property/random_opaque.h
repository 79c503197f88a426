/* Random registries of which nothing but the digests of tags is told, as Scaleway's API does: made
 * of those of random_world.h. */
#ifndef RANDOM_OPAQUE_H
#define RANDOM_OPAQUE_H

#include "random_world.h"

/* No list tells a tag without a manifest; one whose digest is not told spares its image. */
static inline void random_opaque_tags(struct random_world *world, uint64_t *state)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		struct random_tag *tag = &world->tags[t];

		tag->not_ready = random_chance(state, 12);
		if (tag->state == TAG_READ)
			continue;
		tag->state = TAG_UNREADABLE;
		world->trouble[tag->repository] = true;
	}
}

/* Names T as what may be a part of OTHER, if no tag has that name. */
static inline void random_opaque_part(struct random_world *world, uint32_t t, uint32_t other)
{
	char name[RANDOM_NAME_SIZE];
	const char *base = world->tags[other].name;

	/* The naive reading of rules knows all other names by heart. */
	if (t == other || *base != 'v' || *world->tags[t].name != 'v' ||
	    strlen(base) + strlen(RANDOM_PART) >= sizeof name)
		return;
	snprintf(name, sizeof name, "%s%s", base, RANDOM_PART);
	for (uint32_t i = 0; i < world->tag_count; i++) {
		if (world->tags[i].repository == world->tags[t].repository &&
		    strcmp(world->tags[i].name, name) == 0)
			return;
	}
	random_copy(world->tags[t].name, name);
}

static inline void random_opaque_parts(struct random_world *world, uint64_t *state)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (random_chance(state, 25))
			random_opaque_part(world, t, random_below(state, world->tag_count));
	}
}

static inline bool random_is_tagged(const struct random_world *world, uint32_t m)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].state == TAG_READ && world->tags[t].manifest == m)
			return true;
	}
	return false;
}

/* What no tag shows is mentioned by a tag's name or a debt alone (scan_scaleway_settle). */
static inline void random_opaque_manifest(struct random_world *world, uint32_t m)
{
	struct random_manifest *manifest = &world->manifests[m];

	manifest->child_count = 0;
	manifest->subject = manifest->config = RANDOM_NONE;
	manifest->created = DATE_ABSENT;
	manifest->kind = MANIFEST_OPAQUE;
	if (random_is_tagged(world, m))
		return;
	manifest->kind = world->trouble[manifest->repository] ? MANIFEST_UNSEEN : MANIFEST_MISSING;
	manifest->gone |= manifest->kind == MANIFEST_MISSING && manifest->pending;
}

static inline void random_opaque(struct random_world *world)
{
	uint64_t state = world->seed + 11;

	world->opaque = true;
	world->storage = world->tag_delete = false;
	world->policy.age_from = AGE_PUSHED;
	world->policy.unknown_age = UNKNOWN_KEEP;
	world->policy.pulled_days = 0;
	world->policy.untagged_days = 0;
	random_opaque_tags(world, &state);
	random_opaque_parts(world, &state);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		random_opaque_manifest(world, m);
}

#endif
