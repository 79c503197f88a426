/* A map from 64-bit keys to 32-bit values (open addressing). */
#ifndef UTIL_U64MAP_H
#define UTIL_U64MAP_H

#include <stdint.h>

#define U64MAP_NONE UINT32_MAX /* not a value: it says that a key is absent */

struct u64map;

struct u64map *u64map_new(void);
void u64map_free(struct u64map *map); /* NULL is fine */
/* Sets KEY to VALUE (not U64MAP_NONE), replacing what was there. */
void u64map_set(struct u64map *map, uint64_t key, uint32_t value);
uint32_t u64map_get(const struct u64map *map, uint64_t key);

#endif
