/* One manifest, read, proved and parsed. Private to src/native; threads read different ones at the
 * same time. */
#ifndef NATIVE_BODY_H
#define NATIVE_BODY_H

#include "native/digests.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NATIVE_ALGORITHMS 3

/* References of several manifests, one after the other. */
struct native_packed {
	uint8_t *bytes; /* of each: its bits, its length, its hash */
	size_t length, capacity;
};

#define NATIVE_PACKED_CHILD   1u
#define NATIVE_PACKED_FOREIGN 2u

/* What became of one manifest. */
struct native_body {
	bool absent; /* there is no such blob */
	size_t refs; /* how many of them were packed */
	char *fault; /* what is wrong with it, or NULL; the caller's */
};

/* BLOBS has the descriptors of blobs/<alg>, -1 where there is none. */
struct native_body native_body_read(const int blobs[NATIVE_ALGORITHMS],
				    const struct native_digest *digest,
				    struct native_packed *packed);
/* Which of BLOBS has hashes of LENGTH bytes. */
size_t native_body_algorithm(size_t length);
/* Writes where a blob's data is in its folder blobs/<alg>. */
#define NATIVE_BODY_PATH 144
void native_body_path(const struct native_digest *digest, char path[NATIVE_BODY_PATH]);

#endif
