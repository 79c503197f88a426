/* The safety limits of a run. */
#ifndef RUN_LIMITS_H
#define RUN_LIMITS_H

#include "config/config.h"
#include "util/err.h"

#include <stdint.h>

struct inventory;
struct plan;
struct policy_inputs; /* session/policy_inputs.h */
struct run;           /* run/context.h */

/* What refuses PLAN, made at NOW (plan/limits.h); NOTES must be empty, and is the caller's to
 * clear. */
void limits_ask(const struct policy_inputs *rules, const struct inventory *inventory,
		const struct plan *plan, int64_t now, struct notes *notes);

/* -1 (ERR_SAFETY): RUN's plan breaks a limit, each is named in the log. With --force they are
 * warnings. */
int limits_check(const struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
