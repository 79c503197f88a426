/* Runs the commands of protect.in_use. For src/command/rules.c only. */
#ifndef COMMAND_ASK_IN_USE_H
#define COMMAND_ASK_IN_USE_H

#include "util/err.h"

struct config; /* config.h */
struct in_use;
struct inventory; /* in_use.h */

/* What all of them print. NULL: ERR_SAFETY when one cannot be run, fails, or prints nothing:
 * nothing may be deleted then; ERR_STOPPED. */
struct in_use *ask_in_use(const struct config *config, const struct inventory *inventory,
			  struct err *err);

#endif
