/* One link file, wherever it lies: a small file that holds a digest. Every look at one goes through
 * here. */
#ifndef STORAGE_LINK_FILE_H
#define STORAGE_LINK_FILE_H

#include "oci/digest.h"

#include <stddef.h>
#include <sys/stat.h>

/* What PATH, relative to the folder DIRFD, holds, into TEXT with a NUL behind it, and how long it
 * is; STATUS is the file's. A push to distribution before 3.1 empties a link before it writes it:
 * what is no digest in a file that was written lately is read again after 20 ms, once. 0: read,
 * which need not be a digest. -1 with errno set: EFBIG, it is longer than any digest. */
int link_file_read(int dirfd, const char *path, char text[DIGEST_TEXT], size_t *length,
		   struct stat *status) __attribute__((warn_unused_result));

#endif
