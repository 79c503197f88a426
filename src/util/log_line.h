/* One line of the log, in each of its forms. Private to src/util. */
#ifndef UTIL_LOG_LINE_H
#define UTIL_LOG_LINE_H

#include "util/log.h"

#include <stdbool.h>
#include <stdint.h>

struct buf; /* util/buf.h */

/* Where it goes decides what stands around the message. */
enum log_place {
	LOG_PLACE_FILE,    /* the time, the level, the name of one of several registries */
	LOG_PLACE_STREAM,  /* without that name: who reads the streams of several puts it there */
	LOG_PLACE_JOURNAL, /* a mark of its priority and the level: the journal has its own time */
	LOG_PLACE_SYSLOG,  /* what syslog wants in front, and no end of line */
};

struct log_line {
	int64_t at_ms; /* since 1970; one line has one time wherever it goes */
	enum log_level level;
	const char *name; /* of one of several registries, or NULL */
	const char *message;
	const struct log_field *about; /* up to one without a name; NULL: nothing */
	bool cut;                      /* of the message only the beginning is here */
};

/* Appends LINE as it is for PLACE; JSON: as one object. Each is one line of valid UTF-8, whatever
 * is in the texts. For syslog it is cut to what daemons take, which the message's end says, and in
 * JSON a member. */
void log_line_add(struct buf *out, const struct log_line *line, enum log_place place, bool json);

#endif
