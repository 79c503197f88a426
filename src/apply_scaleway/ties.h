/* What must go before a tag: what it describes (S4), and what it may be a part of by its name (S3).
 */
#ifndef APPLY_SCALEWAY_TIES_H
#define APPLY_SCALEWAY_TIES_H

#include <stdbool.h>
#include <stddef.h>

struct image;

/* Notes what IMAGE's last look listed, but for what is deleted. */
void ties_take(struct image *image);
/* That look listed what tags of STEP describe or may be parts of: they go only after it. */
bool ties_hold(const struct image *image, size_t step);

#endif
