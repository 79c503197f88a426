/* Whether the native collector may work on this registry, and whether there is something to do for
 * it. */
#ifndef RUN_NATIVE_READY_H
#define RUN_NATIVE_READY_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct config; /* config/config.h */
struct run;    /* run/context.h */
struct state;  /* state/state.h */

/* gc.grace_hours in whole seconds, rounded up. */
int64_t native_ready_grace_seconds(const struct config *config);

/* Asks what only the registry's configuration and the proof of its folder tell. -1, one line:
 * ERR_USAGE, it can never work as it is configured; ERR_COLLECTOR, it cannot now. */
int native_ready(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* Whether something that an earlier run took or moved can go now, by the journal in STATE and by
 * the trash; what cannot be read is not due. */
bool native_ready_has_due(const struct config *config, const struct state *state);

#endif
