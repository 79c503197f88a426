/* What an index lists and its repository does not link: the registry does not answer with it, but
 * its bytes are still there, and so may be what it refers to. */
#ifndef INVENTORY_UNLINKED_H
#define INVENTORY_UNLINKED_H

struct inventory;
struct layout; /* storage/layout.h */

/* Describes the children of INVENTORY, which was read from LAYOUT, that are missing only because
 * their repository has no link of them, and what they list in turn; they stay unlinked. What cannot
 * be read or understood stays missing. */
void inventory_unlinked(struct inventory *inventory, const struct layout *layout);

#endif
