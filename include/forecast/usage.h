/* Where the space goes: a pure function of an inventory. */
#ifndef FORECAST_USAGE_H
#define FORECAST_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */

/* Of one repository, or of several as if they were one. */
struct space_part {
	uint32_t tags;
	uint32_t manifests; /* that are there; from the API: that are known of */
	uint32_t untagged;  /* of these, what no tag leads to; from the API not known, 0 */
	uint64_t alone;     /* bytes of blobs that only one repository refers to */
	uint64_t shared;    /* bytes, once each, of blobs that it shares with other repositories */
};

/* Bytes are those of blob files (from the storage), or those that manifests state and that their
 * bodies have (from the API; foreign layers, which may be absent, count 0 there). A repository
 * refers to what the collector would mark for it (forecast/marks.h). */
struct usage {
	struct space_part *repositories; /* as inventory.repositories */
	/* Repositories, the largest (ALONE and SHARED) first, then by name; where no size is known
	 * (inventory.opaque), those with the most tags first. */
	uint32_t *order;
	/* Everything: ALONE is the sum of the repositories', SHARED counts each blob once. */
	struct space_part all;
	uint64_t garbage; /* bytes of blobs that nothing refers to; from the API not known, 0 */
	uint64_t garbage_blobs;
	uint64_t bytes; /* ALL.ALONE, ALL.SHARED and GARBAGE add up to it */
	uint64_t blobs; /* how many these are, empty ones included */
	/* Manifests that are there and cannot be read: what they refer to is not known, and may be
	 * among the garbage. */
	size_t unread;
	bool complete; /* from the storage: garbage and untagged manifests are known */
};

struct usage *usage_build(const struct inventory *inventory);
void usage_free(struct usage *space); /* NULL is fine */

/* The repositories from number FIRST of the order on, as one line: what they hold alone is added
 * up, what they share with any other is counted once. */
struct space_part usage_rest(const struct inventory *inventory, const struct usage *space,
			     size_t first);

/* What it takes in all: ALONE and SHARED. */
uint64_t usage_size(const struct space_part *part);

#endif
