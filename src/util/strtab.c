/* A hash table of strings that numbers them; open addressing, linear probing. */
#include "util/strtab.h"

#include "util/arena.h"
#include "util/xalloc.h"

#include <string.h>
#include <sys/random.h>

#define FIRST_SLOTS 64

struct entry {
	const char *text; /* borrowed from the arena */
	uint32_t length;
	uint32_t hash;
};

struct strtab {
	struct arena *arena;
	struct entry *entries;
	uint32_t *slots; /* numbers of entries, STRTAB_NONE where empty */
	uint8_t *marks;  /* by slot: mark_of what is there, 0 where empty */
	uint64_t seed;
	uint32_t count;
	size_t bytes;
	size_t entry_capacity;
	size_t slot_count; /* a power of two, at most 13 of 16 taken */
};

static void make_slots(struct strtab *table, size_t count)
{
	free(table->slots);
	free(table->marks);
	table->slots = xreallocarray(NULL, count, sizeof *table->slots);
	memset(table->slots, 0xff, count * sizeof *table->slots);
	table->marks = xcalloc(count, sizeof *table->marks);
	table->slot_count = count;
}

struct strtab *strtab_new(void)
{
	struct strtab *table = xcalloc(1, sizeof *table);

	table->arena = arena_new();
	make_slots(table, FIRST_SLOTS);
	/* Names come from strangers: without a seed they could be chosen to collide. A kernel that
	 * has no random bytes yet leaves it 0, which costs speed at worst. */
	if (getrandom(&table->seed, sizeof table->seed, GRND_NONBLOCK) < 0)
		table->seed = 0;
	return table;
}

void strtab_free(struct strtab *table)
{
	if (!table)
		return;
	arena_free(table->arena);
	free(table->entries);
	free(table->slots);
	free(table->marks);
	free(table);
}

/* Eight bytes a step: multiplying carries them upwards, the shift brings them down again. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* From a seeded start, the length last: what is missing of the last word are zeros. */
static uint32_t hash_of(const struct strtab *table, const char *text, size_t length)
{
	uint64_t hash = table->seed, word = 0;
	size_t at = 0;

	for (; length - at >= sizeof word; at += sizeof word) {
		memcpy(&word, text + at, sizeof word);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, text + at, length - at);
	return (uint32_t)mix(mix(hash, word), length);
}

/* The bits of a hash that choose no slot in any but the largest tables, never 0. Nearly all slots
 * that hold something else are passed by this alone: their entries lie all over the memory, the
 * marks lie together. */
static uint8_t mark_of(uint32_t hash)
{
	return (uint8_t)(hash >> 25 | 0x80);
}

/* The slot where TEXT is, or the empty one where it belongs. */
static size_t slot_of(const struct strtab *table, const char *text, size_t length, uint32_t hash)
{
	size_t mask = table->slot_count - 1;
	size_t slot = hash & mask;

	for (; table->marks[slot] != 0; slot = (slot + 1) & mask) {
		const struct entry *entry;

		if (table->marks[slot] != mark_of(hash))
			continue;
		entry = &table->entries[table->slots[slot]];
		if (entry->hash == hash && entry->length == length &&
		    memcmp(entry->text, text, length) == 0)
			break;
	}
	return slot;
}

static void fill_slot(struct strtab *table, size_t slot, uint32_t id)
{
	table->slots[slot] = id;
	table->marks[slot] = mark_of(table->entries[id].hash);
}

static void double_slots(struct strtab *table)
{
	size_t mask = table->slot_count * 2 - 1;

	make_slots(table, table->slot_count * 2);
	for (uint32_t id = 0; id < table->count; id++) {
		size_t slot = table->entries[id].hash & mask;

		while (table->marks[slot] != 0)
			slot = (slot + 1) & mask;
		fill_slot(table, slot, id);
	}
}

uint32_t strtab_add(struct strtab *table, const char *text, size_t length)
{
	uint32_t hash = hash_of(table, text, length);
	size_t slot = slot_of(table, text, length, hash);

	if (table->slots[slot] != STRTAB_NONE)
		return table->slots[slot];
	if (length > UINT32_MAX || table->count == STRTAB_NONE - 1)
		die_internal("string table: %zu bytes as number %u", length, table->count);
	if (table->count >= table->slot_count / 16 * 13) {
		double_slots(table);
		slot = slot_of(table, text, length, hash);
	}
	GROW(table->entries, table->count, table->entry_capacity);
	table->entries[table->count] = (struct entry){
		.text = arena_string(table->arena, text, length),
		.length = (uint32_t)length,
		.hash = hash,
	};
	fill_slot(table, slot, table->count);
	table->bytes += length;
	return table->count++;
}

uint32_t strtab_find(const struct strtab *table, const char *text, size_t length)
{
	return table->slots[slot_of(table, text, length, hash_of(table, text, length))];
}

const char *strtab_text(const struct strtab *table, uint32_t id)
{
	if (id >= table->count)
		die_internal("string table: no number %u of %u", id, table->count);
	return table->entries[id].text;
}

uint32_t strtab_count(const struct strtab *table)
{
	return table->count;
}

size_t strtab_bytes(const struct strtab *table)
{
	return table->bytes;
}
