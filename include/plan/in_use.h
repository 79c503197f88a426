/* What is in use, and what it is a part of. For src/plan/plan.c only. */
#ifndef PLAN_IN_USE_H
#define PLAN_IN_USE_H

#include <stddef.h>
#include <stdint.h>

struct image_refs;
struct inventory;
struct plan_graph;
struct plan_manifest;
struct policy;

/* Sets IN_USE of all MANIFESTS (as inventory.manifests): those that the policy's in_use names, by a
 * tag, by their digest or by that of their config, and every index that lists one of them, over any
 * number of steps. Nobody knows what a manifest lists that was not read (inventory.opaque): a
 * digest in use that no tag of its repository shows marks all that is there. */
void plan_in_use(const struct inventory *inventory, const struct policy *policy,
		 const struct plan_graph *graph, struct plan_manifest *manifests);

/* The bare IDs that are of no manifest and no config of INVENTORY. Where manifests were read, those
 * without an algorithm alone: they are of images from elsewhere, or of containers. Otherwise
 * (inventory.opaque) all: IDs of images are mostly digests of configs, which nobody knows then.
 * FIRST is borrowed from IN_USE; NULL when there is none. */
struct plan_in_use_unknown {
	size_t count;
	const char *first;
};
struct plan_in_use_unknown plan_in_use_unknown(const struct inventory *inventory,
					       const struct image_refs *in_use);

#endif
