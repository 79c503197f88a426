/* cleanup.repositories_file and --repos-file: how many images to keep in which repository. */
#ifndef REPOSITORIES_FILE_H
#define REPOSITORIES_FILE_H

#include <stddef.h>

struct notes;             /* util/notes.h */
struct repositories_file; /* opaque */

/* Reads PATH (list_file.h): lines `REPOSITORY NUMBER`. A NUMBER of 0 keeps none. NULL: FAULTS got a
 * line for each fault, "FILE: line N: …"; a repository given twice is one, and a file without any.
 */
struct repositories_file *repositories_file_load(const char *path, struct notes *faults);
/* The same with LENGTH bytes at TEXT as what is in PATH. */
struct repositories_file *repositories_file_parse(const char *path, const char *text, size_t length,
						  struct notes *faults);
void repositories_file_free(struct repositories_file *file); /* NULL is fine */

/* Images to keep in REPOSITORY, or -1: it is not in the file. */
long repositories_file_keep(const struct repositories_file *file, const char *repository);

size_t repositories_file_count(const struct repositories_file *file);
const char *repositories_file_name(const struct repositories_file *file, size_t index);

#endif
