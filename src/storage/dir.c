/* Folders, read name by name. */
#include "storage/dir.h"

#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static DIR *open_with(int dirfd, const char *path, int flags)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !folder)
		close(fd);
	return folder;
}

DIR *dir_open(int dirfd, const char *path)
{
	return open_with(dirfd, path, 0);
}

DIR *dir_open_no_link(int dirfd, const char *path)
{
	return open_with(dirfd, path, O_NOFOLLOW);
}

const struct dirent *dir_entry(DIR *folder)
{
	const struct dirent *entry = NULL;

	do {
		errno = 0;
		entry = readdir(folder);
	} while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry;
}

const char *dir_next(DIR *folder)
{
	const struct dirent *entry = dir_entry(folder);

	return entry ? entry->d_name : NULL;
}

void dir_close(DIR **folder)
{
	int error = errno;

	if (*folder)
		closedir(*folder);
	errno = error;
}

int dir_names(int folder, struct buf *out)
{
	CLEANUP(dir_close) DIR *stream = dir_open(folder, ".");
	const char *name = NULL;

	while (stream && (name = dir_next(stream)))
		buf_add(out, name, strlen(name) + 1);
	return stream ? errno : errno ? errno : EIO;
}

const char *dir_names_next(const struct buf *names, const char *name)
{
	const char *next = name ? name + strlen(name) + 1 : names->data;

	return next && next < names->data + names->length ? next : NULL;
}

bool dir_vanished(int error)
{
	return error == ENOENT;
}
