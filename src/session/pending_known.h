/* What earlier runs were about to delete, brought to the inventory. */
#ifndef SESSION_PENDING_KNOWN_H
#define SESSION_PENDING_KNOWN_H

struct inventory; /* inventory/inventory.h */
struct state;     /* state/state.h */

/* Before the registry is read: manifests that STATE (may be NULL) says are pending are in
 * INVENTORY, and are read like others. */
void pending_known_add(struct inventory *inventory, const struct state *state);
/* After it was read: those that STATE says are deleted, as far as something mentions them. */
void pending_known_add_gone(struct inventory *inventory, const struct state *state);

#endif
