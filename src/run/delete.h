/* The deletes of a run. */
#ifndef RUN_DELETE_H
#define RUN_DELETE_H

#include "util/err.h"

#include <stdbool.h>

struct run; /* run/context.h */

/* Is there a step in the plan, or a delete that was cut off and is to be finished? */
bool delete_is_due(const struct run *run);
/* Asks the registry what it allows to delete, and plans again where that differs from what was
 * assumed. -1: ERR_UNREACHABLE, ERR_SAFETY, ERR_COLLECTOR, ERR_STOPPED. */
int delete_probe(struct run *run, struct err *err) __attribute__((warn_unused_result));
/* Carries the plan out. -1: it ended early (apply/apply.h). */
int delete_planned(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
