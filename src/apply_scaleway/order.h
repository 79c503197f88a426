/* The DELETE of one tag: read again right before, ordered once, and its answer. */
#ifndef APPLY_SCALEWAY_ORDER_H
#define APPLY_SCALEWAY_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct doomed;
struct image;

/* Orders DOOMED, then THEN: it is SENT, GONE, LEFT, or still TO_DO, after the image's pause_ms. */
void order_begin(struct image *image, struct doomed *doomed, void (*then)(struct image *image));
/* DOOMED surely was not deleted, and may be ordered again: sets IMAGE's pause. ASKED_MS: what the
 * answer asks for, or -1. False: registry.retry_seconds are over. */
bool order_again(struct image *image, struct doomed *doomed, int64_t asked_ms);

#endif
