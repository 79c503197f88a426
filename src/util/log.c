/* The log: one line per call, to a file and to stdout or stderr, and a line of progress on a
 * terminal. */
#include "util/log.h"

#include "util/buf.h"
#include "util/messages.h"
#include "util/printable.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/writer.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Where lines go. */
struct sink {
	struct writer writer;
	const char *name;
	bool told;        /* that it fails */
	bool torn;        /* the last line is there in part only */
	bool stuck;       /* nobody read the last line in time */
	uint64_t dropped; /* lines since that was told last */
};

static struct {
	struct sink file;
	struct sink out;     /* DEBUG and INFO */
	struct sink trouble; /* WARNING and ERROR, and the progress */
	char *path;
	struct log_options options;
	struct messages messages;
	bool progress_shown;
} state = {
	.file = { .writer = { .fd = -1, .opened = -1 } },
	.out = { .writer = { .fd = STDOUT_FILENO, .opened = -1 }, .name = "standard output" },
	.trouble = { .writer = { .fd = STDERR_FILENO, .opened = -1 }, .name = "standard error" },
};

static int wait_ms(void)
{
	return state.options.wait_ms ? (int)state.options.wait_ms : LOG_WAIT_MS;
}

/* 0, or the errno of what went wrong. What nobody reads in time is dropped, and counted; after that
 * nobody is waited for until there is room again. */
static int put(struct sink *sink, const char *bytes, size_t length)
{
	int limit_ms = sink->stuck ? 0 : wait_ms();
	size_t written = 0;
	int number = 0;

	if (sink->writer.fd < 0)
		return 0;
	/* A line that could be written in part only is ended before the next one begins. */
	if (sink->torn)
		number = writer_put(&sink->writer, "\n", 1, limit_ms, &written);
	if (number == 0) {
		sink->torn = false;
		number = writer_put(&sink->writer, bytes, length, limit_ms, &written);
		sink->torn = number != 0 && written > 0;
	}
	sink->stuck = number == ETIMEDOUT;
	if (sink->stuck) {
		sink->dropped++;
		return 0;
	}
	return number;
}

static void free_buf(struct buf *buf)
{
	buf_free(buf);
}

/* The time of now, worked out once a second. */
static const char *now_text(void)
{
	static char text[TIME_TEXT];
	static time_t second = -1;
	time_t now = time(NULL);

	if (now != second)
		time_local(now, text);
	second = now;
	return text;
}

static void make_line(struct buf *line, enum log_level level, const char *name, const char *message)
{
	static const char *const names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };

	buf_format(line, "%s [%s] ", now_text(), names[level]);
	if (name)
		buf_format(line, "%s: ", name);
	printable_add(line, message);
	buf_text(line, "\n");
}

/* One line about FAILED itself, where warnings go. */
static void tell_beside(const struct sink *failed, const char *message)
{
	CLEANUP(free_buf) struct buf line = { 0 };

	messages_add(&state.messages, false, message);
	make_line(&line, LOG_LEVEL_WARNING, NULL, message);
	/* Where neither can be written to, nobody is left to be told. */
	if (failed != &state.file)
		put(&state.file, line.data, line.length);
	if (failed != &state.trouble)
		put(&state.trouble, line.data, line.length);
}

static void tell_failure(struct sink *failed, int number)
{
	CLEANUP(free_p) char *message = NULL;

	if (number == 0 || failed->told)
		return;
	failed->told = true;
	message = xasprintf("cannot write the log to %s: %s", failed->name, strerror(number));
	tell_beside(failed, message);
}

/* How many lines are missing is told where they are missing, unless that is stdout, which takes no
 * warnings, or, LAST, beside it. */
static void tell_dropped(struct sink *sink, bool last)
{
	CLEANUP(free_buf) struct buf line = { 0 };
	CLEANUP(free_p) char *message = NULL;
	uint64_t dropped = sink->dropped;

	if (dropped == 0 || (sink->stuck && !last))
		return;
	message = xasprintf("%" PRIu64 " line%s could not be written to %s, because nobody read "
			    "there",
			    dropped, dropped == 1 ? "" : "s", sink->name);
	make_line(&line, LOG_LEVEL_WARNING, NULL, message);
	if (sink != &state.out && put(sink, line.data, line.length) == 0 && !sink->stuck) {
		messages_add(&state.messages, false, message);
		sink->dropped = 0;
	} else if (last || sink == &state.out) {
		sink->dropped = 0;
		tell_beside(sink, message);
	} else {
		sink->dropped = dropped;
	}
}

