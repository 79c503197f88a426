/* When the trash of a run is emptied. For src/native only. */
#ifndef NATIVE_TRASH_AGE_H
#define NATIVE_TRASH_AGE_H

#include "util/err.h"

#include <stdint.h>
#include <time.h>

struct native_store; /* native/store.h */

/* DUE_AT: 0 when RUN may be emptied at NOW; else when that will be, seconds since 1970, -1 when it
 * is not concluded. Returns -1 (ERR_COLLECTOR) when that cannot be read, or is refused. */
int native_trash_due(const struct native_store *store, const char *run, unsigned trash_days,
		     const struct timespec *now, int64_t *due_at, struct err *err);

#endif
