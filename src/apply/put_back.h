/* What to do about tags that went with a batch of deletes though that was not planned: they had
 * been moved to a manifest that was deleted, between the look and its DELETE. For apply alone. */
#ifndef APPLY_PUT_BACK_H
#define APPLY_PUT_BACK_H

struct worker;

/* WORKER's view has just taken a list. Puts back, or names as an error, what vanished since the
 * list before it and was not to go; the batch is checked then. A tag is put back only where it is
 * certain which manifest it had, and that nobody else deleted it or pushed it anew: a PUT asks for
 * no condition. DONE is called, from http_run too. */
void put_back_begin(struct worker *worker, void (*done)(struct worker *worker, void *ctx),
		    void *ctx);

#endif
