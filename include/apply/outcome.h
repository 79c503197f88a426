/* What became of a plan. */
#ifndef APPLY_OUTCOME_H
#define APPLY_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;
struct plan;

enum tag_status {
	TAG_KEPT = 0,
	TAG_PLANNED, /* would go, or was not come to */
	TAG_DELETED,
	TAG_FAILED,
	TAG_CHANGED, /* it changed since it was planned, and stays (S6) */
};

struct outcome {
	uint8_t *tags; /* enum tag_status, as inventory.tags */
	size_t tags_deleted, tags_failed, tags_changed, tags_planned;
	size_t manifests_deleted;
	size_t failures;  /* repositories in which something failed; each was named in the log */
	bool end_unknown; /* a DELETE may still be at work: no collection now (S8) */
	/* A tag went that was not planned, and is not put back; or whether one did is not known: no
	 * collection now. */
	bool lost;
};

/* All tags that go are TAG_PLANNED. */
void outcome_init(struct outcome *outcome, const struct inventory *inventory,
		  const struct plan *plan);
void outcome_clear(struct outcome *outcome);
/* Sets what became of TAG, and counts it; only for a tag that is still TAG_PLANNED. */
void outcome_set(struct outcome *outcome, uint32_t tag, enum tag_status status);

#endif
