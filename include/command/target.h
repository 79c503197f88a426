/* Files that a command is told to write: reports and plans. */
#ifndef COMMAND_TARGET_H
#define COMMAND_TARGET_H

#include "util/err.h"

struct file_new; /* util/file.h */

/* Opens a file that replaces PATH once it is complete: a regular file, also behind a link, or
 * nothing yet, but never a folder or a device (/dev/stdout). -1: ERR_USAGE, ERR_IO. */
int target_open(struct file_new *file, const char *path, struct err *err)
	__attribute__((warn_unused_result));

#endif
