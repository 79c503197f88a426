/* Whole files: read with a limit, replaced atomically. */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include "util/buf.h"
#include "util/err.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Appends what PATH (relative to DIRFD, AT_FDCWD for none; a final symbolic link is followed) holds
 * to OUT. -1 with ERR_IO and errno set; EFBIG when it is longer than LIMIT. */
int file_read(int dirfd, const char *path, size_t limit, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

/* As file_read, of a regular file: anything else (EISDIR, EINVAL) could make us wait for ever. -1
 * with errno set. */
int file_read_regular(int dirfd, const char *path, size_t limit, struct buf *out)
	__attribute__((warn_unused_result));
/* The same into TEXT, which has room for SIZE bytes, one of them for the NUL that is put behind its
 * LENGTH bytes; STATUS tells about the file. */
int file_read_small(int dirfd, const char *path, char *text, size_t size, size_t *length,
		    struct stat *status) __attribute__((warn_unused_result));

/* Closes *FD unless it is negative, and makes it -1. Errors are ignored. */
void file_close(int *fd);

/* The folder that PATH is in; the caller's. */
char *file_folder(const char *path);

/* A file that appears at its place whole or not at all. */
struct file_new {
	FILE *stream;    /* write here; NULL after file_publish or file_discard */
	char *path;      /* where it will be */
	char *temporary; /* where it is now, in the same folder (util/sweep.h) */
};

/* Opens the temporary file, mode MODE, locked until it is closed. -1: ERR_IO, nothing was made;
 * errno says why. */
int file_new_open(struct file_new *file, const char *path, mode_t mode, struct err *err)
	__attribute__((warn_unused_result));
/* Flushes, fsyncs, renames, fsyncs the folder. -1: the temporary is gone and the old file
 * untouched, unless only the fsync of the folder failed: then the new one is there, but may not
 * outlive a crash. errno says why, EIO if it was an earlier write to the stream. */
int file_new_publish(struct file_new *file, struct err *err) __attribute__((warn_unused_result));
/* Removes the temporary file, if there still is one. */
void file_new_discard(struct file_new *file);

#endif
