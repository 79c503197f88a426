/* Files that decide what is deleted: who can write one, can have everything deleted. */
#ifndef UTIL_SECURE_FILE_H
#define UTIL_SECURE_FILE_H

#include <stddef.h>
#include <sys/stat.h>

struct buf;   /* util/buf.h */
struct notes; /* util/notes.h */

/* Opens PATH to be read; STATUS is of the very file that was opened. -1: FAULTS got a line that
 * begins with PATH: it cannot be read, is no regular file, belongs to neither root nor the user who
 * runs this, or others can write it. */
int secure_file_open(const char *path, struct stat *status, struct notes *faults)
	__attribute__((warn_unused_result));
/* Appends what PATH holds to TEXT; of a file longer than LIMIT it is more than LIMIT bytes, and not
 * all. STATUS and -1 are as above; reading can fail, too. */
int secure_file_read(const char *path, size_t limit, struct buf *text, struct stat *status,
		     struct notes *faults) __attribute__((warn_unused_result));

#endif
