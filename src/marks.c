/* Pairs of a repository and a digest, each text kept once. */
#include "marks.h"

#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <string.h>

struct pair {
	uint32_t repository, digest; /* numbers in the tables */
};

struct marks {
	struct strtab *repositories, *digests;
	struct u64map *places; /* of the pairs */
	struct pair *pairs;
	uint32_t *holders; /* by the numbers of the digests */
	size_t count, capacity, holder_capacity;
};

struct marks *marks_new(void)
{
	struct marks *marks = xcalloc(1, sizeof *marks);

	marks->repositories = strtab_new();
	marks->digests = strtab_new();
	marks->places = u64map_new();
	return marks;
}

void marks_free(struct marks *marks)
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

void marks_add(struct marks *marks, const char *repository, size_t repository_length,
	       const char *digest, size_t digest_length)
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

bool marks_has(const struct marks *marks, const char *repository, const char *digest)
{
	uint32_t r = strtab_find(marks->repositories, repository, strlen(repository));
	uint32_t d = strtab_find(marks->digests, digest, strlen(digest));

	return r != STRTAB_NONE && d != STRTAB_NONE &&
	       u64map_get(marks->places, key_of(r, d)) != U64MAP_NONE;
}

uint32_t marks_holders(const struct marks *marks, const char *digest)
{
	uint32_t d = strtab_find(marks->digests, digest, strlen(digest));

	return d == STRTAB_NONE ? 0 : marks->holders[d];
}

size_t marks_count(const struct marks *marks)
{
	return marks->count;
}

const char *marks_repository(const struct marks *marks, size_t i)
{
	return strtab_text(marks->repositories, marks->pairs[i].repository);
}

const char *marks_digest(const struct marks *marks, size_t i)
{
	return strtab_text(marks->digests, marks->pairs[i].digest);
}
