/* The safety limits of a run. */
#ifndef COMMAND_LIMITS_H
#define COMMAND_LIMITS_H

#include "util/err.h"

struct run; /* command/act.h */

/* -1 (ERR_SAFETY): RUN's plan breaks a limit, each is named in the log. With --force they are
 * warnings. */
int limits_check(const struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
