/* The order in which an inventory is told, which is the same wherever it came from: the API answers
 * in any order, and so does a folder. */
#ifndef INVENTORY_ORDER_H
#define INVENTORY_ORDER_H

#include <stdint.h>

struct inventory; /* inventory/inventory.h */

/* The numbers of all repositories by their names, bytewise; the caller's to free. */
uint32_t *inventory_order_repositories(const struct inventory *inventory);
/* The numbers of all tags, by their repositories and then by their names; the caller's to free. */
uint32_t *inventory_order_tags(const struct inventory *inventory);

#endif
