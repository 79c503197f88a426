/* Log lines, `YYYY-MM-DD HH:MM:SS [LEVEL] message` in local time, to the log file, and beside it:
 * WARNING and ERROR to stderr, the others to stdout. What was printed to stdout before a line on
 * stderr is written before it.
 *
 * Neither a full disk nor a closed stdout ends the run: the first failure to write to one of the
 * three is told, once, as a warning through the others, and writing goes on. A reader that has
 * stopped does not hold it either: a line that nobody reads for LOG_WAIT_MS is dropped, and so are
 * those after it while there is no room; how many is told as soon as there is, or by log_close.
 * Secrets (util/secrets.h) are masked. */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>

struct messages; /* util/messages.h */

#define LOG_WAIT_MS 5000 /* milliseconds */

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log_options {
	bool debug;       /* lines of level DEBUG are written too */
	bool http;        /* a line for each HTTP request (log_http) */
	bool quiet;       /* stdout gets no lines, no progress is shown; the file stays complete */
	bool off_stdout;  /* stdout is for what the command prints, and gets no lines */
	const char *name; /* in front of each message in the file; NULL: nothing */
	bool unshown;     /* warnings and errors are only kept (log_messages), but with DEBUG */
	unsigned wait_ms; /* how long a line waits for a reader; 0: LOG_WAIT_MS */
};

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
