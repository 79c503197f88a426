/* Taken without waiting, and given up with the process. */
#include "state/watch_lock.h"

#include "state/folder.h"
#include "state/state.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_NAME "watch.lock"

/* The file in FOLDER, which is PATH, locked; or -1. */
static int lock_file(int folder, const char *path, struct err *err)
{
	int file = openat(folder, FILE_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int number;

	if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
		return file;
	number = errno;
	file_close(&file);
	return number == EWOULDBLOCK
		       ? err_set(err, ERR_BUSY,
				 "another clean-registry watch is at work on this registry: it "
				 "holds %s/" FILE_NAME,
				 path)
		       : err_set(err, ERR_USAGE, "%s/" FILE_NAME ": %s", path, strerror(number));
}

int watch_lock_take(struct watch_lock *lock, const struct state_options *options, struct err *err)
{
	CLEANUP(free_p) char *path = state_folder_path(options);
	int folder, file = -1;

	if (lock->path && strcmp(lock->path, path) == 0)
		return 0;
	folder = state_folder_make(path, err);
	if (folder < 0)
		return -1;
	if (state_folder_check(folder, path, err) == 0)
		file = lock_file(folder, path, err);
	close(folder);
	if (file < 0)
		return -1;
	watch_lock_release(lock);
	*lock = (struct watch_lock){ steal(&path), file };
	return 0;
}

void watch_lock_release(struct watch_lock *lock)
{
	if (lock->path)
		file_close(&lock->file);
	free(lock->path);
	*lock = (struct watch_lock){ 0 };
}
