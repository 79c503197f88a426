/* Which deletes go together, for apply alone. */
#ifndef APPLY_BATCH_H
#define APPLY_BATCH_H

struct worker;

/* Chooses what WORKER's next batch has, and fetches those manifests, so that they can be put back.
 * What cannot be held becomes STEP_CHANGED. DONE is called, from http_run too: TROUBLE is NULL, or
 * says why nothing in the repository may be deleted. */
void batch_begin(struct worker *worker, void (*done)(struct worker *worker, const char *trouble));

#endif
