/* One file, removed when its room is needed. */
#include "state/reserve.h"

#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESERVE "reserve"

bool reserve_is_full(int number)
{
	return number == ENOSPC || number == EDQUOT;
}

static bool is_whole(int folder)
{
	struct stat status;

	return fstatat(folder, RESERVE, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size == STATE_RESERVE_SIZE &&
	       (off_t)status.st_blocks * 512 >= STATE_RESERVE_SIZE;
}

/* Bytes that no file system stores in less room (xorshift). 0 or an errno. */
static int write_noise(int fd)
{
	uint64_t noise[512], word = UINT64_C(0x9e3779b97f4a7c15);

	for (off_t at = 0; at < STATE_RESERVE_SIZE; at += (off_t)sizeof noise) {
		for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
			word ^= word << 13;
			word ^= word >> 7;
			word ^= word << 17;
			noise[i] = word;
		}
		if (pwrite(fd, noise, sizeof noise, at) != (ssize_t)sizeof noise)
			return errno ? errno : ENOSPC;
	}
	return 0;
}

/* 0 or an errno. */
static int allocate(int fd)
{
	int number = 0;

	errno = 0;
	if (fallocate(fd, 0, 0, STATE_RESERVE_SIZE) != 0)
		number = errno;
	if (number == EOPNOTSUPP || number == ENOSYS) {
		errno = 0;
		number = write_noise(fd);
	}
	if (number == 0 && fsync(fd) != 0)
		number = errno;
	return number;
}

int reserve_make(int folder, const char *path, struct err *err)
{
	int number = 0, fd = -1;

	if (is_whole(folder))
		return 0;
	(void)unlinkat(folder, RESERVE, 0);
	fd = openat(folder, RESERVE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, "%s/" RESERVE ": %s", path, strerror(errno));
	number = allocate(fd);
	close(fd);
	if (number == 0)
		return 0;
	(void)unlinkat(folder, RESERVE, 0);
	return err_set(err, ERR_IO, "%s/" RESERVE ": %s", path, strerror(number));
}

bool reserve_give_up(int folder)
{
	static const char *const FILES[] = { STATE_CACHE, STATE_STORAGE_CACHE, STATE_NAMES,
					     RESERVE };

	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		if (unlinkat(folder, FILES[i], 0) == 0) {
			/* Only then a journalling file system hands its room out again. */
			(void)fsync(folder);
			return true;
		}
	}
	return false;
}

int reserve_explain(int number, int folder, const char *storage, struct err *err)
{
	static const char SHARED[] =
		"paths.state and the registry's storage share this full disk: free 1 MiB on it by "
		"hand (an old log, say), or put paths.state on another one; the run after that "
		"frees the registry's space";
	static const char APART[] =
		"the registry's storage is on another disk: free 1 MiB on that of paths.state, or "
		"put paths.state elsewhere";
	struct stat own, registry;
	const char *advice =
		"free 1 MiB on the disk of paths.state by hand, or put paths.state on another one; "
		"if the registry's storage is on the same disk, the run after that frees its space";

	if (!reserve_is_full(number))
		return -1;
	if (*storage && folder >= 0 && fstat(folder, &own) == 0 && stat(storage, &registry) == 0)
		advice = own.st_dev == registry.st_dev ? SHARED : APART;
	return err_set(err, err->kind, "%s; %s", err->msg, advice);
}
