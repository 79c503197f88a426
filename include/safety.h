/* Limits that a plan must keep to before anything is deleted (`safety`): a pure function. */
#ifndef SAFETY_H
#define SAFETY_H

#include "config.h"

#include <stdbool.h>
#include <stdint.h>

struct history;   /* history.h */
struct inventory; /* inventory.h */
struct plan;      /* plan.h */

struct safety_question {
	const struct config *config;
	const struct inventory *inventory;
	const struct plan *plan;
	const struct history *history;
	int64_t now; /* the plan's */
};

/* What refuses the plan, one sentence for each limit, each beginning with its key; none: it may be
 * carried out. NOTES must be empty before and is the caller's to clear. */
void safety_check(const struct safety_question *question, struct config_notes *notes);

#endif
