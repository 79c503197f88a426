/* Whether a delete shows, in the folder that the plan was made from, and in what the registry
 * answers. For src/apply/worker.c only. */
#ifndef APPLY_CANARY_H
#define APPLY_CANARY_H

#include <stdbool.h>
#include <stdint.h>

struct apply;
struct step; /* apply/recheck.h */
struct worker;

/* The registry has deleted manifest DIGEST of REPOSITORY, asked at SENT_AT (seconds since 1970):
 * sets APPLY's `confirmed`, or its `end`, with an error in the log, unless that is settled. */
void apply_confirm(struct apply *apply, const char *repository, const char *digest,
		   int64_t sent_at);
/* The registry says that what STEP is about is deleted, or was not there: asks for a tag of it,
 * unless another one was seen to go before. DONE is called from http_run; with false, the tag is
 * still there, APPLY's `end` is set, and the worker's `fault` says so. False: there is nothing to
 * ask, and DONE is not called. */
bool apply_confirm_tag(struct worker *worker, struct step *step,
		       void (*done)(struct worker *worker, struct step *step, bool is_done));

#endif
