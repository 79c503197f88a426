/* The log: one line per call, to a file, to stdout or stderr and to syslog, and a line of progress
 * on a terminal. */
#include "util/log.h"

#include "util/buf.h"
#include "util/journal.h"
#include "util/log_line.h"
#include "util/log_sink.h"
#include "util/messages.h"
#include "util/printable.h"
#include "util/secrets.h"
#include "util/units.h"
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

/* Who reads a stream. */
struct reader {
	bool journal;
	bool terminal;
};

static struct {
	struct log_sink file;
	struct log_sink syslog;
	struct log_sink out;     /* DEBUG and INFO */
	struct log_sink trouble; /* WARNING and ERROR, and the progress */
	struct reader out_reader, trouble_reader;
	char *path;
	struct log_options options;
	struct messages messages;
	bool progress_shown;
} state = {
	.file = { .writer = { .fd = -1, .opened = -1 } },
	.syslog = { .writer = { .fd = -1, .opened = -1 } },
	.out = { .writer = { .fd = STDOUT_FILENO, .opened = -1 },
		 .name = "standard output",
		 .place = LOG_PLACE_STREAM },
	.trouble = { .writer = { .fd = STDERR_FILENO, .opened = -1 },
		     .name = "standard error",
		     .place = LOG_PLACE_STREAM },
};

/* In the order in which they are written to. */
static struct log_sink *const SINKS[] = { &state.file, &state.syslog, &state.out, &state.trouble };
#define SINK_COUNT (sizeof SINKS / sizeof *SINKS)

static int wait_ms(void)
{
	return state.options.wait_ms ? (int)state.options.wait_ms : LOG_WAIT_MS;
}

static void free_buf(struct buf *buf)
{
	buf_free(buf);
}

