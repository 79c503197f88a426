/* What a native collection that was killed left behind: links that it took, blobs that it moved. */
#ifndef RUN_NATIVE_RECOVERY_H
#define RUN_NATIVE_RECOVERY_H

#include "util/err.h"

struct config; /* config/config.h */
struct state;  /* state/state.h */

/* For a dry run: says what is left behind, and changes nothing. -1 (ERR_COLLECTOR): a run would end
 * there. */
int native_recovery_tell(const struct config *config, const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

/* Names this run's folder of the trash; the caller's. */
char *native_recovery_run_name(void);

#endif
