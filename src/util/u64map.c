/* A hash map from 64-bit keys to 32-bit values; open addressing, linear probing. */
#include "util/u64map.h"

#include "util/xalloc.h"

#include <stddef.h>

#define FIRST_BITS 6

struct slot {
	uint64_t key;
	uint32_t value; /* U64MAP_NONE: the slot is empty */
};

struct u64map {
	struct slot *slots;
	size_t count;
	unsigned bits; /* there are 1 << bits slots, at most 13 of 16 are taken */
};

static struct slot *new_slots(unsigned bits)
{
	size_t count = (size_t)1 << bits;
	struct slot *slots = xreallocarray(NULL, count, sizeof *slots);

	for (size_t i = 0; i < count; i++)
		slots[i] = (struct slot){ .value = U64MAP_NONE };
	return slots;
}

struct u64map *u64map_new(void)
{
	struct u64map *map = xcalloc(1, sizeof *map);

	map->bits = FIRST_BITS;
	map->slots = new_slots(FIRST_BITS);
	return map;
}

void u64map_free(struct u64map *map)
{
	if (!map)
		return;
	free(map->slots);
	free(map);
}

/* The slot where KEY is, or the empty one where it belongs. Multiplying by the golden ratio
 * spreads neighbouring keys; its upper bits are the good ones. */
static struct slot *slot_of(const struct u64map *map, uint64_t key)
{
	size_t mask = ((size_t)1 << map->bits) - 1;
	size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - map->bits));

	while (map->slots[i].value != U64MAP_NONE && map->slots[i].key != key)
		i = (i + 1) & mask;
	return &map->slots[i];
}

static void double_slots(struct u64map *map)
{
	struct slot *old = map->slots;
	size_t old_count = (size_t)1 << map->bits;

	map->bits++;
	map->slots = new_slots(map->bits);
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].value != U64MAP_NONE)
			*slot_of(map, old[i].key) = old[i];
	}
	free(old);
}

void u64map_set(struct u64map *map, uint64_t key, uint32_t value)
{
	struct slot *slot = slot_of(map, key);

	if (value == U64MAP_NONE)
		die_internal("map: no value for key %llu", (unsigned long long)key);
	if (slot->value == U64MAP_NONE) {
		if (map->count >= ((size_t)1 << map->bits) / 16 * 13) {
			double_slots(map);
			slot = slot_of(map, key);
		}
		map->count++;
	}
	*slot = (struct slot){ .key = key, .value = value };
}

uint32_t u64map_get(const struct u64map *map, uint64_t key)
{
	return slot_of(map, key)->value;
}
