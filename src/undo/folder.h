/* The folder of the journals, for src/undo alone. */
#ifndef UNDO_FOLDER_H
#define UNDO_FOLDER_H

#include "util/err.h"

#include <stdbool.h>
#include <sys/stat.h>

struct state; /* state/state.h */

/* Opens the folder, and makes it where it is missing and MAKE. -1 (ERR_IO, errno is ENOENT where
 * there is none): it is no folder, or not ours alone. */
int undo_folder_open(const struct state *state, bool make, struct err *err)
	__attribute__((warn_unused_result));
/* -1 (ERR_IO) unless what STATUS is of, at PATH, belongs to root or to the user who runs this, and
 * neither group nor others can write it. */
int undo_folder_check(const char *path, const struct stat *status, struct err *err)
	__attribute__((warn_unused_result));
/* Where the journal of RUN is; the caller's. */
char *undo_folder_path(const struct state *state, const char *run);

#endif
