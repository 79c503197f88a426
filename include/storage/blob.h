/* Blob files on this host: blobs/<alg>/<xx>/<hex>/data. Threads may read them at the same time. */
#ifndef STORAGE_BLOB_H
#define STORAGE_BLOB_H

#include "storage/layout.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1: blob DIGEST (which is valid) is there, and has SIZE bytes. 0: there is no such blob. -1
 * (ERR_IO): that cannot be found out, or it is no regular file. */
int blob_size(const struct layout *layout, const char *digest, uint64_t *size, struct err *err)
	__attribute__((warn_unused_result));

/* Calls PIECE with what is in it, piece by piece; false ends that. As above otherwise. */
int blob_read(const struct layout *layout, const char *digest,
	      bool (*piece)(void *ctx, const char *bytes, size_t length), void *ctx,
	      struct err *err) __attribute__((warn_unused_result));

/* Blobs by way of a folder that is held open: for very many of them. One thread's; released by
 * blob_folder_close. */
struct blob_folder {
	const struct layout *layout;
	int algorithm;  /* blobs/<alg>, -1: ERROR says why there is none */
	int error;      /* an errno */
	char prefix[8]; /* of the digests in it, "sha256:"; "" for none yet */
};
/* Nothing fails here; blobs that cannot be reached say so. */
void blob_folder_open(struct blob_folder *blobs, const struct layout *layout);
void blob_folder_close(struct blob_folder *blobs);
/* Where blob DIGEST (which is valid) is: PATH is relative to the folder that is returned, which
 * stays open until a digest of another algorithm is asked for. -1 with errno set. */
int blob_folder_path(struct blob_folder *blobs, const char *digest, char path[LAYOUT_BLOB_PATH])
	__attribute__((warn_unused_result));
/* As blob_size. */
int blob_folder_size(struct blob_folder *blobs, const char *digest, uint64_t *size, struct err *err)
	__attribute__((warn_unused_result));

#endif
