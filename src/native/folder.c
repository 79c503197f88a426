/* Folders by descriptor. */
#include "native/folder.h"

#include "native/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int native_folder_open(int dirfd, const char *path)
{
	return native_store_openat(dirfd, path, O_RDONLY | O_DIRECTORY);
}

struct native_parts native_parts(const char *digest)
{
	struct native_parts parts = { 0 };
	int algorithm = (int)strcspn(digest, ":");

	parts.hex = digest + algorithm + 1;
	snprintf(parts.algorithm, sizeof parts.algorithm, "%.*s", algorithm, digest);
	snprintf(parts.two, sizeof parts.two, "%.2s", parts.hex);
	return parts;
}

int native_folder_stat(int folder, const char *name, struct stat *status)
{
	if (fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno;
	return S_ISDIR(status->st_mode) ? 0 : S_ISLNK(status->st_mode) ? ELOOP : ENOTDIR;
}

int native_folder_stat_file(int folder, const char *name, struct stat *status)
{
	if (fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno;
	return S_ISREG(status->st_mode) ? 0 : S_ISLNK(status->st_mode) ? ELOOP : EINVAL;
}
