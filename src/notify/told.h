/* How the last run of each command ended, in the registry's folder of the state: a file for each,
 * so that a run and a verification do not write over each other. Private to src/notify. */
#ifndef NOTIFY_TOLD_H
#define NOTIFY_TOLD_H

#include "notify/event.h"
#include "util/err.h"

#include <stddef.h>

struct state; /* state/state.h */

/* EVENT_UNKNOWN where nothing is remembered, or it cannot be read: that is a warning. */
enum event_outcome told_read(const struct state *state, const char *verb);
/* -1 (ERR_IO, ERR_USAGE): it stays as it was. */
int told_write(const struct state *state, const char *verb, enum event_outcome outcome,
	       struct err *err) __attribute__((warn_unused_result));
/* What the file holds. -1 (ERR_IO): it is damaged. */
int told_parse(const char *text, size_t length, enum event_outcome *outcome, struct err *err)
	__attribute__((warn_unused_result));

#endif
