/* cleanup.repositories_file and --repos-file: how many images to keep in which repository. */
#ifndef LISTS_KEEP_COUNTS_H
#define LISTS_KEEP_COUNTS_H

#include <stddef.h>

struct notes;       /* util/notes.h */
struct keep_counts; /* opaque */

/* Reads PATH (lists/list_file.h): lines `REPOSITORY NUMBER`. A NUMBER of 0 keeps none. NULL: FAULTS
 * got a line for each fault, "FILE: line N: …"; a repository given twice is one, and a file without
 * any.
 */
struct keep_counts *keep_counts_load(const char *path, struct notes *faults);
/* The same with LENGTH bytes at TEXT as what is in PATH. */
struct keep_counts *keep_counts_parse(const char *path, const char *text, size_t length,
				      struct notes *faults);
void keep_counts_free(struct keep_counts *file); /* NULL is fine */

/* Images to keep in REPOSITORY, or -1: it is not in the file. */
long keep_counts_keep(const struct keep_counts *file, const char *repository);

size_t keep_counts_count(const struct keep_counts *file);
const char *keep_counts_name(const struct keep_counts *file, size_t index);

#endif
