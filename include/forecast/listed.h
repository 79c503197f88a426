/* What the registry's collector lists, weighed against an inventory: for storages that cannot be
 * looked at. Pure. */
#ifndef FORECAST_LISTED_H
#define FORECAST_LISTED_H

#include <stddef.h>
#include <stdint.h>

struct collector_marks; /* forecast/collector_marks.h */
struct inventory;       /* inventory/inventory.h */
struct strtab;          /* util/strtab.h */

/* Blobs that the collector removed, or would. */
struct listed_blobs {
	uint64_t count;
	uint64_t bytes;   /* of those whose size is known: the least that all of them take */
	uint64_t unsized; /* how many others there are */
};

/* LISTED as gc_result.removed: digests, and links, which have a space in them and count for
 * nothing. Sizes are those of manifests that INVENTORY has, and those that these state of their
 * configs and layers, all of them the same; of a layer that may be absent it is not known. */
struct listed_blobs listed_blobs_weigh(const struct inventory *inventory,
				       const struct strtab *listed);

/* The numbers in MARKS of the manifests that no tag of INVENTORY leads to, in repositories of which
 * all was read. *COUNT is how many; the caller frees them. */
uint32_t *listed_untagged(const struct inventory *inventory, const struct collector_marks *marks,
			  size_t *count);

#endif