/* 0, or the errno of what went wrong. */
static int put(struct log_sink *sink, const struct log_line *line)
{
	CLEANUP(free_buf) struct buf text = { 0 };

	if (sink->writer.fd < 0 && !sink->socket)
		return 0;
	log_line_add(&text, line, sink->place, sink->json);
	return log_sink_put(sink, text.data, text.length, wait_ms());
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct log_line warning_of(const char *message)
{
	return (struct log_line){ .at_ms = now_ms(),
				  .level = LOG_LEVEL_WARNING,
				  .name = state.options.name,
				  .message = message };
}

/* One line about FAILED itself, where warnings go. Where none of them can be written to, nobody is
 * left to be told. */
static void tell_beside(const struct log_sink *failed, const char *message)
{
	struct log_line line = warning_of(message);

	messages_add(&state.messages, false, message);
	for (size_t i = 0; i < SINK_COUNT; i++) {
		if (SINKS[i] != failed && SINKS[i] != &state.out)
			put(SINKS[i], &line);
	}
}

static void tell_failure(struct log_sink *failed, int number)
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
static void tell_dropped(struct log_sink *sink, bool last)
{
	CLEANUP(free_p) char *message = NULL;
	uint64_t dropped = sink->dropped;
	struct log_line line;

	if (dropped == 0 || (sink->stuck && !last))
		return;
	message = xasprintf("%" PRIu64 " line%s could not be written to %s, because nobody read "
			    "there",
			    dropped, units_s(dropped), sink->name);
	line = warning_of(message);
	if (sink != &state.out && put(sink, &line) == 0 && !sink->stuck) {
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

	log_sink_put(&state.trouble, bytes, length, wait_ms());
	state.trouble.dropped = dropped;
}

void log_wipe_row(void)
{
	if (!state.progress_shown)
		return;
	state.progress_shown = false;
	put_progress("\r\033[K", 4);
}

/* True when a line of LEVEL goes to SINK; the file and syslog are complete. */
static bool takes(const struct log_sink *sink, enum log_level level)
{
	bool trouble = level >= LOG_LEVEL_WARNING;

	if (sink == &state.trouble)
		return trouble && (!state.options.unshown || state.options.debug);
	if (sink == &state.out)
		return !trouble && !state.options.quiet && !state.options.off_stdout;
	return true;
}

static void write_line(const struct log_line *line)
{
	int failed[SINK_COUNT] = { 0 };

	log_wipe_row();
	/* Flush stdout first: both streams may be the same file. */
	if (takes(&state.trouble, line->level))
		fflush(stdout);
	for (size_t i = 0; i < SINK_COUNT; i++) {
		if (takes(SINKS[i], line->level))
			failed[i] = put(SINKS[i], line);
	}
	for (size_t i = 0; i < SINK_COUNT; i++)
		tell_dropped(SINKS[i], false);
	for (size_t i = 0; i < SINK_COUNT; i++)
		tell_failure(SINKS[i], failed[i]);
}

__attribute__((format(printf, 3, 0))) static void write_message(enum log_level level,
								const struct log_field *about,
								const char *format,
								va_list arguments)
{
	CLEANUP(free_p) char *message = NULL;

	if (level == LOG_LEVEL_DEBUG && !state.options.debug)
		return;
	if (vasprintf(&message, format, arguments) < 0)
		die_internal("format \"%s\" cannot be written", format);
	secrets_mask(message);
	if (level >= LOG_LEVEL_WARNING)
		messages_add(&state.messages, level == LOG_LEVEL_ERROR, message);
	write_line(&(struct log_line){ .at_ms = now_ms(),
				       .level = level,
				       .name = state.options.name,
				       .message = message,
				       .about = about });
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_message(level, NULL, format, arguments);
	va_end(arguments);
}

void log_about(enum log_level level, const struct log_field *about, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_message(level, about, format, arguments);
	va_end(arguments);
}

bool log_is_object(const char *line, size_t length)
{
	return length >= sizeof LOG_JSON_BEGIN - 1 &&
	       memcmp(line, LOG_JSON_BEGIN, sizeof LOG_JSON_BEGIN - 1) == 0;
}

char *log_complaint(const char *message)
{
	return xasprintf("%sclean-registry: %s\n", state.trouble_reader.journal ? "<3>" : "",
			 message);
}

int log_try_syslog(const char *path)
{
	struct log_sink sink = { .writer = WRITER_NOWHERE, .socket = path };
	int number = log_sink_connect(&sink);

	log_sink_close(&sink);
	return number;
}

static struct reader find_reader(int fd)
{
	return (struct reader){ .journal = journal_reads(fd), .terminal = isatty(fd) };
}

void log_find_readers(void)
{
	state.out_reader = find_reader(STDOUT_FILENO);
	state.trouble_reader = find_reader(STDERR_FILENO);
}

static void open_standard(struct log_sink *sink, int fd, const struct reader *reader)
{
	writer_clear(&sink->writer);
	*sink = (struct log_sink){ .writer = writer_of(fd),
				   .name = sink->name,
				   .place = reader->journal ? LOG_PLACE_JOURNAL : LOG_PLACE_STREAM,
				   .json = state.options.json && !reader->terminal };
}

static int open_file(const char *path)
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);

	state.path = xstrdup(path);
	state.file = (struct log_sink){ .writer = WRITER_NOWHERE,
					.name = state.path,
					.place = LOG_PLACE_FILE,
					.json = state.options.json };
	if (fd >= 0)
		state.file.writer = writer_of(fd);
	return fd;
}

void log_open(const char *path, struct log_options options)
{
	int fd = -1, error = 0;

	log_close();
	state.options = options;
	messages_clear(&state.messages);
	if (path) {
		fd = open_file(path);
		error = errno;
	}
	if (options.syslog)
		state.syslog = (struct log_sink){ .writer = WRITER_NOWHERE,
						  .name = "syslog",
						  .socket = options.syslog,
						  .place = LOG_PLACE_SYSLOG,
						  .json = options.json };
	open_standard(&state.out, STDOUT_FILENO, &state.out_reader);
	open_standard(&state.trouble, STDERR_FILENO, &state.trouble_reader);
	if (path && fd < 0)
		log_warning("%s: %s; this run has no log file", path, strerror(error));
}

void log_close(void)
{
	int fd = state.file.writer.fd;

	log_wipe_row();
	for (size_t i = 0; i < SINK_COUNT; i++)
		tell_dropped(SINKS[i], true);
	state.file.writer.fd = -1;
	/* Some file systems say only now that what was written did not fit. */
	if (fd >= 0 && close(fd) < 0)
		tell_failure(&state.file, errno);
	log_sink_close(&state.file);
	log_sink_close(&state.syslog);
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
