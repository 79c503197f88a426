/* Small files and names by way of folders that are held open: no path is built, one read takes a
 * file, one call many names. For code that opens very many; threads may share a folder. */
#ifndef STORAGE_AT_H
#define STORAGE_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The folder NAME, relative to the folder FOLDER: a descriptor, the caller's (util/file.h,
 * file_close). Symbolic links are followed, as the registry follows them. -1 with errno set. */
int at_folder(int folder, const char *name);
/* The same, but NAME itself must not be a symbolic link (ELOOP, or ENOTDIR). */
int at_folder_no_link(int folder, const char *name);

/* The same for a folder of which only what is below is wanted: it may be one whose names we may not
 * read. */
int at_base(int folder, const char *name);

/* What NAME holds, by one read into BYTES: how many, -1 with errno set. SIZE of them: there may be
 * more. Nothing waits, but what NAME is was not asked: any kind of file may have answered, and a
 * network's file system with less than there is. So believe what proves itself (a whole digest, a
 * body that hashes to its own), and read anything else again with file_read_small or
 * file_read_regular, which tell what is wrong. */
ssize_t at_read(int folder, const char *name, void *bytes, size_t size)
	__attribute__((warn_unused_result));
/* The same, and STATUS of what was read. */
ssize_t at_read_status(int folder, const char *name, void *bytes, size_t size, struct stat *status)
	__attribute__((warn_unused_result));

/* The names in a folder, "." and ".." left out. Large: on the caller's stack, once. */
struct at_names {
	int folder;
	int error; /* an errno, once at_next was false; 0: that was the end */
	size_t at, length;
	_Alignas(8) char bytes[32 * 1024];
};

/* Begins to read the names in FOLDER, which stays the caller's and must not have been read. */
void at_names(struct at_names *names, int folder);
/* The next one, borrowed until the next call, and what it is (DT_DIR …; DT_UNKNOWN: ask fstatat);
 * TYPE may be NULL. NULL at the end, and on an error. */
const char *at_next(struct at_names *names, unsigned char *type);

#endif
