/* A collection that was begun and whose end was not seen, and its line in the journal of debts.
 * No I/O. */
#ifndef STATE_COLLECTING_H
#define STATE_COLLECTING_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Written before the collector is started: */
struct collecting {
	int64_t since; /* seconds since 1970, or DATE_ABSENT (util/date.h): not known */
	char *run;     /* the name of the run that began it; a word */
	char *host;    /* the boot of the host that this was on (boot_id of Linux); a word */
	/* When the container that it runs in was started, as its engine told; a word, "-": that is
	 * not known, or there is none. */
	char *container;
};

void collecting_clear(struct collecting *collecting);
/* ONE's own copy of OTHER. */
void collecting_copy(struct collecting *one, const struct collecting *other);

/* Appends "collecting SINCE RUN HOST CONTAINER\n". What is no word is "-" there. */
void collecting_line(struct buf *out, const struct collecting *collecting);
/* Reads LINE, without its newline, when it begins with "collecting "; a damaged one says that there
 * is such a collection all the same, and no more. False: it is no such line. OUT, which must be
 * clear, is the caller's. */
bool collecting_parse(struct collecting *out, const char *line, size_t length);

#endif
