/* Whether a tag that stays needs what the collector would remove: a pure function of an inventory,
 * of what goes before the collection, and of what the collector said when it was asked. */
#ifndef FORECAST_GC_CHECK_H
#define FORECAST_GC_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;       /* inventory/inventory.h */
struct collector_marks; /* forecast/collector_marks.h */
struct strtab;          /* util/strtab.h */

struct gc_check_question {
	const struct inventory *inventory;
	/* Digests that the collector would remove; what else is in it does no harm. */
	const struct strtab *listed;
	/* The manifests that it marks; NULL: not known, and only LISTED counts. */
	const struct collector_marks *marks;
	/* Of each manifest (as inventory.manifests): it goes before the collection, and what its
	 * repository marks for it then goes unmarked; NULL: none does. */
	const bool *goes;
	/* Whether a manifest came after the collector was asked, who could not mark it then; NULL:
	 * none did. */
	bool (*is_new)(void *ctx, uint32_t manifest);
	void *ctx;
};

/* A tag that would lose something. */
struct gc_check_loss {
	uint32_t tag;
	uint32_t manifest; /* the first one that the tag leads to and that needs such a blob */
	uint32_t digest;   /* of that blob: a number in inventory.digests */
};

/* A tag that stays, and of which it is not known what it needs. */
struct gc_check_unknown {
	uint32_t tag;
	uint32_t manifest; /* that it leads to and that cannot be read; INVENTORY_NONE: its own */
};

struct gc_check {
	struct gc_check_loss *losses; /* one for each tag, in the order of inventory.tags */
	size_t loss_count;
	/* One for each tag whose own manifest is missing or cannot be read, and for each other
	 * manifest that cannot be read. */
	struct gc_check_unknown *unknowns;
	size_t unknown_count;
	/* Listed blobs that no tag needs, but a revision that is linked: the collector should have
	 * kept these, too. */
	size_t untagged;
	size_t tags; /* how many stay */
	/* Blobs that are there and that nothing marks that stays; 0 while MARKS are not known, or
	 * where the inventory is not from the storage. */
	size_t freed;
};

/* A tag needs the manifest that it points at, what an index lists, as far as it is there, and what
 * describes any of that (S3, S4); and of all these manifests the configs and layers. It loses what
 * is listed, and what is there and no manifest refers to that is marked and stays. */
struct gc_check *gc_check_build(const struct gc_check_question *question);
void gc_check_free(struct gc_check *check); /* NULL is fine */

#endif
