/* The account of an image's tags: what became of each, in the outcome, the log, the journal and the
 * state. */
#ifndef APPLY_SCALEWAY_ACCOUNT_H
#define APPLY_SCALEWAY_ACCOUNT_H

#include "util/err.h"

#include <stddef.h>

struct doomed;
struct image;

/* DOOMED is gone, and not listed any more. */
void account_done(struct image *image, struct doomed *doomed);
/* DOOMED, which was ordered, is not seen gone: WHY. */
void account_not_gone(struct image *image, struct doomed *doomed, const char *why);
/* DOOMED, which was ordered, is there with another digest: somebody pushed it meanwhile. */
void account_pushed(struct image *image, struct doomed *doomed);
/* What is to do of STEP stays, since it changed since it was planned: WHY, for people. */
void account_changed(struct image *image, size_t step, const char *why);
/* All that is to do stays for the next run, since somebody works on the image: WHY. */
void account_moved(struct image *image, const char *why);
/* Something failed: all that is to do stays for the next run. An image counts once. */
void account_fail(struct image *image, const char *what, const char *why);
/* A tag that was to stay is not there: nothing more is deleted anywhere. */
void account_lose(struct image *image, const char *tag, const char *how);

/* Writes down all that is to go of IMAGE, and fsyncs: before its first DELETE. -1: do not delete.
 */
int account_write(struct image *image, struct err *err) __attribute__((warn_unused_result));
/* Writes that nothing of IMAGE is owed any more, if that is so. */
void account_settle(const struct image *image);

#endif
