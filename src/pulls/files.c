/* Reads in pieces; what was compressed is read through gzip. */
#include "pulls/files.h"

#include "pulls/log.h"
#include "pulls/pulls.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/file.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/text.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE        ((size_t)256 * 1024)
#define LINE_LIMIT   ((size_t)64 * 1024) /* what a line has beyond it is dropped */
#define PAUSE_MS     100
#define GZIP_SECONDS 3600

#define TRIES 3 /* readings, while files are rotated */

struct log_file {
	const char *path;
	struct timespec written;
	dev_t device;
	ino_t inode;
	off_t size;
};

/* What is read. */
struct files {
	glob_t found;
	struct log_file *items;
	size_t count;
};

static int set_stopped(struct err *err)
{
	return err_set(err, ERR_STOPPED, "stopped while reading the access log");
}

int files_pause(struct err *err)
{
	struct pollfd stop = { .fd = stop_signal_fd(), .events = POLLIN };

	if (stop_signal_count() == 0)
		(void)poll(&stop, 1, PAUSE_MS);
	return stop_signal_count() == 0 ? 0 : set_stopped(err);
}

/* Lines from pieces. */
struct lines {
	struct pulls *pulls;
	struct buf rest; /* the beginning of a line whose end has not come yet */
};

static void add_rest(struct buf *rest, const char *at, size_t length)
{
	size_t room = LINE_LIMIT - rest->length;

	buf_add(rest, at, length < room ? length : room);
}

static void take_piece(struct lines *lines, const char *at, const char *end)
{
	const char *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		if (lines->rest.length > 0) {
			add_rest(&lines->rest, at, (size_t)(newline - at));
			pulls_line(lines->pulls, lines->rest.data, lines->rest.length);
			buf_clear(&lines->rest);
		} else {
			size_t length = (size_t)(newline - at);

			pulls_line(lines->pulls, at, length < LINE_LIMIT ? length : LINE_LIMIT);
		}
		at = newline + 1;
	}
	if (at < end)
		add_rest(&lines->rest, at, (size_t)(end - at));
}

/* What is there now, up to its end. */
static int read_on(struct lines *lines, int fd, const char *path, char *piece, struct err *err)
{
	ssize_t count;

	while ((count = read(fd, piece, PIECE)) != 0) {
		if (count < 0 && errno != EINTR)
			return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		if (count > 0)
			take_piece(lines, piece, piece + count);
		if (stop_signal_count() > 0)
			return set_stopped(err);
	}
	return 0;
}

static int check(const char *path, int fd, struct err *err)
{
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_IO, "%s: not a regular file", path);
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		log_warning("%s: it can be written by others than its owner: whoever writes to it "
			    "decides what counts as pulled; run: chmod go-w %s",
			    path, path);
	return 0;
}

static int read_plain(struct pulls *pulls, const char *path, bool newest, struct err *err)
{
	CLEANUP(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	CLEANUP(free_p) char *piece = xmalloc(PIECE);
	struct lines lines = { .pulls = pulls };
	int64_t until = time_monotonic_ms() + PULLS_LOG_WAIT_MS;
	int result = check(path, fd, err);

	if (result == 0)
		result = read_on(&lines, fd, path, piece, err);
	while (result == 0 && newest && !pulls_proved(pulls) && !time_is_up(until)) {
		result = files_pause(err);
		if (result == 0)
			result = read_on(&lines, fd, path, piece, err);
	}
	buf_free(&lines.rest);
	return result;
}

static void on_line(void *ctx, const char *line, size_t length)
{
	pulls_line(ctx, line, length);
}

static int read_gzipped(struct pulls *pulls, const char *path, struct err *err)
{
	const char *const argv[] = { "gzip", "-dc", "--", path, NULL };
	struct proc_options options = { .argv = argv,
					.timeout_seconds = GZIP_SECONDS,
					.patience = 1,
					.kill_when_abandoned = true,
					.on_stdout = on_line,
					.ctx = pulls };
	struct proc_result result;
	char text[256];

	if (proc_run(&options, &result, err) < 0)
		return err_wrap(err, "%s", path);
	if (result.end == PROC_ABANDONED)
		return set_stopped(err);
	if (result.end == PROC_EXITED && result.status == 0)
		return 0;
	proc_describe(&result, GZIP_SECONDS, text, sizeof text);
	return err_set(err, ERR_IO, "%s: gzip -dc: %s", path, text);
}

static int read_file(struct pulls *pulls, const char *path, bool newest, struct err *err)
{
	static const char *const OTHERS[] = { ".xz", ".bz2", ".zst", ".Z" };

	progress("reading %s", path);
	for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
		if (text_ends(path, OTHERS[i]))
			return err_set(err, ERR_IO,
				       "%s: not compressed by gzip, so it cannot be read", path);
	}
	return text_ends(path, ".gz") ? read_gzipped(pulls, path, err)
				      : read_plain(pulls, path, newest, err);
}

