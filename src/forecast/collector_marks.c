/* Pairs of a repository and a digest, each text kept once. */
#include "forecast/collector_marks.h"

#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <string.h>

struct pair {
	uint32_t repository, digest; /* numbers in the tables */
};

struct collector_marks {
	struct strtab *repositories, *digests;
	struct u64map *places; /* of the pairs */
	struct pair *pairs;
	uint32_t *holders; /* by the numbers of the digests */
	size_t count, capacity, holder_capacity;
};

struct collector_marks *collector_marks_new(void)
{
	struct collector_marks *marks = xcalloc(1, sizeof *marks);

	marks->repositories = strtab_new();
	marks->digests = strtab_new();
	marks->places = u64map_new();
	return marks;
}

void collector_marks_free(struct collector_marks *marks)
{
	if (!marks)
		return;
	strtab_free(marks->repositories);
	strtab_free(marks->digests);
	u64map_free(marks->places);
	free(marks->pairs);
	free(marks->holders);
	free(marks);
}

static uint64_t key_of(uint32_t repository, uint32_t digest)
{
	return (uint64_t)repository << 32 | digest;
}

void collector_marks_add(struct collector_marks *marks, const char *repository,
			 size_t repository_length, const char *digest, size_t digest_length)
{
	uint32_t known = strtab_count(marks->digests);
	uint32_t r = strtab_add(marks->repositories, repository, repository_length);
	uint32_t d = strtab_add(marks->digests, digest, digest_length);

	if (d == known) {
		GROW(marks->holders, known, marks->holder_capacity);
		marks->holders[d] = 0;
	}
	if (u64map_get(marks->places, key_of(r, d)) != U64MAP_NONE)
		return;
	u64map_set(marks->places, key_of(r, d), 0);
	marks->holders[d]++;
	GROW(marks->pairs, marks->count, marks->capacity);
	marks->pairs[marks->count++] = (struct pair){ r, d };
}

bool collector_marks_has(const struct collector_marks *marks, const char *repository,
			 const char *digest)
{
	uint32_t r = strtab_find(marks->repositories, repository, strlen(repository));
	uint32_t d = strtab_find(marks->digests, digest, strlen(digest));

	return r != STRTAB_NONE && d != STRTAB_NONE &&
	       u64map_get(marks->places, key_of(r, d)) != U64MAP_NONE;
}

uint32_t collector_marks_holders(const struct collector_marks *marks, const char *digest)
{
	uint32_t d = strtab_find(marks->digests, digest, strlen(digest));

	return d == STRTAB_NONE ? 0 : marks->holders[d];
}

size_t collector_marks_count(const struct collector_marks *marks)
{
	return marks->count;
}

const char *collector_marks_repository(const struct collector_marks *marks, size_t i)
{
	return strtab_text(marks->repositories, marks->pairs[i].repository);
}

const char *collector_marks_digest(const struct collector_marks *marks, size_t i)
{
	return strtab_text(marks->digests, marks->pairs[i].digest);
}