/* It may be lost when nobody reads it. */
static void put_progress(const char *bytes, size_t length)
{
	uint64_t dropped = state.trouble.dropped;

	put(&state.trouble, bytes, length);
	state.trouble.dropped = dropped;
}

void log_wipe_row(void)
{
	if (!state.progress_shown)
		return;
	state.progress_shown = false;
	put_progress("\r\033[K", 4);
}

/* Where a line of LEVEL goes beside the file, or NULL. */
static struct sink *sink_of(enum log_level level)
{
	if (level >= LOG_LEVEL_WARNING)
		return state.options.unshown && !state.options.debug ? NULL : &state.trouble;
	return state.options.quiet || state.options.off_stdout ? NULL : &state.out;
}

static void write_line(enum log_level level, const char *message)
{
	CLEANUP(free_buf) struct buf line = { 0 }, named = { 0 };
	struct sink *shown = sink_of(level);
	int file_failed, failed = 0;

	log_wipe_row();
	/* Flush stdout first: both streams may be the same file. */
	if (shown == &state.trouble)
		fflush(stdout);
	make_line(&line, level, NULL, message);
	if (state.options.name)
		make_line(&named, level, state.options.name, message);
	file_failed = put(&state.file, named.data ? named.data : line.data,
			  named.data ? named.length : line.length);
	if (shown)
		failed = put(shown, line.data, line.length);
	tell_dropped(&state.file, false);
	tell_dropped(&state.out, false);
	tell_dropped(&state.trouble, false);
	tell_failure(&state.file, file_failed);
	if (shown)
		tell_failure(shown, failed);
}

void log_write(enum log_level level, const char *format, ...)
{
	CLEANUP(free_p) char *message = NULL;
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !state.options.debug)
		return;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		die_internal("format \"%s\" cannot be written", format);
	va_end(args);
	secrets_mask(message);
	if (level >= LOG_LEVEL_WARNING)
		messages_add(&state.messages, level == LOG_LEVEL_ERROR, message);
	write_line(level, message);
}

static void close_sink(struct sink *sink)
{
	writer_clear(&sink->writer);
	*sink = (struct sink){ .writer = WRITER_NOWHERE };
}

static void open_standard(struct sink *sink, int fd)
{
	writer_clear(&sink->writer);
	*sink = (struct sink){ .writer = writer_of(fd), .name = sink->name };
}

void log_open(const char *path, struct log_options options)
{
	int fd = -1, error = 0;

	log_close();
	state.options = options;
	messages_clear(&state.messages);
	if (path) {
		state.path = xstrdup(path);
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			  0640);
		error = errno;
		state.file = (struct sink){ .writer = WRITER_NOWHERE, .name = state.path };
	}
	if (fd >= 0)
		state.file.writer = writer_of(fd);
	open_standard(&state.out, STDOUT_FILENO);
	open_standard(&state.trouble, STDERR_FILENO);
	if (path && fd < 0)
		log_warning("%s: %s; this run has no log file", path, strerror(error));
}

void log_close(void)
{
	int fd = state.file.writer.fd;

	log_wipe_row();
	tell_dropped(&state.file, true);
	tell_dropped(&state.out, true);
	tell_dropped(&state.trouble, true);
	state.file.writer.fd = -1;
	/* Some file systems say only now that what was written did not fit. */
	if (fd >= 0 && close(fd) < 0)
		tell_failure(&state.file, errno);
	close_sink(&state.file);
	free(state.path);
	state.path = NULL;
}

bool log_debugging(void)
{
	return state.options.debug;
}

bool log_http(void)
{
	return state.options.http;
}

const struct messages *log_messages(void)
{
	return &state.messages;
}

unsigned log_warnings(void)
{
	return (unsigned)state.messages.warnings;
}

unsigned log_errors(void)
{
	return (unsigned)state.messages.errors;
}

/* How much of TEXT fits into one row: a row that wraps could not be wiped. */
static size_t row_length(const struct buf *text)
{
	struct winsize window = { 0 };
	size_t width = 79;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
		width = window.ws_col - 1U;
	if (text->length <= width)
		return text->length;
	while (width > 0 && ((unsigned char)text->data[width] & 0xc0) == 0x80)
		width--;
	return width;
}

bool log_row_wanted(void)
{
	return !state.options.quiet && isatty(STDERR_FILENO);
}

void log_row(const char *text)
{
	CLEANUP(free_buf) struct buf escaped = { 0 };
	CLEANUP(free_buf) struct buf row = { 0 };

	printable_add(&escaped, text);
	buf_text(&row, "\r\033[K");
	buf_add(&row, escaped.data, row_length(&escaped));
	put_progress(row.data, row.length);
	state.progress_shown = true;
}
