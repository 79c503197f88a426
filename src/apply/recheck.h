/* The look before the delete (S6), for apply alone: what is still true of one repository's plan. */
#ifndef APPLY_RECHECK_H
#define APPLY_RECHECK_H

#include "plan/plan.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply;
struct view; /* apply/view.h */

enum step_state {
	STEP_TO_DO = 0,
	STEP_DONE,
	STEP_CHANGED, /* a look found that it may not be done any more */
	STEP_DROPPED, /* … and that was told */
};

/* Whether it is in the journal of what is deleted (apply/journal.h). */
enum step_journal {
	STEP_UNWRITTEN = 0,
	STEP_ADDED,
	STEP_DURABLE, /* it is on the disk */
};

struct step {
	uint32_t manifest; /* of the inventory, as in struct plan_step */
	uint32_t tag;
	uint8_t state;   /* enum step_state */
	uint8_t journal; /* enum step_journal */
	bool pending;    /* it is written in the state */
	bool sent;       /* its DELETE left, and the tags were not listed since */
	/* Of a manifest that is to go next, or was just deleted: its body, so that it can be put
	 * back. TYPE is NULL while it is not held. */
	char *body, *type;
	size_t body_length;
	int64_t pushed_ns; /* when its link was written, at the look; 0: not known */
};

/* TROUBLE is NULL, or says why nothing in the repository may be deleted; MOVED: a tag pointed
 * elsewhere than it did in VIEW. */
typedef void (*look_done)(void *ctx, const char *trouble, bool moved);

/* Reads again what is held. -1 (ERR_USAGE): that is not known, so nothing may be deleted. */
int recheck_holds(const struct apply *apply, struct err *err) __attribute__((warn_unused_result));

/* Reads REPOSITORY, and what is held, again and plans it anew; steps that the new plan does not
 * have become STEP_CHANGED. What its tags point at is in VIEW then. DONE is called from http_run.
 */
void recheck_begin(const struct apply *apply, uint32_t repository, struct step *steps, size_t count,
		   struct view *view, look_done done, void *ctx);

#endif
