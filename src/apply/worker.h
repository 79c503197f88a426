/* The work of apply in one repository, for apply alone. */
#ifndef APPLY_WORKER_H
#define APPLY_WORKER_H

#include "apply/recheck.h"
#include "apply/retry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply;
struct view; /* apply/view.h */

/* No DELETE leaves later after the end of the look or quick look that it relies on. */
#define APPLY_BATCH_MS 250
/* The most deletes, and bytes of manifests that are held, of one batch. */
#define APPLY_BATCH_MOST  64
#define APPLY_BATCH_BYTES ((size_t)16 << 20)

struct worker {
	struct apply *apply;
	uint32_t repository;
	const char *name;
	struct step *steps;
	size_t count, current; /* steps, and the first that may still have to be done */
	struct view *view;
	bool written; /* the journal has what is to go (apply/journal.h) */
	/* The look (S6). */
	int64_t look_began, look_took; /* ms */
	bool looked;
	unsigned holds; /* the version of what was held then */
	/* The batch: CURRENT to below BATCH_END. */
	size_t batch_end, batch_limit, batch_sent;
	bool ready;           /* it was looked at, and may be sent until NOT_AFTER_MS */
	int64_t not_after_ms; /* monotonic */
	bool unchecked;       /* something was sent, and the tags were not listed since */
	bool moved;           /* somebody works on the tags of this repository now */
	int64_t sent_at;      /* the last DELETE, seconds since 1970 */
	struct retry retry;
	int64_t pause_ms; /* before the next order */
	bool failed;      /* told: the rest is left */
	char fault[400];
	void (*done)(void *ctx);
	void *ctx;
};

/* Carries out the plan's steps of REPOSITORY (at least one), one after another. DONE is called from
 * http_run; what became of them is in the outcome and the log. */
void apply_worker_begin(struct apply *apply, uint32_t repository, void (*done)(void *ctx),
			void *ctx);

#endif
