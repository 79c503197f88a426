/* Which tags are the newest of a group. For src/plan/rules.c only. */
#ifndef PLAN_RANK_H
#define PLAN_RANK_H

#include <stddef.h>
#include <stdint.h>

struct plan_ranked {
	int64_t date; /* known (util/date.h) */
	const char *name;
	uint32_t tag;   /* index into PLACES */
	uint32_t image; /* index into IMAGES */
};

/* Sorts RANKED, the newest first; of one age the name comes first that would be the later version.
 * Sets PLACES[tag] of each: 1 is the newest. IMAGES (room for every image, all zero): tags of one
 * image share the place of their newest, which it gets, too. NULL: each tag has its own. */
void plan_newest(struct plan_ranked *ranked, size_t count, uint32_t *images, uint32_t *places);

#endif
