/* Temporary files that a kill left behind (see util/file.h). */
#ifndef UTIL_SWEEP_H
#define UTIL_SWEEP_H

/* How file_new_open names a temporary file: what it will be, this, and six letters or digits. */
#define SWEEP_MARK    ".clean-registry-"
#define SWEEP_LETTERS 6

/* Removes the temporary files of this user in FOLDER that were to become NAME (NULL: whatever) and
 * that nobody writes any more. What cannot be looked at or removed stays. */
void sweep_folder(const char *folder, const char *name);
/* The same for the file PATH, beside it. */
void sweep_beside(const char *path);

#endif
