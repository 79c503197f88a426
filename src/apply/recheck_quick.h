/* The quick look at a repository's tags before and after each batch of deletes (S6), for apply
 * alone. */
#ifndef APPLY_RECHECK_QUICK_H
#define APPLY_RECHECK_QUICK_H

#include <stdbool.h>

struct worker;

typedef void (*recheck_quick_done)(struct worker *worker, const char *trouble);

/* Lists the tags, and puts back what went with the batch before though it was not planned. With
 * BEFORE a batch is to come: what it must not delete any more becomes STEP_CHANGED. New names and
 * all protected tags are resolved by the registry; all others by their links where the storage is
 * proved to be the registry's own. TROUBLE is NULL, or says why nothing may be deleted. */
void recheck_quick_begin(struct worker *worker, bool before, recheck_quick_done done);

#endif
