/* When tags were pushed, as far as the storage's own times can be believed. */
#ifndef SCAN_STORAGE_PUSH_TIMES_H
#define SCAN_STORAGE_PUSH_TIMES_H

#include <stdbool.h>

struct inventory;
struct layout; /* storage/layout.h */

#define PUSHES_FEWEST 20 /* with fewer tags nothing can be said */
#define PUSHES_WITHIN 60 /* seconds */

/* True when, of at least PUSHES_FEWEST tags, more than half were pushed within PUSHES_WITHIN: a
 * storage that was restored or copied without its times. Tags that `restore` put back do not count.
 */
bool push_times_copied(const struct inventory *inventory);
/* No push is known any more, nor since when anything is untagged. */
void push_times_forget(struct inventory *inventory);

/* What is owed and was pushed again since that was planned is repushed: somebody wants it, though
 * it looks the same, and rules decide on it anew. LAYOUT must be the registry's own folder. The API
 * does not tell when a manifest was pushed: without the storage nothing is repushed. */
void push_times_check_pending(struct inventory *inventory, const struct layout *layout);

#endif
