/* Which tags may be parts of others, by their names, where nothing else tells it. For src/plan/
 * only. */
#ifndef PLAN_PARTS_H
#define PLAN_PARTS_H

#include <stdint.h>

struct inventory;

/* PART, a tag, may be a part of what BASE, another tag of its repository, points at. */
typedef void (*plan_part_visit)(void *ctx, uint32_t base, uint32_t part);

/* Tells of each such pair, always in the same order: of tags that were read, of an inventory that
 * tells nothing of what manifests are (inventory.opaque), by oci/platform_tag.h; of none in any
 * other. */
void plan_parts(const struct inventory *inventory, plan_part_visit visit, void *ctx);

#endif
