/* Blobs for a random world: what its manifests refer to, and which files there are. All of it hangs
 * on the world's seed and on digests alone, so that a world made smaller keeps what it has left. */
#ifndef RANDOM_BLOBS_H
#define RANDOM_BLOBS_H

#include "random_inventory.h"

#define RANDOM_BLOBS      24
#define RANDOM_REFERENCES 5
/* Digests are numbers here: those of manifests are their labels, then come blobs. */
#define RANDOM_DIGESTS (RANDOM_MANIFESTS + RANDOM_BLOBS)

struct random_blobs {
	bool storage; /* where the inventory comes from */
	uint32_t references[RANDOM_MANIFESTS][RANDOM_REFERENCES];
	uint32_t reference_count[RANDOM_MANIFESTS];
	bool linked[RANDOM_MANIFESTS];
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

	blobs->linked[m] = random_chance(&state, 88);
	if (!random_readable(manifest) || manifest->kind == MANIFEST_INDEX)
		return;
	while (blobs->reference_count[m] < RANDOM_REFERENCES && random_chance(&state, 75)) {
		uint32_t digest = RANDOM_MANIFESTS + random_below(&state, spread);

		/* A layer may be what is a manifest elsewhere. */
		if (random_chance(&state, 4))
			digest = random_below(&state, 14);
		blobs->references[m][blobs->reference_count[m]++] = digest;
	}
}

static inline void random_blobs(struct random_blobs *blobs, const struct random_world *world,
				bool storage)
{
	memset(blobs, 0, sizeof *blobs);
	blobs->storage = storage;
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
	char name[16], text[DIGEST_TEXT];
	uint32_t label = digest < RANDOM_MANIFESTS ? digest : digest - RANDOM_MANIFESTS;
	int length = snprintf(name, sizeof name, "%c%" PRIu32,
			      digest < RANDOM_MANIFESTS ? 'm' : 'b', label);
	uint32_t id = inventory_blob(inventory, digest_of(name, (size_t)length, text),
				     blobs->stated[digest]);

	inventory->blobs[id].foreign = blobs->foreign[digest];
	inventory->blobs[id].stored = blobs->storage ? blobs->stored[digest] : 0;
	return id;
}

/* Puts BLOBS into INVENTORY, which was made of WORLD. */
static inline void random_fill_blobs(struct inventory *inventory, const struct random_world *world,
				     const struct random_map *map, const struct random_blobs *blobs)
{
	inventory->from_storage = blobs->storage;
	inventory->references =
		calloc((size_t)RANDOM_MANIFESTS * RANDOM_REFERENCES, sizeof *inventory->references);
	for (uint32_t m = 0; inventory->references && m < world->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[map->manifests[m]];

		manifest->length = blobs->length[world->manifests[m].label];
		manifest->linked = blobs->storage && blobs->linked[m];
		manifest->blobs = (uint32_t)inventory->reference_count;
		manifest->blob_count = blobs->reference_count[m];
		for (uint32_t i = 0; i < blobs->reference_count[m]; i++)
			inventory->references[inventory->reference_count++] =
				random_add_blob(inventory, blobs, blobs->references[m][i]);
	}
	for (uint32_t d = 0; blobs->storage && d < RANDOM_DIGESTS; d++) {
		if (blobs->stored[d] != INVENTORY_ABSENT)
			random_add_blob(inventory, blobs, d);
	}
}

#endif
