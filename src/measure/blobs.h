/* Which blobs a storage has: sets of them, filled during a walk and compared afterwards. */
#ifndef MEASURE_BLOBS_H
#define MEASURE_BLOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 256 bits tell blobs apart, so of a longer digest only the beginning is kept. */
#define BLOBS_KEY 32

struct blobs_item {
	unsigned char key[BLOBS_KEY];
	uint64_t size; /* apparent */
};

/* Sorted by key once the walk is over. */
struct measure_blobs {
	struct blobs_item *items;
	size_t count;
	size_t capacity;
};

/* Whether PATH, relative to the storage's root, is that of a blob, in use or in the trash; its
 * digest goes into KEY. */
bool blobs_find_place(const char *path, unsigned char key[BLOBS_KEY], bool *in_trash);

void blobs_add(struct measure_blobs *blobs, const unsigned char key[BLOBS_KEY], uint64_t size);
/* By key, and each once: what lies in the trash may have been pushed again. */
void blobs_sort(struct measure_blobs *blobs);

#endif
