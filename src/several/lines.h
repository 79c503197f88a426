/* What the children print, line by line, with the registry's name in front. Private to src/several.
 */
#ifndef SEVERAL_LINES_H
#define SEVERAL_LINES_H

#include "util/buf.h"
#include "util/writer.h"

#include <stdbool.h>
#include <stdint.h>

/* Where all of them go: our standard output or error. */
struct lines_sink {
	struct writer writer;
	bool stuck;       /* nobody read the last line in time */
	bool torn;        /* of which a part was written */
	bool journal;     /* it is read by the journal, for which our children mark their lines */
	uint64_t dropped; /* lines that nobody read */
};

/* One pipe of a child's. */
struct lines {
	int fd;           /* to read from, non-blocking; -1 after its end */
	const char *name; /* borrowed */
	struct lines_sink *sink;
	struct buf text; /* the beginning of a line whose end has not come yet */
};

struct lines_sink lines_sink_of(int fd);
void lines_sink_clear(struct lines_sink *sink);

/* Writes TEXT, LENGTH bytes of whole lines. Where nobody reads for some seconds it is dropped, as
 * the log does (util/log.h), and so is what follows until there is room again. */
void lines_put(struct lines_sink *sink, const char *text, size_t length);

/* Passes on what is there to be read; ENDED: nobody can write any more, and what has no end of line
 * is a line. */
void lines_pass(struct lines *lines, bool ended);
void lines_close(struct lines *lines);

#endif
