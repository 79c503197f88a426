/* From the children's pipes to our own output, in whole lines. */
#include "several/lines.h"

#include "util/file.h"
#include "util/journal.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LINE_LIMIT ((size_t)1024 * 1024) /* bytes; what is longer is passed on in pieces */

struct lines_sink lines_sink_of(int fd)
{
	return (struct lines_sink){ .writer = writer_of(fd), .journal = journal_reads(fd) };
}

void lines_sink_clear(struct lines_sink *sink)
{
	writer_clear(&sink->writer);
}

void lines_put(struct lines_sink *sink, const char *text, size_t length)
{
	int limit_ms = sink->stuck ? 0 : LOG_WAIT_MS, number = 0;
	size_t written = 0;

	/* What could be written in part only is ended before the next line begins. */
	if (sink->torn)
		number = writer_put(&sink->writer, "\n", 1, limit_ms, &written);
	if (number == 0) {
		number = writer_put(&sink->writer, text, length, limit_ms, &written);
		sink->torn = number != 0 && written > 0;
	}
	sink->stuck = number == ETIMEDOUT;
	sink->dropped += sink->stuck;
}

/* The name goes behind the mark for the journal. An object has it already. */
static void put(struct lines *lines, const char *line, size_t length)
{
	CLEANUP(buf_free) struct buf whole = { 0 };
	size_t mark = lines->sink->journal ? journal_mark_length(line, length) : 0;

	buf_add(&whole, line, mark);
	if (!log_is_object(line + mark, length - mark))
		buf_format(&whole, "%s: ", lines->name);
	buf_add(&whole, line + mark, length - mark);
	buf_text(&whole, "\n");
	lines_put(lines->sink, whole.data, whole.length);
}

/* All whole lines that are there; LAST: what follows them, too. */
static void put_lines(struct lines *lines, bool last)
{
	const char *at = buf_string(&lines->text), *end = at + lines->text.length;
	struct buf rest = { 0 };
	const char *newline;

	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		put(lines, at, (size_t)(newline - at));
		at = newline + 1;
	}
	if (at < end && (last || end - at > (ptrdiff_t)LINE_LIMIT)) {
		put(lines, at, (size_t)(end - at));
		at = end;
	}
	buf_add(&rest, at, (size_t)(end - at));
	buf_free(&lines->text);
	lines->text = rest;
}

void lines_pass(struct lines *lines, bool ended)
{
	char chunk[16 * 1024];
	ssize_t got = -1;

	if (lines->fd < 0)
		return;
	do {
		got = read(lines->fd, chunk, sizeof chunk);
		if (got > 0) {
			buf_add(&lines->text, chunk, (size_t)got);
			put_lines(lines, false);
		}
	} while ((got > 0 && ended) || (got < 0 && errno == EINTR));
	if (!ended && (got > 0 || (got < 0 && errno == EAGAIN)))
		return;
	put_lines(lines, true);
	lines_close(lines);
}

void lines_close(struct lines *lines)
{
	file_close(&lines->fd);
	buf_free(&lines->text);
}
