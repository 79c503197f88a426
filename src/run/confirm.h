/* --confirm: asks before anything is deleted. */
#ifndef RUN_CONFIRM_H
#define RUN_CONFIRM_H

#include "util/err.h"

struct run; /* run/context.h */

/* -1 (ERR_USAGE): there is no terminal to ask on. */
int confirm_possible(struct err *err) __attribute__((warn_unused_result));
/* Shows on the terminal what RUN's plan deletes, and waits for an answer. -1: ERR_IO when it is not
 * yes, ERR_STOPPED. */
int confirm_ask(const struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
