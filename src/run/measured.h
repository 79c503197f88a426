/* The storage before and after, and whether all is whole. */
#ifndef RUN_MEASURED_H
#define RUN_MEASURED_H

#include "util/err.h"

struct run; /* run/context.h */

typedef int (*run_work)(struct run *run, struct err *err);
/* Measures the storage, does WORK, measures again, and verifies as run_verify while there is time.
 * -1: as WORK, ERR_STOPPED. */
int run_measured(struct run *run, run_work work, struct err *err)
	__attribute__((warn_unused_result));

/* Verifies all tags where anything changed and nothing is at work any more. -1: ERR_STOPPED; a
 * verification that cannot be done is an error of RUN. */
int run_verify(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
