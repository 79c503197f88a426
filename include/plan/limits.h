/* Limits that a plan must keep to before anything is deleted (`safety`): a pure function.
 *
 * Numbers of tags are those of the inventory and the plan; manifests without a tag that go are no
 * tags and count nowhere, except that the clock must be right for them, too. */
#ifndef PLAN_LIMITS_H
#define PLAN_LIMITS_H

#include "config/config.h"

#include <stdint.h>

struct facts;     /* registry/facts.h */
struct growth;    /* state/growth.h */
struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */

struct safety_question {
	const struct config *config;
	const struct inventory *inventory;
	const struct plan *plan;
	const struct growth *growth;
	int64_t now; /* when the run began; the plan's */
};

/* What refuses the plan, one sentence for each limit, each beginning with its key; none: it may be
 * carried out. What --force does to them is the caller's to say. NOTES must be empty before and is
 * the caller's to clear. */
void plan_limits_check(const struct safety_question *question, struct notes *notes);
/* One of them: the clocks of this host and of the registry, as far as SERVER tells that, are too
 * far apart. */
void plan_limits_clock(const struct config *config, const struct facts *server,
		       struct notes *notes);

#endif
