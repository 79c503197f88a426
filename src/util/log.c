/* The log: one line per call, to a file and to stdout (or stderr), and a line of progress on a
 * terminal. */
#include "util/log.h"

#include "util/buf.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_EVERY_MS 100

/* Where lines go. */
struct sink {
	int fd; /* -1: nowhere */
	const char *name;
	bool told; /* that it fails */
	bool torn; /* the last line is there in part only */
};

#define SECRETS       4
#define SECRET_LENGTH 4

static struct {
	struct sink file;
	struct sink out;
	char *path;
	char *secrets[SECRETS];
	struct log_options options;
	unsigned warnings;
	unsigned errors;
	bool progress_shown;
	int64_t progress_at;
} state = {
	.file = { .fd = -1 },
	.out = { .fd = STDOUT_FILENO, .name = "standard output" },
};

/* 0, or the errno of what went wrong; *WRITTEN says how far it came. */
static int write_all(int fd, const char *bytes, size_t length, size_t *written)
{
	*written = 0;
	while (*written < length) {
		ssize_t done = write(fd, bytes + *written, length - *written);
		int number = errno;

		if (done >= 0)
			*written += (size_t)done;
		else if (number == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (number != EINTR)
			return number;
	}
	return 0;
}

/* A line that could be written in part only is ended before the next one begins. */
static int put(struct sink *sink, const struct buf *line)
{
	size_t written;
	int number = 0;

	if (sink->fd < 0)
		return 0;
	if (sink->torn)
		number = write_all(sink->fd, "\n", 1, &written);
	if (number != 0)
		return number;
	number = write_all(sink->fd, line->data, line->length, &written);
	sink->torn = number != 0 && written > 0;
	return number;
}

/* Control characters, also those that UTF-8 writes as C2 80 to C2 9F, become \xNN. */
static void add_escaped(struct buf *line, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at != '\0'; at++) {
		bool second = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;

		if (second) {
			buf_format(line, "\\x%02x\\x%02x", at[0], at[1]);
			at++;
		} else if (*at < 0x20 || *at == 0x7f) {
			buf_format(line, "\\x%02x", *at);
		} else {
			buf_add(line, at, 1);
		}
	}
}

static void free_buf(struct buf *buf)
{
	buf_free(buf);
}

static void make_line(struct buf *line, enum log_level level, const char *message)
{
	static const char *const names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
	char now[TIME_TEXT];

	buf_format(line, "%s [%s] ", time_local(time(NULL), now), names[level]);
	add_escaped(line, message);
	buf_text(line, "\n");
}

static void tell_failure(struct sink *failed, struct sink *other, int number)
{
	CLEANUP(free_buf) struct buf line = { 0 };
	CLEANUP(free_p) char *message = NULL;
	size_t written;

	if (failed->told)
		return;
	failed->told = true;
	state.warnings++;
	message = xasprintf("cannot write the log to %s: %s", failed->name, strerror(number));
	make_line(&line, LOG_LEVEL_WARNING, message);
	/* Where neither can be written to, nobody is left to be told. */
	put(other, &line);
	if (other->fd != STDERR_FILENO)
		write_all(STDERR_FILENO, line.data, line.length, &written);
}

static void wipe_progress(void)
{
	size_t written;

	if (!state.progress_shown)
		return;
	state.progress_shown = false;
	write_all(STDERR_FILENO, "\r\033[K", 4, &written);
}

/* Whether a line of LEVEL goes beside the file, too. */
static bool is_shown(enum log_level level)
{
	return level >= LOG_LEVEL_WARNING || !(state.options.quiet || state.options.off_stdout);
}

static void write_line(enum log_level level, const char *message)
{
	CLEANUP(free_buf) struct buf line = { 0 };
	int file_failed;
	int out_failed = 0;

	wipe_progress();
	make_line(&line, level, message);
	file_failed = put(&state.file, &line);
	if (is_shown(level))
		out_failed = put(&state.out, &line);
	if (file_failed != 0)
		tell_failure(&state.file, &state.out, file_failed);
	if (out_failed != 0)
		tell_failure(&state.out, &state.file, out_failed);
}

void log_hide(const char *secret)
{
	if (!secret) {
		for (size_t i = 0; i < SECRETS; i++) {
			free(state.secrets[i]);
			state.secrets[i] = NULL;
		}
		return;
	}
	for (size_t i = 0; i < SECRETS && strlen(secret) >= SECRET_LENGTH; i++) {
		if (!state.secrets[i]) {
			state.secrets[i] = xstrdup(secret);
			return;
		}
	}
}

static void hide_secrets(char *message)
{
	for (size_t i = 0; i < SECRETS && state.secrets[i]; i++) {
		size_t length = strlen(state.secrets[i]);

		for (char *at = message; (at = strstr(at, state.secrets[i])); at += length)
			memset(at, '*', length);
	}
}

void log_write(enum log_level level, const char *format, ...)
{
	CLEANUP(free_p) char *message = NULL;
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !state.options.debug)
		return;
	if (level == LOG_LEVEL_WARNING)
		state.warnings++;
	if (level == LOG_LEVEL_ERROR)
		state.errors++;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		die_internal("format \"%s\" cannot be written", format);
	va_end(args);
	hide_secrets(message);
	write_line(level, message);
}

void log_open(const char *path, struct log_options options)
{
	log_close();
	state.options = options;
	state.out = (struct sink){ .fd = STDOUT_FILENO, .name = "standard output" };
	if (options.off_stdout)
		state.out = (struct sink){ .fd = STDERR_FILENO, .name = "standard error" };
	state.warnings = 0;
	state.errors = 0;
	if (!path)
		return;
	state.path = xstrdup(path);
	state.file = (struct sink){ .name = state.path };
	state.file.fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	if (state.file.fd < 0)
		log_warning("%s: %s; the log goes to %s only", path, strerror(errno),
			    state.out.name);
}

void log_close(void)
{
	int fd = state.file.fd;

	wipe_progress();
	state.file.fd = -1;
	/* Some file systems say only now that what was written did not fit. */
	if (fd >= 0 && close(fd) < 0)
		tell_failure(&state.file, &state.out, errno);
	state.file = (struct sink){ .fd = -1 };
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

unsigned log_warnings(void)
{
	return state.warnings;
}

unsigned log_errors(void)
{
	return state.errors;
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

static void show_progress(const char *message)
{
	CLEANUP(free_buf) struct buf text = { 0 };
	CLEANUP(free_buf) struct buf row = { 0 };
	size_t written;

	add_escaped(&text, message);
	buf_text(&row, "\r\033[K");
	buf_add(&row, text.data, row_length(&text));
	write_all(STDERR_FILENO, row.data, row.length, &written);
	state.progress_shown = true;
}

void log_progress(const char *format, ...)
{
	CLEANUP(free_p) char *message = NULL;
	int64_t now = time_monotonic_ms();
	va_list args;

	if (!format) {
		wipe_progress();
		return;
	}
	if (state.options.quiet || now - state.progress_at < PROGRESS_EVERY_MS ||
	    !isatty(STDERR_FILENO))
		return;
	state.progress_at = now;
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		die_internal("format \"%s\" cannot be written", format);
	va_end(args);
	show_progress(message);
}
