/* What would stop a run before its first DELETE, found by reading alone (S9). */
#ifndef RUN_FORESEE_H
#define RUN_FORESEE_H

#include "util/err.h"

struct run; /* run/context.h */

/* Asks all that the run that RUN's plan is for would ask. -1: what it would stop at first, with the
 * kind that it would have then; what else is in its way is told as errors. ERR_STOPPED. */
int foresee(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
