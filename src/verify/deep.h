/* The blobs whose data are to be read, each once for all repositories that need it. Private to
 * src/verify*.c. */
#ifndef VERIFY_DEEP_H
#define VERIFY_DEEP_H

#include <stddef.h>
#include <stdint.h>

struct verify;
struct verify_answer;

struct verify_deep {
	struct verify *verify;
	size_t *items;  /* one for each blob that was found, as long as it should be */
	size_t count;   /* of these */
	uint64_t bytes; /* that they have, as far as known */
	size_t *next;   /* by item: the next one of the same blob that was found, or SIZE_MAX */
};

/* VERIFY, whose items are answered, must outlive it. */
struct verify_deep verify_deep_new(struct verify *verify);
void verify_deep_clear(struct verify_deep *deep);
/* Notes what blob NUMBER (of COUNT) turned out to be, in all repositories that have it. One that
 * was found again changes nothing. */
void verify_deep_answer(struct verify_deep *deep, size_t number,
			const struct verify_answer *answer);
/* Tells how far it got: BLOBS and BYTES are read. */
void verify_deep_progress(const struct verify_deep *deep, size_t blobs, uint64_t bytes);

#endif
