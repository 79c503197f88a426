/* Waits until nobody uploads (gc.quiet_minutes): a push that is under way while the collector runs
 * can lose its blobs. */
#ifndef RUN_WAIT_IDLE_H
#define RUN_WAIT_IDLE_H

#include "util/err.h"

#include <stdint.h>

struct config;    /* config/config.h */
struct inventory; /* inventory/inventory.h */
struct layout;    /* storage/layout.h */

struct quiet_place {
	const struct config *config;
	const struct layout *layout;       /* NULL: uploads cannot be seen */
	const struct inventory *inventory; /* of the begin of the run */
};

enum quiet {
	QUIET_NOW,    /* no upload was written to lately, or gc.quiet_minutes is 0 */
	QUIET_WAITED, /* so it is, after some waiting */
	QUIET_NEVER,  /* not until UNTIL, or it cannot be seen: a warning says so */
};

/* Looks again whenever it could have become quiet, until the moment UNTIL_MS of time_monotonic_ms.
 * -1 (ERR_STOPPED) after a stop signal, at once. */
int wait_idle(const struct quiet_place *place, int64_t until_ms, enum quiet *quiet, struct err *err)
	__attribute__((warn_unused_result));

#endif
