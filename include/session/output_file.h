/* Files that a command is told to write: reports and plans. */
#ifndef SESSION_OUTPUT_FILE_H
#define SESSION_OUTPUT_FILE_H

#include "util/err.h"

#include <stdbool.h>

struct config;   /* config/config.h */
struct file_new; /* util/file.h */
struct options;  /* cli/options.h */

/* Opens a file that replaces PATH once it is complete: a regular file, also behind a link, or
 * nothing yet, but never a folder or a device (/dev/stdout), nor, by whatever name, what OPTIONS
 * and CONFIG read or write otherwise: the configuration, lists, a plan, the log, the state, the
 * storage. Temporary files that killed runs left beside it are removed. -1: ERR_USAGE, or ERR_IO:
 * it cannot be made, and errno says why. */
int output_file_open(struct file_new *file, const char *path, const struct options *options,
		     const struct config *config, struct err *err)
	__attribute__((warn_unused_result));

/* Whether PATH is such a file; opens and removes nothing. -1: ERR_USAGE. */
int output_file_check(const char *path, const struct options *options, const struct config *config,
		      struct err *err) __attribute__((warn_unused_result));

/* Whether both name one file, which need not be there yet. */
bool output_file_is_same(const char *one, const char *other);

#endif
