/* All that changes the storage, one change a function; each is told to the collection's step
 * before. For src/native only. Functions return 0 or an errno. */
#ifndef NATIVE_CHANGE_H
#define NATIVE_CHANGE_H

#include <sys/stat.h>
#include <sys/types.h>

struct native_collection; /* native/collect.h */

/* COLLECTION may be NULL in all of them: nobody wants to hear of the steps. */

int native_change_unlink(const struct native_collection *collection, int folder, const char *name);
int native_change_rmdir(const struct native_collection *collection, int folder, const char *name);
/* NAME of the folder FROM becomes TARGET of the folder INTO. A folder never replaces one that is
 * not empty (ENOTEMPTY or EEXIST). */
int native_change_rename(const struct native_collection *collection, int from, const char *name,
			 int into, const char *target);
/* The same for a file, never over anything that is there (EEXIST). */
int native_change_rename_file(const struct native_collection *collection, int from,
			      const char *name, int into, const char *target);
/* Makes the folder NAME in PARENT with MODE (0: that of PARENT), and the owner and label of PARENT.
 * One that is there is fine. */
int native_change_mkdir(const struct native_collection *collection, int parent, const char *name,
			mode_t mode);
/* Writes the file `link` with TEXT in FOLDER, under a temporary name first, with owner, mode and
 * label of the folder. What is there is replaced only if REPLACE. DURABLE: fsynced, the folder,
 * too. */
enum native_link_writing { NATIVE_LINK_DURABLE = 1, NATIVE_LINK_REPLACE = 2 };
int native_change_write_link(const struct native_collection *collection, int folder,
			     const char *text, unsigned writing);
/* All that was changed in the file system of FOLDER is on the disk. */
int native_change_sync(int folder);

#endif
