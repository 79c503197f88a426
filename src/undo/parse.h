/* Lines of a journal as values, for src/undo/read.c. */
#ifndef UNDO_PARSE_H
#define UNDO_PARSE_H

#include "undo/journal.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct parsing {
	struct undo_run *run; /* its index is there; the rest is filled */
	const struct undo_wanted *wanted;
	bool begun; /* the first line was read */
};

/* Takes LINE, of LENGTH bytes without its newline. -1 (ERR_IO): it is damaged; the message has none
 * of it, and does not say where it is. */
int parse_line(struct parsing *parsing, const char *line, size_t length, struct err *err)
	__attribute__((warn_unused_result));

#endif
