/* Log lines to the log file, and beside it: WARNING and ERROR to stderr, the others to stdout. What
 * was printed to stdout before a line on stderr is written before it. Where they are wanted in
 * syslog they go there, too, all of them, as datagrams.
 *
 * A line is `YYYY-MM-DD HH:MM:SS [LEVEL] message` in local time, or a JSON object. On a stream that
 * the journal reads (util/journal.h) its priority is in front instead of the time; on a terminal it
 * is text in any case.
 *
 * Neither a full disk nor a closed stdout ends the run: the first failure to write to one of them
 * is told, once, as a warning through the others, and writing goes on. A reader that has stopped
 * does not hold it either: a line that nobody reads for LOG_WAIT_MS is dropped, and so are those
 * after it while there is no room; how many is told as soon as there is, or by log_close. Secrets
 * (util/secrets.h) are masked. */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct messages; /* util/messages.h */

#define LOG_WAIT_MS 5000 /* milliseconds */

#define LOG_SYSLOG "/dev/log"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log_options {
	bool debug;      /* lines of level DEBUG are written too */
	bool http;       /* a line for each HTTP request (log_http) */
	bool quiet;      /* stdout gets no lines, no progress is shown; the file stays complete */
	bool off_stdout; /* stdout is for what the command prints, and gets no lines */
	bool json;       /* lines are JSON objects */
	/* The socket of syslog, which lines go to as well (LOG_SYSLOG); borrowed; NULL: they do
	 * not. */
	const char *syslog;
	/* Of one of several registries, in front of each message in the file and in syslog, and
	 * in each object; NULL: nothing. */
	const char *name;
	bool unshown;     /* warnings and errors are only kept (log_messages), but with DEBUG */
	unsigned wait_ms; /* how long a line waits for a reader; 0: LOG_WAIT_MS */
};

/* Remembers who reads stdout and stderr, the journal or a terminal: children that were given pipes
 * instead, which we read and pass on, shall write as is fit for those. Before log_open. */
void log_find_readers(void);
/* Opens PATH for appending (0640, close-on-exec); NULL: no file. When it cannot be opened, that is
 * a warning and the run goes on. */
void log_open(const char *path, struct log_options options);
/* Flushes and closes the file; later lines go only where lines went beside it. */
void log_close(void);
/* True when DEBUG lines are written: spares the work of making them. */
bool log_debugging(void);

/* True when each HTTP request is to be told. */
bool log_http(void);

/* MESSAGE is one line; control characters, and bytes that are no UTF-8, are written as \xNN, so
 * that a hostile tag name or server message cannot forge a line. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a line is about, for programs: in JSON its members have these names. An array that ends with
 * one without a name. Names are literals; those that are used are in the manual page. */
struct log_field {
	const char *name;
	const char *text; /* masked; NULL: NUMBER */
	uint64_t number;
};
void log_about(enum log_level level, const struct log_field *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* True for a line in JSON, which has the registry's name in it. */
bool log_is_object(const char *line, size_t length);
#define LOG_JSON_BEGIN "{\"time\":\""

/* What is to be told on stderr without a log: "clean-registry: MESSAGE\n", with the mark of an
 * error where the journal reads it. The caller's. */
char *log_complaint(const char *message) __attribute__((returns_nonnull));

/* 0 when somebody takes lines for syslog at PATH; else an errno. */
int log_try_syslog(const char *path);

#define log_debug(...)                                           \
	do {                                                     \
		if (log_debugging())                             \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/* The warnings and errors since log_open, masked. Borrowed until the next line is written. */
const struct messages *log_messages(void);
/* How many. */
unsigned log_warnings(void);
unsigned log_errors(void);

/* The row at the end of a terminal that progress is shown in, on stderr (util/progress.h): each
 * replaces the one before, is cut before the edge, and is wiped by the next line of the log. */
bool log_row_wanted(void); /* stderr is a terminal, and it is not QUIET */
void log_row(const char *text);
void log_wipe_row(void);

#endif
