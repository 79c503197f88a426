/* Files that decide what is deleted: read only if nobody else can write them. */
#include "util/secure_file.h"

#include "util/buf.h"
#include "util/file.h"
#include "util/notes.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void check_file(const char *path, const struct stat *status, struct notes *faults)
{
	if (!S_ISREG(status->st_mode)) {
		notes_add(faults, "%s: not a regular file", path);
		return;
	}
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		notes_add(faults,
			  "%s: it can be written by others than its owner; run: chmod go-w %s",
			  path, path);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		notes_add(faults, "%s: it must belong to root or to the user who runs this", path);
}

int secure_file_open(const char *path, struct stat *status, struct notes *faults)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t faults_before = faults->count;

	if (fd < 0 || fstat(fd, status) < 0)
		notes_add(faults, "%s: %s", path, strerror(errno));
	else
		check_file(path, status, faults);
	if (faults->count == faults_before)
		return fd;
	file_close(&fd);
	return -1;
}

int secure_file_read(const char *path, size_t limit, struct buf *text, struct stat *status,
		     struct notes *faults)
{
	/* The same open file is read that is checked. */
	CLEANUP(file_close) int fd = secure_file_open(path, status, faults);
	char block[16 * 1024];
	ssize_t count = 0;

	if (fd < 0)
		return -1;
	do {
		if (count > 0)
			buf_add(text, block, (size_t)count);
		count = read(fd, block, sizeof block);
	} while ((count > 0 && text->length <= limit) || (count < 0 && errno == EINTR));
	if (count < 0)
		notes_add(faults, "%s: %s", path, strerror(errno));
	return count < 0 ? -1 : 0;
}
