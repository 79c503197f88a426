/* The look before the delete (S6), for apply alone: what is still true of one repository's plan. */
#ifndef APPLY_LOOK_H
#define APPLY_LOOK_H

#include "plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply;

enum step_state {
	STEP_TO_DO = 0,
	STEP_DONE,
	STEP_CHANGED, /* a look found that it may not be done any more */
	STEP_DROPPED, /* … and that was told */
};

struct step {
	uint32_t manifest; /* of the inventory, as in struct plan_step */
	uint32_t tag;
	uint8_t state; /* enum step_state */
	bool owed;     /* it is written in the state */
};

/* Reads REPOSITORY again and plans it anew; steps that the new plan does not have become
 * STEP_CHANGED. DONE is called from http_run; TROUBLE is NULL, or says why nothing in the
 * repository may be deleted. */
void look_begin(const struct apply *apply, uint32_t repository, struct step *steps, size_t count,
		void (*done)(void *ctx, const char *trouble), void *ctx);

#endif
