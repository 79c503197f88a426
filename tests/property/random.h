/* Choices that a seed makes. */
#ifndef RANDOM_H
#define RANDOM_H

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_NAME_SIZE 96
#define RANDOM_NONE      UINT32_MAX

/* splitmix64: small, and good enough to choose with. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	assert(limit > 0);
	return (uint32_t)(random_next(state) % limit);
}

static inline bool random_chance(uint64_t *state, uint32_t percent)
{
	return random_below(state, 100) < percent;
}

static inline void random_copy(char to[RANDOM_NAME_SIZE], const char *from)
{
	size_t length = strlen(from);

	assert(length < RANDOM_NAME_SIZE);
	memcpy(to, from, length + 1);
}

#endif
