/* The file itself, as bytes. For the files of src/history only. */
#ifndef HISTORY_FILE_H
#define HISTORY_FILE_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf; /* util/buf.h */

#define HISTORY_FILE "history.jsonl"
/* Of a longer file than READ only the end is read. */
#define HISTORY_FILE_READ ((size_t)16 << 20)

/* The file, open to be added to. */
struct history_file {
	const char *folder_path; /* borrowed */
	int folder;              /* borrowed */
	int fd;
	bool locked; /* nobody else adds to it or replaces it */
};

/* Makes the file (0640) where it is missing, and locks it: waits for at most a second, and goes on
 * without. -1: ERR_IO. */
int history_file_open(struct history_file *file, int folder, const char *folder_path,
		      struct err *err) __attribute__((warn_unused_result));
void history_file_close(struct history_file *file);

/* Adds LINE, which ends with a newline, as a line of its own. -1 (ERR_IO): it is not there, or in
 * part. */
int history_file_append(const struct history_file *file, const struct buf *line, struct err *err)
	__attribute__((warn_unused_result));
/* Replaces it by TEXT; only while it is locked. -1 (ERR_IO): it stays as it was. */
int history_file_replace(const struct history_file *file, const struct buf *text, struct err *err)
	__attribute__((warn_unused_result));

/* Appends to TEXT the lines of the file FD that begin in its last LIMIT bytes. -1 (ERR_IO). */
int history_file_read(int fd, const char *folder_path, size_t limit, struct buf *text,
		      struct err *err) __attribute__((warn_unused_result));
/* Opens it to be read. -1 (ERR_IO): errno is ENOENT when there is none. */
int history_file_open_read(int folder, const char *folder_path, struct err *err)
	__attribute__((warn_unused_result));

#endif
