/* Appends with one write under a lock of the file's own: two runs, of which one has not got the
 * registry's lock, may end at once. */
#include "history/file.h"

#include "util/buf.h"
#include "util/file.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_MS 1000 /* whoever has it adds or replaces one small file, or was stopped */
#define STEP_MS 20

static int fail(const char *folder_path, int number, struct err *err)
{
	err_set(err, ERR_IO, "%s/" HISTORY_FILE ": %s", folder_path,
		number ? strerror(number) : "not a regular file");
	errno = number;
	return -1;
}

/* Not to wait for the other end of a FIFO. */
static int open_file(int folder, const char *folder_path, int flags, struct err *err)
{
	int fd = openat(folder, HISTORY_FILE, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	int number = errno;
	struct stat status;

	if (fd < 0)
		return fail(folder_path, number, err);
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	file_close(&fd);
	return fail(folder_path, 0, err);
}

static bool take_lock(int fd, int64_t until_ms)
{
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || time_is_up(until_ms))
			return false;
		nanosleep(&(struct timespec){ 0, STEP_MS * 1000000L }, NULL);
	}
	return true;
}

/* Somebody may have replaced it before it was locked. */
static bool is_in_place(int folder, int fd)
{
	struct stat own, there;

	return fstat(fd, &own) == 0 &&
	       fstatat(folder, HISTORY_FILE, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

int history_file_open(struct history_file *file, int folder, const char *folder_path,
		      struct err *err)
{
	int64_t until_ms = time_monotonic_ms() + LOCK_MS;

	*file = (struct history_file){ .folder_path = folder_path, .folder = folder, .fd = -1 };
	for (;;) {
		file->fd = open_file(folder, folder_path, O_RDWR | O_APPEND | O_CREAT, err);
		if (file->fd < 0)
			return -1;
		file->locked = take_lock(file->fd, until_ms);
		if (is_in_place(folder, file->fd) || time_is_up(until_ms))
			return 0;
		file_close(&file->fd);
	}
}

void history_file_close(struct history_file *file)
{
	file_close(&file->fd);
}

/* Whether a line ends where the file ends, at SIZE: a run may have been killed within one. */
static bool ends_whole(int fd, off_t size)
{
	char last = '\n';

	return size == 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

int history_file_append(const struct history_file *file, const struct buf *line, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct stat status;
	ssize_t written;
	int number;

	if (fstat(file->fd, &status) != 0)
		return fail(file->folder_path, errno, err);
	buf_text(&text, ends_whole(file->fd, status.st_size) ? "" : "\n");
	buf_add(&text, line->data, line->length);
	written = write(file->fd, text.data, text.length);
	if (written == (ssize_t)text.length)
		return 0;
	number = written < 0 ? errno : ENOSPC;
	/* Half a line would be one that is damaged. */
	if (written > 0 && file->locked)
		(void)!ftruncate(file->fd, status.st_size);
	return fail(file->folder_path, number, err);
}

int history_file_replace(const struct history_file *file, const struct buf *text, struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/" HISTORY_FILE, file->folder_path);
	struct file_new fresh = { 0 };
	int number;

	if (file_new_open(&fresh, path, 0640, err) < 0)
		return -1;
	if (fwrite(text->data, 1, text->length, fresh.stream) == text->length &&
	    fflush(fresh.stream) == 0)
		return file_new_publish(&fresh, err);
	number = errno;
	file_new_discard(&fresh);
	return fail(file->folder_path, number, err);
}

int history_file_open_read(int folder, const char *folder_path, struct err *err)
{
	return open_file(folder, folder_path, O_RDONLY, err);
}

/* What begins in front of the first newline is no line. */
static void drop_first(struct buf *text)
{
	const char *newline = text->length ? memchr(text->data, '\n', text->length) : NULL;
	size_t length = newline ? (size_t)(newline + 1 - text->data) : text->length;

	if (!text->length)
		return;
	memmove(text->data, text->data + length, text->length - length);
	text->length -= length;
	text->data[text->length] = '\0';
}

int history_file_read(int fd, const char *folder_path, size_t limit, struct buf *text,
		      struct err *err)
{
	struct stat status;
	off_t at;
	size_t left;
	ssize_t got = 1;

	if (fstat(fd, &status) != 0)
		return fail(folder_path, errno, err);
	at = status.st_size > (off_t)limit ? status.st_size - (off_t)limit : 0;
	/* The byte in front tells whether a line begins there. */
	at -= at > 0;
	for (left = (size_t)(status.st_size - at); left > 0 && got > 0; left -= (size_t)got) {
		got = pread(fd, buf_reserve(text, left), left, at);
		if (got < 0)
			return fail(folder_path, errno, err);
		buf_extend(text, (size_t)got);
		at += got;
	}
	if (status.st_size > (off_t)limit)
		drop_first(text);
	return 0;
}
