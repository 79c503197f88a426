/* Files that are lists, as people write them: each line a few fields, separated by blanks; '#'
 * begins a comment; empty lines, a byte-order mark and CRLF are accepted. */
#ifndef LISTS_LIST_FILE_H
#define LISTS_LIST_FILE_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct notes;  /* util/notes.h */
struct strtab; /* util/strtab.h */
struct u64map; /* util/u64map.h */

/* One that is being read. Only `line`, `fields`, `count` and `faults` are the caller's to read. */
struct list_file {
	const char *path; /* borrowed */
	struct notes *notes;
	struct buf text;
	size_t at; /* where the next line begins */
	size_t capacity;
	struct u64map *lines; /* by number of a name: where it is */

	size_t line;   /* the number of the line that was read, from 1 */
	char **fields; /* what is in it; valid until list_file_close */
	size_t count;  /* at least 1 */
	size_t faults; /* in the file so far */
};

/* Opens PATH (util/secure_file.h, at most 64 MiB). -1: NOTES got lines that begin with PATH. Either
 * way list_file_close must follow. */
int list_file_open(struct list_file *file, const char *path, struct notes *notes)
	__attribute__((warn_unused_result));
/* The same for LENGTH bytes at TEXT that stood in PATH. */
void list_file_of(struct list_file *file, const char *path, const char *text, size_t length,
		  struct notes *notes);
void list_file_close(struct list_file *file);

/* Goes to the next line that has fields. False at the end. Lines with control characters are left
 * out and are faults. */
bool list_file_next(struct list_file *file);
/* Adds the first field of the line that was read to NAMES, which holds those of the lines before.
 * Its number there, or STRTAB_NONE: it is in there already, which is a fault. */
uint32_t list_file_add_name(struct list_file *file, struct strtab *names);
/* Notes "PATH: line N: …" about the line that was read. After 20 of them it is the end. */
void list_file_fault(struct list_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Notes "PATH: …". */
void list_file_fault_all(struct list_file *file, const char *problem);

#endif
