/* The way to a collection: whether one is due, whether it may begin, and what follows it. */
#ifndef RUN_COLLECT_H
#define RUN_COLLECT_H

#include "util/err.h"

struct config; /* config/config.h */
struct run;    /* run/context.h */

/* For a dry run: says how it would be done. */
void collect_tell(const struct config *config);

/* Collects, and removes empty repositories, unless it must be put off, which is an error of RUN
 * that the log names. The collection is owed until it is done. -1: ERR_BUSY, ERR_COLLECTOR,
 * ERR_STOPPED, ERR_IO. */
int collect_run(struct run *run, struct err *err) __attribute__((warn_unused_result));
/* Where no collection is due: empty repositories go without one (run/empty_repositories.h). -1:
 * ERR_BUSY.
 */
int collect_empties_alone(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
