/* Blob files on this host: blobs/<alg>/<xx>/<hex>/data. Threads may read them at the same time. */
#ifndef STORAGE_BLOB_H
#define STORAGE_BLOB_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layout; /* storage/layout.h */

/* 1: blob DIGEST (which is valid) is there, and has SIZE bytes. 0: there is no such blob. -1
 * (ERR_IO): that cannot be found out, or it is no regular file. */
int blob_size(const struct layout *layout, const char *digest, uint64_t *size, struct err *err)
	__attribute__((warn_unused_result));

/* Calls PIECE with what is in it, piece by piece; false ends that. As above otherwise. */
int blob_read(const struct layout *layout, const char *digest,
	      bool (*piece)(void *ctx, const char *bytes, size_t length), void *ctx,
	      struct err *err) __attribute__((warn_unused_result));

#endif
