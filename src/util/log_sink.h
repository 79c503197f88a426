/* One of the places that the log's lines go to, and what became of them there. Private to src/util.
 */
#ifndef UTIL_LOG_SINK_H
#define UTIL_LOG_SINK_H

#include "util/log_line.h"
#include "util/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_sink {
	struct writer writer;
	const char *name; /* for people */
	const char
		*socket; /* of syslog, borrowed: connected to again whenever it is not; or NULL */
	enum log_place place;
	bool json;
	bool told;        /* that it fails */
	bool torn;        /* the last line is there in part only */
	bool stuck;       /* nobody read the last line in time */
	uint64_t dropped; /* lines since that was told last */
};

/* Writes LENGTH bytes, a line or several: 0, or the errno of what went wrong. What nobody reads
 * within WAIT_MS is dropped, and counted; after that nobody is waited for until there is room
 * again. */
int log_sink_put(struct log_sink *sink, const char *bytes, size_t length, int wait_ms);
/* Connects to syslog's socket, if it is not: 0, or an errno. */
int log_sink_connect(struct log_sink *sink);
/* It is nowhere afterwards; what was opened for it by log_sink_put is closed. */
void log_sink_close(struct log_sink *sink);

#endif
