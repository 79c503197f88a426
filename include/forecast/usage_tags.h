/* What the tags of one repository take: a pure function of an inventory. */
#ifndef FORECAST_USAGE_TAGS_H
#define FORECAST_USAGE_TAGS_H

#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */

struct space_tag {
	uint32_t tag; /* number in inventory.tags */
	/* What deleting this tag alone, and all that then has nothing left to stay for, would free
	 * (forecast/forecast.h). It may be more than BYTES: signatures go too. */
	uint64_t exclusive;
	uint64_t bytes;  /* its manifest, config and layers, those of its children too; once each */
	int64_t created; /* util/date.h; an index is as old as its newest child */
};

struct usage_tags {
	struct space_tag *items; /* the largest (BYTES, then EXCLUSIVE) first, then by name */
	size_t count;
	uint64_t bytes; /* of all of them, what several need counted once */
};

struct usage_tags *usage_tags_build(const struct inventory *inventory, uint32_t repository);
void usage_tags_free(struct usage_tags *tags); /* NULL is fine */

/* Bytes of the tags from number FIRST on together, what several need counted once. */
uint64_t usage_tags_rest(const struct inventory *inventory, const struct usage_tags *tags,
			 size_t first);

#endif
