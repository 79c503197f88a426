/* Where the registry follows what a walk does not: a symbolic link in the place of a folder, or
 * another file system that is mounted there. */
#ifndef STORAGE_APART_H
#define STORAGE_APART_H

#include <stdbool.h>
#include <stddef.h>

#define APART_PLACES 6

/* Folders of the storage, relative to its root, I below APART_PLACES; the upper ones first. */
const char *apart_place(size_t i);
/* PATH, with a slash in it, is a folder that a walk through its parent does not enter. */
bool apart_is(const char *path);

#endif
