/* Which digests tags show. */
#ifndef INVENTORY_SHOWN_H
#define INVENTORY_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */

/* Whether a tag of REPOSITORY points at DIGEST, which may be cut short. Where nothing but tags is
 * told (inventory.opaque), what none shows may be a part of any image there. */
bool inventory_shows(const struct inventory *inventory, uint32_t repository, const char *digest);

#endif
