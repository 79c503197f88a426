/* Blobs for a random world: what its manifests refer to, and which files there are. All of it hangs
 * on the world's seed and on digests alone, so that a world made smaller keeps what it has left. */
#ifndef RANDOM_BLOBS_H
#define RANDOM_BLOBS_H

#include "random_inventory.h"

#define RANDOM_REFERENCES 5

struct random_blobs {
	uint32_t references[RANDOM_MANIFESTS][RANDOM_REFERENCES];
	uint32_t reference_count[RANDOM_MANIFESTS];
	uint64_t stated[RANDOM_DIGESTS], stored[RANDOM_DIGESTS];
	bool foreign[RANDOM_DIGESTS];
	uint32_t length[RANDOM_MANIFESTS]; /* by label */
};

/* A state for choices about number ONE of kind KIND. */
static inline uint64_t random_about(const struct random_world *world, uint64_t kind, uint64_t one)
{
	return world->seed ^ (kind << 56) ^ (one * UINT64_C(0xd1342543de82ef95));
}

static inline uint64_t random_size(uint64_t *state)
{
	return random_chance(state, 5) ? 0 : random_below(state, 1000000);
}

/* One repository's manifest may differ from the other's of the same digest: the worlds do so. */
static inline void random_references(struct random_blobs *blobs, const struct random_world *world,
				     uint32_t m)
{
	const struct random_manifest *manifest = &world->manifests[m];
	uint64_t state =
		random_about(world, 1, manifest->label * UINT64_C(16) + manifest->repository);
	uint32_t spread = random_chance(&state, 50) ? RANDOM_BLOBS : 6;

	if (!random_readable(manifest) || manifest->kind == MANIFEST_INDEX)
		return;
	if (manifest->config != RANDOM_NONE)
		blobs->references[m][blobs->reference_count[m]++] = manifest->config;
	while (blobs->reference_count[m] < RANDOM_REFERENCES && random_chance(&state, 75)) {
		uint32_t digest = RANDOM_MANIFESTS + random_below(&state, spread);

		/* A layer may be what is a manifest elsewhere. */
		if (random_chance(&state, 4))
			digest = random_below(&state, 14);
		blobs->references[m][blobs->reference_count[m]++] = digest;
	}
}

static inline void random_blobs(struct random_blobs *blobs, const struct random_world *world)
{
	memset(blobs, 0, sizeof *blobs);
	for (uint32_t m = 0; m < world->manifest_count; m++)
		random_references(blobs, world, m);
	for (uint32_t d = 0; d < RANDOM_DIGESTS; d++) {
		uint64_t state = random_about(world, 2, d);

		blobs->stated[d] = random_size(&state);
		blobs->stored[d] = random_chance(&state, 8)   ? INVENTORY_ABSENT
				   : random_chance(&state, 8) ? random_size(&state)
							      : blobs->stated[d];
		blobs->foreign[d] = random_chance(&state, 10);
		if (d < RANDOM_MANIFESTS)
			blobs->length[d] = (uint32_t)random_size(&state);
	}
}

static inline uint32_t random_add_blob(struct inventory *inventory,
				       const struct random_blobs *blobs, uint32_t digest)
{
	uint32_t id = inventory_blob(inventory, random_digest_text(digest), 0);

	inventory->blobs[id].size = blobs->stated[digest];
	inventory->blobs[id].foreign = blobs->foreign[digest];
	inventory->blobs[id].stored = inventory->from_storage ? blobs->stored[digest] : 0;
	return id;
}

/* Puts BLOBS into INVENTORY, which was made of WORLD. */
static inline void random_fill_blobs(struct inventory *inventory, const struct random_world *world,
				     const struct random_map *map, const struct random_blobs *blobs)
{
	free(inventory->references);
	inventory->reference_count = 0;
	inventory->references =
		calloc((size_t)RANDOM_MANIFESTS * RANDOM_REFERENCES, sizeof *inventory->references);
	assert(inventory->references);
	for (uint32_t m = 0; m < world->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[map->manifests[m]];

		manifest->length = blobs->length[world->manifests[m].label];
		manifest->blobs = (uint32_t)inventory->reference_count;
		manifest->blob_count = blobs->reference_count[m];
		for (uint32_t i = 0; i < blobs->reference_count[m]; i++)
			inventory->references[inventory->reference_count++] =
				random_add_blob(inventory, blobs, blobs->references[m][i]);
	}
	for (uint32_t d = 0; world->storage && d < RANDOM_DIGESTS; d++) {
		if (blobs->stored[d] != INVENTORY_ABSENT)
			random_add_blob(inventory, blobs, d);
	}
}

#endif
