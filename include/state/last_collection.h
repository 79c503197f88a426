/* When the run began in which a collection was completed last, for gc.every_days: the file
 * `collected` in the registry's folder of the state, checksummed, replaced atomically. */
#ifndef STATE_LAST_COLLECTION_H
#define STATE_LAST_COLLECTION_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct state; /* state/state.h */

/* Seconds since 1970, or DATE_ABSENT (util/date.h): STATE is NULL, or no run noted one. A file that
 * is damaged is that, too, with a warning in the log. */
int64_t last_collection_read(const struct state *state);
/* The same from LENGTH bytes at TEXT. -1 (ERR_IO): they are not exactly as they were written. */
int last_collection_parse(const char *text, size_t length, int64_t *at, struct err *err)
	__attribute__((warn_unused_result));
/* Notes AT, seconds since 1970. -1 (ERR_IO): the file stays as it was. */
int last_collection_write(const struct state *state, int64_t at, struct err *err)
	__attribute__((warn_unused_result));

#endif
