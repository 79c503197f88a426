/* Whether a collector in a container of its own works on the same as the one in the registry's. */
#ifndef RUN_OFFLINE_CHECK_H
#define RUN_OFFLINE_CHECK_H

#include "util/err.h"

#include <stdbool.h>

struct engine_container; /* engine/engine.h */
struct gc_result;        /* gc/gc.h */
struct run;              /* run/context.h */

/* Whether the storage, as far as it is known, is in what CONTAINER shares with others: a volume or
 * a folder of the host. -1 (ERR_COLLECTOR). */
int offline_check_storage(const struct run *run, const struct engine_container *container,
			  struct err *err) __attribute__((warn_unused_result));

/* The collector was asked in the registry's container, so that there is something to compare with.
 */
bool offline_check_is_possible(const struct run *run);
/* ANSWER, given while the registry is stopped: it marks all that the collector marked before and
 * that does not go, and removes only what it would have removed, and what went since. -1
 * (ERR_COLLECTOR). */
int offline_check_answer(const struct run *run, const struct gc_result *answer, struct err *err)
	__attribute__((warn_unused_result));

#endif
