/* The clock of the store's file system: its server's may differ from ours. */
#include "native/collect.h"
#include "native/store.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that has no name, or only for a moment; -1 with errno set. */
static int make_file(int folder)
{
	int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char name[64];

	if (fd >= 0)
		return fd;
	snprintf(name, sizeof name, ".clean-registry-clock-%ld", (long)getpid());
	(void)unlinkat(folder, name, 0);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)unlinkat(folder, name, 0);
	return fd;
}

/* Where no file can be made any more: the folder is given the mode that it has, which changes
 * nothing but its ctime. */
static int touch_folder(int folder, struct stat *status)
{
	if (fstat(folder, status) != 0 || fchmod(folder, status->st_mode & 07777) != 0)
		return -1;
	return fstat(folder, status);
}

int native_store_now(const struct native_store *store, struct timespec *now, struct err *err)
{
	CLEANUP(file_close) int fd = make_file(native_store_root(store));
	struct stat status;

	if (fd >= 0 ? fstat(fd, &status) != 0
		    : touch_folder(native_store_root(store), &status) != 0)
		return err_set(err, ERR_COLLECTOR,
			       "%s: the time of its file system cannot be asked: no file can be "
			       "made in the folder above docker: %s",
			       native_store_path(store), strerror(errno));
	*now = status.st_ctim;
	return 0;
}
