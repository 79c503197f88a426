/* The account of a worker's steps: outcome, debts and log, for apply alone. */
#ifndef APPLY_STEP_H
#define APPLY_STEP_H

#include "apply/outcome.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct step; /* apply/recheck.h */
struct worker;

/* "tag NAME" or "manifest DIGEST", into TEXT. */
void step_describe(const struct worker *worker, const struct step *step, char *text, size_t size);
/* Sets what became of all tags that STEP takes with it. */
void step_set_status(struct worker *worker, const struct step *step, enum tag_status status);
/* Tells in the log that WHAT failed, and why; what is left to do there stays owed. */
void step_fail(struct worker *worker, const char *what, const char *why);
/* The same where WHAT is lost: it is named at once and by itself, whatever else has that reason,
 * and nothing is collected in this run. */
void step_lose(struct worker *worker, const char *what, const char *why);
/* Writes all that is still to go to the state. -1 (ERR_IO): nothing may be deleted. */
int step_owe_all(struct worker *worker, struct err *err) __attribute__((warn_unused_result));
/* Tells what a look found to have changed, and writes what is to go before it goes. False: TROUBLE
 * (may be NULL) or a signal forbids it; that is told. */
bool step_take_look(struct worker *worker, const char *trouble);
/* It is deleted. */
void step_done(struct worker *worker, struct step *step);
/* It stays: what it is about changed, or is needed. */
void step_changed(struct worker *worker, struct step *step);
/* It was deleted, and is there again. */
void step_restored(struct worker *worker, struct step *step);
/* The step that deletes the whole manifest DIGEST, or NULL. */
struct step *step_find(const struct worker *worker, const char *digest);
/* The digest of its manifest, borrowed from the inventory. */
const char *step_digest(const struct worker *worker, const struct step *step);
/* Was its manifest pushed again since the look, under whatever tag? */
bool step_was_pushed(const struct worker *worker, const struct step *step);
/* Lets go of the manifest that it holds. */
void step_release(struct step *step);

#endif
