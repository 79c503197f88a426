/* One body, of a manifest or a config: read, or known from an earlier scan. */
#ifndef SCAN_STORAGE_BODY_H
#define SCAN_STORAGE_BODY_H

#include "scan_storage/file_cache.h"

#include <stdbool.h>
#include <sys/types.h>

struct blob_folder; /* storage/blob.h */

#define BODY_ROOM ((size_t)64 * 1024) /* where it is read by one read; on a thread's stack */

struct body_source {
	bool known;                    /* its file is the one of ENTRY: nothing was read */
	struct file_cache_entry entry; /* what an earlier scan read of it */
	struct file_stamp stamp;       /* of the file, if that can be told again */
};

/* Reads the blob that is called DIGEST and lies under STORED by one read into TEXT, unless CACHE
 * (may be NULL) knows what its file holds. How many bytes; to be believed if it hashes to DIGEST,
 * and read again otherwise. 0, too, when it is known. -1 with errno set. */
ssize_t body_read(struct blob_folder *blobs, const struct file_cache *cache, const char *digest,
		  const char *stored, bool config, char text[BODY_ROOM],
		  struct body_source *source);

#endif
