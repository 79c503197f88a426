/* What the next run would do: a plan for tomorrow, of what is left. */
#ifndef RUN_NEXT_RUN_H
#define RUN_NEXT_RUN_H

#include "html/html.h"
#include "inventory/inventory.h"
#include "policy/policy.h"
#include "util/notes.h"

#include <stdbool.h>
#include <stdint.h>

struct run; /* run/context.h */

/* All zero before. */
struct next_run {
	struct inventory inventory; /* borrows what it has not copied from the run's */
	struct policy policy;       /* the same */
	struct plan *plan;
	uint64_t *alone;
	bool *due;
	struct notes refused;
	struct html_next told;
};

/* Plans the run that begins a day after RUN, by all rules and for all repositories, of what RUN
 * left of the registry that it read. Asks nobody anything: what is in use or held is taken to be so
 * still. NULL: that cannot be told, since RUN was a dry one, planned nothing, or is to stop. NEXT
 * is the caller's to clear in any case, after the last use of what is returned. */
const struct html_next *next_run_foresee(const struct run *run, struct next_run *next);
void next_run_clear(struct next_run *next);

#endif
