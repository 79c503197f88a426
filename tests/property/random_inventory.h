/* A random world as an inventory, told in any order. */
#ifndef RANDOM_INVENTORY_H
#define RANDOM_INVENTORY_H

#include "random_world.h"

/* The order in which an inventory gets to know what is there; each is a permutation. */
struct random_order {
	uint32_t repositories[RANDOM_REPOSITORIES];
	uint32_t manifests[RANDOM_MANIFESTS];
	uint32_t tags[RANDOM_TAGS];
};

static inline void random_shuffle(uint32_t *numbers, uint32_t count, uint64_t *state)
{
	for (uint32_t i = 0; i < count; i++)
		numbers[i] = i;
	for (uint32_t i = count; state && i > 1; i--) {
		uint32_t other = random_below(state, i);
		uint32_t swapped = numbers[i - 1];

		numbers[i - 1] = numbers[other];
		numbers[other] = swapped;
	}
}

/* STATE may be NULL: nothing is shuffled. */
static inline void random_order(struct random_order *order, const struct random_world *world,
				uint64_t *state)
{
	random_shuffle(order->repositories, world->repository_count, state);
	random_shuffle(order->manifests, world->manifest_count, state);
	random_shuffle(order->tags, world->tag_count, state);
}

/* Where the world's things are in an inventory. */
struct random_map {
	uint32_t repositories[RANDOM_REPOSITORIES];
	uint32_t manifests[RANDOM_MANIFESTS];
	uint32_t tags[RANDOM_TAGS];
};

static inline void random_fill_manifest(struct inventory *inventory,
					const struct random_world *world,
					const struct random_map *map, uint32_t m)
{
	const struct random_manifest *from = &world->manifests[m];
	struct inventory_manifest *manifest = &inventory->manifests[map->manifests[m]];

	manifest->kind = from->kind;
	manifest->created = from->created;
	manifest->pending = from->pending;
	manifest->held = from->held;
	manifest->gone = from->gone;
	manifest->linked = from->linked && world->storage;
	manifest->untagged_since = world->storage ? from->untagged_since : DATE_ABSENT;
	manifest->blobs = (uint32_t)inventory->reference_count;
	if (from->config != RANDOM_NONE) {
		inventory->references[inventory->reference_count++] =
			inventory_blob(inventory, random_digest_text(from->config), 0);
		manifest->blob_count = 1;
	}
	if (from->subject != RANDOM_NONE)
		manifest->subject = map->manifests[from->subject];
	manifest->children = (uint32_t)inventory->child_count;
	manifest->child_count = from->child_count;
	for (uint32_t c = 0; c < from->child_count; c++)
		inventory->children[inventory->child_count++] =
			(struct inventory_child){ map->manifests[from->children[c]],
						  from->attestation[c], from->artifact[c] };
}

static inline void random_fill_tags(struct inventory *inventory, const struct random_world *world,
				    const struct random_order *order, struct random_map *map,
				    uint32_t repository)
{
	char *names[RANDOM_TAGS];
	uint32_t first = (uint32_t)inventory->tag_count, count = 0;

	for (uint32_t i = 0; i < world->tag_count; i++) {
		uint32_t t = order->tags[i];

		if (world->tags[t].repository != repository)
			continue;
		map->tags[t] = first + count;
		names[count++] = (char *)(uintptr_t)world->tags[t].name;
	}
	inventory_tags(inventory, map->repositories[repository], names, count);
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].repository != repository)
			continue;
		inventory->tags[map->tags[t]].state = world->tags[t].state;
		inventory->tags[map->tags[t]].not_ready = world->tags[t].not_ready;
		inventory->tags[map->tags[t]].pushed = world->tags[t].pushed;
		inventory->tags[map->tags[t]].pulled = world->tags[t].pulled;
		inventory->tags[map->tags[t]].seen = world->tags[t].seen;
		if (world->tags[t].state == TAG_READ)
			inventory_point(inventory, map->tags[t],
					map->manifests[world->tags[t].manifest]);
	}
}

static inline struct inventory *random_inventory(const struct random_world *world,
						 const struct random_order *order,
						 struct random_map *map)
{
	struct inventory *inventory = inventory_new();

	inventory->from_storage = world->storage;
	inventory->opaque = world->opaque;
	inventory->pulls_since = random_pulls_since(world);
	inventory->server.tag_delete = world->tag_delete ? TAG_DELETE_YES : TAG_DELETE_NO;
	for (uint32_t i = 0; i < world->repository_count; i++) {
		uint32_t r = order->repositories[i];

		map->repositories[r] = inventory_repository(inventory, world->repositories[r]);
		if (world->trouble[r])
			inventory_trouble(inventory, map->repositories[r], "trouble");
	}
	for (uint32_t i = 0; i < world->manifest_count; i++) {
		const struct random_manifest *from = &world->manifests[order->manifests[i]];

		map->manifests[order->manifests[i]] = inventory_manifest(
			inventory, map->repositories[from->repository], random_digest(from));
	}
	inventory->children =
		calloc((size_t)RANDOM_MANIFESTS * RANDOM_CHILDREN, sizeof *inventory->children);
	inventory->references = calloc(RANDOM_MANIFESTS, sizeof *inventory->references);
	assert(inventory->children && inventory->references);
	for (uint32_t i = 0; i < world->manifest_count; i++)
		random_fill_manifest(inventory, world, map, order->manifests[i]);
	for (uint32_t i = 0; i < world->repository_count; i++)
		random_fill_tags(inventory, world, order, map, order->repositories[i]);
	return inventory;
}

#endif
