/* A collection whose end was not seen: remembered before each begins, and settled before anything
 * is deleted (S8). */
#ifndef RUN_SETTLE_H
#define RUN_SETTLE_H

#include "util/err.h"

struct run; /* run/context.h */

/* Remembers that a collector is about to be started. -1 (ERR_IO): do not start it. */
int settle_begin(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* After the collector, as far as RUN's report knows. What ended for sure is struck off. Otherwise
 * it is asked whether a collector runs; only if none does the end is known, and the report is told.
 * FAILURE is what is said of it so far, and is added to when the end stays unknown. */
void settle_end(struct run *run, struct err *failure);

/* Before anything is deleted or collected. -1: the end of an earlier collection is not known.
 * ERR_BUSY: it still runs; ERR_COLLECTOR: that cannot be asked, and the container has not been
 * started again since; the message says what to do. */
int settle_check(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* --force-idle: the operator knows that it has ended. A collector that can be seen counts more:
 * -1 (ERR_BUSY). */
int settle_force(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
