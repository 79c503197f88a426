/* The wait until what was ordered is gone, at most registry.deleting_seconds. */
#ifndef APPLY_SCALEWAY_WAIT_H
#define APPLY_SCALEWAY_WAIT_H

struct image;

/* Asks for each tag that was ordered, again and again, then THEN: none is SENT any more. */
void wait_begin(struct image *image, void (*then)(struct image *image));

#endif
