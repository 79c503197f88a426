/* What the files of this folder share. */
#ifndef APPLY_SCALEWAY_SHARED_H
#define APPLY_SCALEWAY_SHARED_H

#include <stdbool.h>
#include <stddef.h>

struct doomed;
struct image;
struct scaleway_object;

/* What the catalog has of DOOMED. */
const struct scaleway_object *shared_planned(const struct image *image,
					     const struct doomed *doomed);
const char *shared_name(const struct image *image, const struct doomed *doomed);
/* A tag of STEP was ordered, or may have been. */
bool shared_step_is_ordered(const struct image *image, size_t step);
/* UNCHECKED: the run does not end before it is known what went with what was ordered. */
void shared_set_unchecked(struct image *image, bool unchecked);

/* Whether a digest of IMAGE, which is REPOSITORY of the inventory, is held that no tag had when all
 * was planned: it may be of a part of any image there (plan/held.c). There are holds. */
bool shared_is_held_in_part(const struct image *image);

#endif
