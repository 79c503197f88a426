/* Names what tags would lose. */
#ifndef RUN_LOSSES_H
#define RUN_LOSSES_H

struct gc_check;  /* forecast/gc_check.h */
struct inventory; /* inventory/inventory.h */

/* As errors, a line for each blob. */
void losses_tell(const struct inventory *inventory, const struct gc_check *check);

#endif
