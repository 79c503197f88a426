/* The safety limits of a run. */
#ifndef COMMAND_LIMITS_H
#define COMMAND_LIMITS_H

#include "config.h"
#include "util/err.h"

#include <stdint.h>

struct inventory;
struct plan;
struct rules; /* command/rules.h */
struct run;   /* command/context.h */

/* What refuses PLAN, made at NOW (safety.h); NOTES must be empty, and is the caller's to clear. */
void limits_ask(const struct rules *rules, const struct inventory *inventory,
		const struct plan *plan, int64_t now, struct notes *notes);

/* -1 (ERR_SAFETY): RUN's plan breaks a limit, each is named in the log. With --force they are
 * warnings. */
int limits_check(const struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
