/* What apply does in one repository, for apply alone. */
#ifndef APPLY_WORKER_H
#define APPLY_WORKER_H

#include <stdint.h>

struct apply;

/* Carries out the plan's steps of REPOSITORY (at least one), one after another. DONE is called from
 * http_run; what became of them is in the outcome and the log. */
void apply_worker_begin(struct apply *apply, uint32_t repository, void (*done)(void *ctx),
			void *ctx);

#endif
