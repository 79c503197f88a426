/* Whether a delete shows in the folder that the plan was made from. For src/apply_worker.c only. */
#ifndef APPLY_CONFIRM_H
#define APPLY_CONFIRM_H

#include <stdint.h>

struct apply;

/* The registry has deleted manifest DIGEST of REPOSITORY, asked at SENT_AT (seconds since 1970):
 * sets APPLY's `confirmed`, or `strange`, with an error in the log, unless that is settled. */
void apply_confirm(struct apply *apply, const char *repository, const char *digest,
		   int64_t sent_at);

#endif