bool files_is_rotated(const char *suffix)
{
	static const char *const ENDINGS[] = { "", "gz", "xz", "bz2", "zst", "Z" };
	const char *rest;

	if ((suffix[0] != '.' && suffix[0] != '-') || suffix[1] < '0' || suffix[1] > '9')
		return false;
	rest = suffix + strspn(suffix, "0123456789.-_T");
	for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
		if (strcmp(rest, ENDINGS[i]) == 0)
			return true;
	}
	return false;
}

/* All files that PATTERN names, in FOUND. A path is none of a glob, unless it has a magic letter.
 */
static int find(const char *pattern, glob_t *found, struct err *err)
{
	bool magic = strpbrk(pattern, "*?[");
	CLEANUP(free_p) char *rotated = xasprintf("%s[.-][0-9]*", pattern);
	int flags = magic ? 0 : GLOB_NOESCAPE;
	int result = glob(pattern, flags, NULL, found);

	if (result == 0 && !magic)
		result = glob(rotated, flags | GLOB_APPEND, NULL, found);
	if (result == GLOB_NOMATCH && found->gl_pathc > 0)
		result = 0;
	if (result == 0)
		return 0;
	return err_set(err, ERR_IO, "%s: %s", pattern,
		       result == GLOB_NOMATCH ? "no such file" : "its folder cannot be read");
}

static int64_t compare_files(const struct log_file *a, const struct log_file *b)
{
	int64_t seconds = (int64_t)a->written.tv_sec - b->written.tv_sec;

	return seconds ? seconds : (int64_t)a->written.tv_nsec - b->written.tv_nsec;
}

/* The one that was written to last is the last. */
static int by_time(const void *a, const void *b)
{
	int64_t order = compare_files(a, b);

	return order < 0 ? -1 : order > 0;
}

/* Puts what is to be read into FILES, in its order; returns how many that are. */
static size_t choose(const glob_t *found, const char *pattern, int64_t since,
		     struct log_file *files)
{
	bool magic = strpbrk(pattern, "*?[");
	size_t count = 0;

	for (size_t i = 0; i < found->gl_pathc; i++) {
		const char *path = found->gl_pathv[i];
		struct stat status;

		if (i > 0 && !magic && !files_is_rotated(path + strlen(pattern)))
			continue;
		/* One that cannot be asked for its time is told when it is opened. */
		if (stat(path, &status) < 0)
			status = (struct stat){ 0 };
		else if (date_known(since) && status.st_mtim.tv_sec < since)
			continue;
		files[count++] = (struct log_file){ path, status.st_mtim, status.st_dev,
						    status.st_ino, status.st_size };
	}
	qsort(files, count, sizeof *files, by_time);
	return count;
}

static void clear(struct files *files)
{
	globfree(&files->found);
	free(files->items);
	*files = (struct files){ 0 };
}

static int list(const char *pattern, int64_t since, struct files *files, struct err *err)
{
	*files = (struct files){ 0 };
	if (find(pattern, &files->found, err) < 0)
		return -1;
	files->items = xcalloc(files->found.gl_pathc + 1, sizeof *files->items);
	files->count = choose(&files->found, pattern, since, files->items);
	return 0;
}

static bool has(const struct files *files, const struct log_file *wanted)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct log_file *file = &files->items[i];

		if (strcmp(file->path, wanted->path) == 0)
			return file->device == wanted->device && file->inode == wanted->inode &&
			       file->size >= wanted->size;
	}
	return false;
}

/* Whether each name is still that of the file that was READ: one that was renamed before it was
 * opened was not, nor what was copied and cut off. */
static bool are_same(const struct files *read, const struct files *now)
{
	for (size_t i = 0; i < read->count; i++)
		if (!has(now, &read->items[i]))
			return false;
	return read->count == now->count;
}

/* 1: they were rotated meanwhile. */
static int read_all(struct pulls *pulls, const char *pattern, int64_t since, struct err *err)
{
	CLEANUP(clear) struct files files = { 0 };
	CLEANUP(clear) struct files now = { 0 };
	int result = list(pattern, since, &files, err);

	for (size_t i = 0; i < files.count && result == 0; i++)
		result = read_file(pulls, files.items[i].path, i + 1 == files.count, err);
	if (result == 0)
		result = list(pattern, since, &now, err);
	return result == 0 ? !are_same(&files, &now) : result;
}

int files_read(struct pulls *pulls, const char *pattern, int64_t since, struct err *err)
{
	int result = 1;

	for (int i = 0; i < TRIES && result == 1; i++) {
		pulls_again(pulls);
		result = read_all(pulls, pattern, since, err);
	}
	progress_end();
	return result == 1 ? err_set(err, ERR_IO,
				     "%s: it is rotated again and again while it is read", pattern)
			   : result;
}
