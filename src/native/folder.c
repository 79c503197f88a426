/* Folders by descriptor. */
#include "native/folder.h"

#include "native/store.h"
#include "storage/dir.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int native_folder_open(int dirfd, const char *path)
{
	return native_store_openat(dirfd, path, O_RDONLY | O_DIRECTORY);
}

int native_folder_names(int folder, struct buf *out)
{
	CLEANUP(dir_close) DIR *stream = dir_open(folder, ".");
	const char *name = NULL;

	while (stream && (name = dir_next(stream)))
		buf_add(out, name, strlen(name) + 1);
	return stream ? errno : errno ? errno : EIO;
}

const char *native_folder_next(const struct buf *names, const char *name)
{
	const char *next = name ? name + strlen(name) + 1 : names->data;

	return next && next < names->data + names->length ? next : NULL;
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
