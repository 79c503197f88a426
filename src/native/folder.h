/* Folders of the storage by descriptor, names and texts. For src/native only. */
#ifndef NATIVE_FOLDER_H
#define NATIVE_FOLDER_H

#include <stdbool.h>
#include <sys/stat.h>

/* The folder PATH below DIRFD, as native_store_openat; -1 with errno set. */
int native_folder_open(int dirfd, const char *path);

/* A valid DIGEST taken apart: "sha256", "ab", "abcd…". */
struct native_parts {
	char algorithm[16];
	char two[3];
	const char *hex; /* borrowed from the digest */
};
struct native_parts native_parts(const char *digest);

/* Of NAME in FOLDER, not followed: a folder; a regular file. 0 or an errno (ELOOP, ENOTDIR,
 * EINVAL). */
int native_folder_stat(int folder, const char *name, struct stat *status);
int native_folder_stat_file(int folder, const char *name, struct stat *status);

#endif
