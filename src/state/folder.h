/* A registry's own folder below paths.state, and whole files in it; for state/state.c. */
#ifndef STATE_FOLDER_H
#define STATE_FOLDER_H

#include "util/err.h"

#include <stddef.h>

struct buf;
struct state_options; /* state/state.h */

/* HOST_PORT-HASH: the host is for people, the hash tells registries apart. The caller's. */
char *state_folder_name(const char *url, const char *container);
/* The whole path of the folder for OPTIONS. The caller's. */
char *state_folder_path(const struct state_options *options);
/* Makes PATH, a folder of paths.state, and what is missing above it. paths.state itself may be a
 * symbolic link that the administrator made; the registry's own folder may not, somebody else could
 * have put it there. Returns it, open, or -1 (ERR_USAGE). */
int state_folder_make(const char *path, struct err *err) __attribute__((warn_unused_result));
/* Whoever can write the state decides what is deleted: -1 (ERR_USAGE) unless FOLDER (which is
 * PATH), paths.state above it, and every file in FOLDER belong to root or to the user who runs
 * this, and neither group nor others can write them. */
int state_folder_check(int folder, const char *path, struct err *err)
	__attribute__((warn_unused_result));
/* Appends what FILE in FOLDER, which is PATH, holds to OUT. -1 (ERR_IO): it cannot be read, is
 * longer than LIMIT, or no regular file; errno is ENOENT when there is none, or no FOLDER (-1). */
int state_folder_read(int folder, const char *path, const char *file, size_t limit, struct buf *out,
		      struct err *err) __attribute__((warn_unused_result));
/* Replaces the file PATH atomically by TEXT. -1: ERR_IO; errno says why. */
int state_folder_replace(const char *path, const struct buf *text, struct err *err)
	__attribute__((warn_unused_result));

#endif
