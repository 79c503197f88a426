/* Folders, read name by name. Nothing here waits: what is no folder is refused, not opened. */
#ifndef STORAGE_DIR_H
#define STORAGE_DIR_H

#include "util/buf.h"

#include <dirent.h>
#include <stdbool.h>

/* PATH relative to the folder DIRFD; symbolic links are followed, as the registry does. NULL with
 * errno set. */
DIR *dir_open(int dirfd, const char *path);
/* The same, but PATH itself must not be a symbolic link. */
DIR *dir_open_no_link(int dirfd, const char *path);
/* The next entry in it, "." and ".." left out, borrowed until the next call. NULL at the end (errno
 * is 0), or with errno set. */
const struct dirent *dir_entry(DIR *folder);
/* The same, its name alone. */
const char *dir_next(DIR *folder);
/* For CLEANUP: NULL in FOLDER is fine, and errno stays. */
void dir_close(DIR **folder);

/* Appends all names in FOLDER, an open one, each with a NUL: what is read may be renamed or removed
 * then. 0 or an errno. */
int dir_names(int folder, struct buf *out);
/* Each of them in turn; NULL at the end. Begin with NULL. */
const char *dir_names_next(const struct buf *names, const char *name);

/* Whether ERROR, an errno, says that somebody removed what was to be read. */
bool dir_vanished(int error);

#endif
