/* Folders, read name by name. Nothing here waits: what is no folder is refused, not opened. */
#ifndef STORAGE_FOLDER_H
#define STORAGE_FOLDER_H

#include <dirent.h>
#include <stdbool.h>

/* PATH relative to the folder DIRFD; symbolic links are followed, as the registry does. NULL with
 * errno set. */
DIR *folder_open(int dirfd, const char *path);
/* The same, but PATH itself must not be a symbolic link. */
DIR *folder_open_no_link(int dirfd, const char *path);
/* The next entry in it, "." and ".." left out, borrowed until the next call. NULL at the end (errno
 * is 0), or with errno set. */
const struct dirent *folder_entry(DIR *folder);
/* The same, its name alone. */
const char *folder_next(DIR *folder);
/* For CLEANUP: NULL in FOLDER is fine, and errno stays. */
void folder_close(DIR **folder);

/* Whether ERROR, an errno, says that somebody removed what was to be read. */
bool folder_vanished(int error);

#endif
