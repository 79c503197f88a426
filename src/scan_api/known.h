/* What was read before, in this run or in earlier ones, and need not be read again. */
#ifndef SCAN_API_KNOWN_H
#define SCAN_API_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;

struct known {
	const struct inventory *inventory; /* NULL: nothing is known */
	uint32_t manifests;                /* the repository there where manifests stand */
	const bool *reread; /* by manifest there: it is read again all the same; or NULL */
	uint32_t *expected; /* by new tag: the manifest that it had, or INVENTORY_NONE */
	size_t expected_count, expected_capacity;
	size_t taken; /* manifests that were filled in */
};

/* Where it is known what MANIFEST of FRESH is, fills that in: what a digest is never changes. What
 * we deleted, or never saw, is not known, nor what is to be reread. */
bool known_take(struct known *known, struct inventory *fresh, uint32_t manifest);
/* REPOSITORY of FRESH has its tags: works out which digests they had. */
void known_expect(struct known *known, const struct inventory *fresh, uint32_t repository);
/* The digest that TAG is expected to have, or NULL. */
const char *known_digest(const struct known *known, uint32_t tag);
void known_clear(struct known *known);

#endif
