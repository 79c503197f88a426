/* What is written down before it is deleted, so that it can be undone (undo/journal.h): for apply
 * alone. No DELETE leaves of which the bytes are not on the disk. */
#ifndef APPLY_JOURNAL_H
#define APPLY_JOURNAL_H

#include "undo/journal.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply;
struct step; /* apply/recheck.h */
struct worker;

typedef void (*apply_journal_done)(struct worker *worker);

/* Adds all that WORKER is to delete to the journal, and reads its manifests for that; keeps them,
 * as far as they are few, for the batches. What is gone, or not what its digest says, becomes
 * STEP_CHANGED. DONE is called, from http_run too; what forbids to delete anything in the
 * repository is told before (step_fail). */
void apply_journal_begin(struct worker *worker, apply_journal_done done);
/* Sees to it that what was added is on the disk. -1 (ERR_IO): nothing may be deleted, by nobody:
 * the end of APPLY is set. */
int apply_journal_sync(struct worker *worker, struct err *err) __attribute__((warn_unused_result));
/* Whether what STEP deletes is on the disk. */
bool apply_journal_has(const struct step *step);
/* What became of STEP. */
void apply_journal_tell(const struct worker *worker, const struct step *step, enum undo_fate fate);

struct api_body;

/* What an earlier run deleted in part, and this one finishes: adds BODY of MANIFEST, with COUNT
 * tags of the inventory, which go by their names where BY_NAME, and sees to it that it is on
 * the disk. -1 (ERR_IO): as apply_journal_sync. */
int apply_journal_cut(struct apply *apply, uint32_t manifest, const struct api_body *body,
		      const uint32_t *tags, size_t count, bool by_name, struct err *err)
	__attribute__((warn_unused_result));
/* What became of it, and of those of its tags that are left. */
void apply_journal_tell_cut(const struct apply *apply, enum undo_fate fate, uint32_t manifest,
			    const uint32_t *tags, size_t count, bool by_name);
/* What became of DIGEST, or of TAG where that is not NULL. */
void apply_journal_tell_of(const struct apply *apply, enum undo_fate fate, const char *repository,
			   const char *digest, const char *tag);

/* Fills what the plan of APPLY says of TAG, of the inventory; the caller clears its reasons. */
void apply_journal_describe(const struct apply *apply, uint32_t tag, struct undo_tag *out);

#endif
