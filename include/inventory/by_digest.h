/* A number for each digest that has one: an array, as digests are numbered from 0 on. */
#ifndef INVENTORY_BY_DIGEST_H
#define INVENTORY_BY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define BY_DIGEST_NONE UINT32_MAX

/* Zero-initialised is empty; ITEMS is its owner's to free. */
struct by_digest {
	uint32_t *items;
	size_t room;
};

/* BY_DIGEST_NONE: it has none. */
uint32_t by_digest_get(const struct by_digest *numbers, uint32_t digest);
void by_digest_set(struct by_digest *numbers, uint32_t digest, uint32_t number);

#endif
