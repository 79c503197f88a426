/* A journal, line by line: its length does not matter, its bodies are as many as are wanted. */
#include "undo/folder.h"
#include "undo/index.h"
#include "undo/journal.h"
#include "undo/parse.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)256 << 10)

struct reader {
	int fd;
	struct buf text;
	size_t at;           /* of TEXT: where the next line begins */
	size_t searched;     /* no newline is before that */
	unsigned long lines; /* that were taken */
};

/* More of the file. 0 at its end, -1 with errno set. */
static ssize_t more(struct reader *reader)
{
	ssize_t count;

	if (reader->at > 0) {
		reader->text.length -= reader->at;
		memmove(reader->text.data, reader->text.data + reader->at, reader->text.length);
		reader->searched -= reader->at;
		reader->at = 0;
	}
	do
		count = read(reader->fd, buf_reserve(&reader->text, BLOCK), BLOCK);
	while (count < 0 && errno == EINTR);
	if (count > 0)
		buf_extend(&reader->text, (size_t)count);
	return count;
}

enum { LINES_END = 0, LINE_WHOLE, LINE_CUT };

/* LINE gets the next one without its newline, if it is whole. -1: ERR. */
static int next_line(struct reader *reader, const char **line, size_t *length, struct err *err)
{
	const char *end;
	ssize_t count;

	while (!(end = reader->searched < reader->text.length
			       ? memchr(reader->text.data + reader->searched, '\n',
					reader->text.length - reader->searched)
			       : NULL)) {
		reader->searched = reader->text.length;
		if (reader->text.length - reader->at > UNDO_LINE_LIMIT)
			return err_set(err, ERR_IO, "it is longer than any that a run writes");
		count = more(reader);
		if (count < 0)
			return err_set(err, ERR_IO, "%s", strerror(errno));
		if (count == 0)
			return reader->text.length == reader->at ? LINES_END : LINE_CUT;
	}
	*line = reader->text.data + reader->at;
	*length = (size_t)(end - *line);
	reader->at += *length + 1;
	reader->searched = reader->at;
	return LINE_WHOLE;
}

/* The last line has no newline. A run that is killed in the middle of a write leaves that, and it
 * is the run that people want to undo; lines before it are whole, nothing is ever written behind
 * it, and a run deletes only what is on the disk in whole lines. */
static int leave_out(const struct reader *reader, const struct parsing *parsing, struct err *err)
{
	if (!parsing->begun)
		return err_set(err, ERR_IO,
			       "it is cut: the run was killed before it deleted anything; remove "
			       "this file");
	if (parsing->run->ended)
		return err_set(err, ERR_IO, "it is cut, and behind the end of the run");
	log_warning("%s: line %lu is cut, and left out: the run was killed while it wrote that; "
		    "nothing that only this line names was deleted",
		    parsing->run->path, reader->lines + 1);
	return 0;
}

static int read_lines(struct reader *reader, struct parsing *parsing, struct err *err)
{
	const char *line = NULL;
	size_t length = 0;
	int result;

	while ((result = next_line(reader, &line, &length, err)) == LINE_WHOLE) {
		if (parse_line(parsing, line, length, err) < 0)
			return -1;
		reader->lines++;
	}
	if (result == LINE_CUT)
		return leave_out(reader, parsing, err);
	if (result == LINES_END && !parsing->begun)
		return err_set(err, ERR_IO,
			       "it is empty: the run was killed before it deleted anything; remove "
			       "this file");
	return result;
}

/* Whether nobody else can have written FD, the file of RUN. */
static int check_file(int fd, struct undo_run *run, struct err *err)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return err_set(err, ERR_IO, "%s: %s", run->path, strerror(errno));
	run->file_bytes = (uint64_t)status.st_size;
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_IO, "%s: it is not a regular file", run->path);
	return undo_folder_check(run->path, &status, err);
}

static int open_file(const struct state *state, struct undo_run *run, struct err *err)
{
	CLEANUP(file_close) int folder = undo_folder_open(state, false, err);
	int fd, number;

	if (folder < 0)
		return -1;
	fd = openat(folder, strrchr(run->path, '/') + 1,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	number = errno;
	if (fd < 0)
		err_set(err, ERR_IO, "%s: %s", run->path,
			number == ELOOP ? "it is a symbolic link" : strerror(number));
	else if (check_file(fd, run, err) == 0)
		return fd;
	else
		number = EPERM;
	file_close(&fd);
	errno = number;
	return -1;
}

int undo_journal_read(const struct state *state, const char *run, const struct undo_wanted *wanted,
		      struct undo_run **out, struct err *err)
{
	struct parsing parsing = { .wanted = wanted };
	struct reader reader = { 0 };
	int result;

	*out = NULL;
	if (!undo_run_valid(run)) {
		errno = ENOENT;
		return err_set(err, ERR_IO, "'%.60s' is not the name of a run", run);
	}
	parsing.run = undo_index_new_run();
	(void)snprintf(parsing.run->run, sizeof parsing.run->run, "%s", run);
	parsing.run->path = undo_folder_path(state, run);
	reader.fd = open_file(state, parsing.run, err);
	result = reader.fd < 0 ? -1 : 0;
	if (result == 0 && read_lines(&reader, &parsing, err) < 0) {
		result = err_wrap(err, "%s: line %lu", parsing.run->path, reader.lines + 1);
		errno = EIO;
	}
	file_close(&reader.fd);
	buf_free(&reader.text);
	if (result == 0)
		*out = parsing.run;
	else
		undo_run_free(parsing.run);
	return result;
}
