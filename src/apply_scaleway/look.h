/* The look at an image's tags, before the first DELETE and after each batch (S6). */
#ifndef APPLY_SCALEWAY_LOOK_H
#define APPLY_SCALEWAY_LOOK_H

#include <stdbool.h>
#include <stddef.h>

struct image;

/* Lists IMAGE's tags, and judges: what was to go and is gone is deleted, what changed stays; a tag
 * that was to stay and is not there ends it. Then THEN. */
void look_begin(struct image *image, void (*then)(struct image *image));
/* The last look began too long ago to delete by it. */
bool look_is_stale(const struct image *image);
/* Whether somebody holds a tag or the digest of STEP. */
bool look_is_held(const struct image *image, size_t step);

#endif
