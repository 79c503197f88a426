/* What the tags of one repository take: a pure function of an inventory. */
#ifndef SPACE_TAGS_H
#define SPACE_TAGS_H

#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory.h */

struct space_tag {
	uint32_t tag; /* number in inventory.tags */
	/* What deleting this tag alone, and all that then has nothing left to stay for, would free
	 * (forecast.h). It may be more than BYTES: signatures go too. */
	uint64_t exclusive;
	uint64_t bytes;  /* its manifest, config and layers, those of its children too; once each */
	int64_t created; /* oci/date.h; an index is as old as its newest child */
};

struct space_tags {
	struct space_tag *items; /* the largest (BYTES, then EXCLUSIVE) first, then by name */
	size_t count;
	uint64_t bytes; /* of all of them, what several need counted once */
};

struct space_tags *space_tags_build(const struct inventory *inventory, uint32_t repository);
void space_tags_free(struct space_tags *tags); /* NULL is fine */

/* Bytes of the tags from number FIRST on together, what several need counted once. */
uint64_t space_tags_rest(const struct inventory *inventory, const struct space_tags *tags,
			 size_t first);

#endif
