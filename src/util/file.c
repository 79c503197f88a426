/* Whole files: read with a limit, replaced atomically. */
#include "util/file.h"

#include "util/sweep.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says what NUMBER did to PATH; errno is NUMBER afterwards. */
static int fail(struct err *err, const char *path, int number)
{
	err_set(err, ERR_IO, "%s: %s", path, strerror(number));
	errno = number;
	return -1;
}

/* 0 at the end of the file, or the errno of what went wrong. */
static int read_all(int fd, size_t limit, struct buf *out)
{
	char chunk[16 * 1024];
	size_t total = 0;

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof chunk);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			return 0;
		if ((size_t)got > limit - total)
			return EFBIG;
		buf_add(out, chunk, (size_t)got);
		total += (size_t)got;
	}
}

/* A descriptor of a regular file, or -1 with errno set. */
static int open_regular(int dirfd, const char *path, struct stat *status)
{
	/* Not to wait for the other end of a FIFO. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int error = 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, status) != 0)
		error = errno;
	else if (!S_ISREG(status->st_mode))
		error = S_ISDIR(status->st_mode) ? EISDIR : EINVAL;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* Reads until SIZE bytes are there or the file ends. How many, or -1 with errno set. */
static ssize_t read_up_to(int fd, char *bytes, size_t size)
{
	size_t total = 0;

	while (total < size) {
		ssize_t got = read(fd, bytes + total, size - total);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		total += (size_t)got;
	}
	return (ssize_t)total;
}

int file_read_regular(int dirfd, const char *path, size_t limit, struct buf *out)
{
	struct stat status;
	int fd = open_regular(dirfd, path, &status);
	ssize_t got = -1;
	int error = EFBIG;

	if (fd < 0)
		return -1;
	/* It is read once, at the length that it had: who wants more can read it again. */
	if ((uint64_t)status.st_size <= limit) {
		got = read_up_to(fd, buf_reserve(out, (size_t)status.st_size),
				 (size_t)status.st_size);
		error = errno;
	}
	close(fd);
	if (got < 0) {
		errno = error;
		return -1;
	}
	buf_extend(out, (size_t)got);
	return 0;
}

int file_read_small(int dirfd, const char *path, char *text, size_t size, size_t *length,
		    struct stat *status)
{
	int fd = open_regular(dirfd, path, status);
	ssize_t got = -1;
	int error = EFBIG;

	if (fd < 0)
		return -1;
	if ((uint64_t)status->st_size < size) {
		got = read_up_to(fd, text, (size_t)status->st_size);
		error = errno;
	}
	close(fd);
	if (got < 0) {
		errno = error;
		return -1;
	}
	text[got] = '\0';
	*length = (size_t)got;
	return 0;
}

int file_read(int dirfd, const char *path, size_t limit, struct buf *out, struct err *err)
{
	size_t before = out->length;
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int number;

	if (fd < 0)
		return fail(err, path, errno);
	number = read_all(fd, limit, out);
	close(fd);
	if (number == 0)
		return 0;
	out->length = before;
	if (out->data)
		out->data[before] = '\0';
	return fail(err, path, number);
}

static void forget(struct file_new *file)
{
	free(file->path);
	free(file->temporary);
	*file = (struct file_new){ 0 };
}

/* A file that nobody sweeps away while it is open, its name in FILE->temporary; -1 with errno set.
 */
static int open_temporary(struct file_new *file)
{
	for (;;) {
		struct stat status;
		int fd;

		file->temporary = xasprintf("%s" SWEEP_MARK "XXXXXX", file->path);
		fd = mkostemp(file->temporary, O_CLOEXEC);
		if (fd < 0)
			return -1;
		/* Somebody may have swept it before it was locked. Where nothing can be locked,
		 * nobody sweeps. */
		if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
		    fstat(fd, &status) == 0 && status.st_nlink > 0)
			return fd;
		close(fd);
		unlink(file->temporary);
		free(file->temporary);
	}
}

int file_new_open(struct file_new *file, const char *path, mode_t mode, struct err *err)
{
	int number;
	int fd;

	*file = (struct file_new){ .path = xstrdup(path) };
	fd = open_temporary(file);
	if (fd < 0) {
		number = errno;
		forget(file);
		return fail(err, path, number);
	}
	if (fchmod(fd, mode) == 0)
		file->stream = fdopen(fd, "w");
	if (file->stream)
		return 0;
	number = errno;
	close(fd);
	unlink(file->temporary);
	forget(file);
	return fail(err, path, number);
}

/* 0 when all that was written is on the disk, or the errno of what went wrong; closes STREAM. */
static int finish_stream(FILE *stream)
{
	bool failed = fflush(stream) != 0;
	int number = failed ? errno : 0;

	/* When it was an earlier write that failed, its reason is no longer known. */
	if (!failed && ferror(stream))
		number = EIO;
	if (number == 0 && fsync(fileno(stream)) < 0)
		number = errno;
	if (fclose(stream) != 0 && number == 0)
		number = errno;
	return number;
}

void file_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

char *file_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
}

/* The folder is opened before anything is renamed, so that only its fsync can fail afterwards. */
static int move_into_place(const struct file_new *file)
{
	CLEANUP(free_p) char *path = file_folder(file->path);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int number = 0;

	if (folder < 0)
		return errno;
	/* Some file systems cannot fsync a folder (EINVAL) and do not need it. */
	if (rename(file->temporary, file->path) < 0 || (fsync(folder) < 0 && errno != EINVAL))
		number = errno;
	close(folder);
	return number;
}

int file_new_publish(struct file_new *file, struct err *err)
{
	/* Closed, it would be anybody's to sweep. */
	int lock = fcntl(fileno(file->stream), F_DUPFD_CLOEXEC, 0);
	int number = finish_stream(file->stream);

	file->stream = NULL;
	if (number == 0)
		number = move_into_place(file);
	if (lock >= 0)
		close(lock);
	if (number != 0) {
		fail(err, file->path, number);
		file_new_discard(file);
		errno = number;
		return -1;
	}
	forget(file);
	return 0;
}

void file_new_discard(struct file_new *file)
{
	if (file->stream)
		fclose(file->stream);
	if (file->temporary)
		unlink(file->temporary);
	forget(file);
}
