/* Moves and removes folders of an empty repository. For src/empty/removal.c only. All functions: 0
 * or an errno. */
#ifndef EMPTY_MOVE_H
#define EMPTY_MOVE_H

#include "empty/inspect.h"
#include "util/buf.h"

/* FROM becomes TO in FOLDER; never over anything that is there. */
int empty_rename(const struct empty_removal *removal, int folder, const char *from, const char *to);
/* The same where TO may be there: both are joined then. What cannot be joined (files of the same
 * name that differ) stays at both places, and the first of it is appended to LEFT. */
int empty_join(const struct empty_removal *removal, int folder, const char *from, const char *to,
	       struct buf *left);
/* Removes PART of a repository, which has NAME in FOLDER: links of layers and empty folders. Ends
 * at anything else. */
int empty_erase(const struct empty_removal *removal, int folder, enum empty_part part,
		const char *name);
/* Removes the folder of REPOSITORY and those above it, as far as they are empty. */
void empty_erase_folders(const struct empty_removal *removal, const char *repository);

#endif
