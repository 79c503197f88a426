/* A collection with the registry stopped, which is ended: at the end of the run that began it, or
 * of one that was killed. */
#ifndef RUN_RECOVER_OFFLINE_H
#define RUN_RECOVER_OFFLINE_H

#include "util/err.h"

#include <stdbool.h>

struct config; /* config/config.h */
struct state;  /* state/state.h */

/* Fields of the LEFTOVER_OFFLINE of STATE. */
#define RECOVER_CONTAINER "container" /* the id of the registry's */
#define RECOVER_SHOWN     "shown"     /* its name, for people */
#define RECOVER_STARTED \
	"started"               /* when that was started, as the engine told: seconds since 1970 */
#define RECOVER_NAME     "name" /* of the container that collects */
#define RECOVER_PHASE    "phase"
#define RECOVER_PREPARED "prepared" /* the registry's was not touched yet */
#define RECOVER_STOPPING "stopping"

/* The containers of a collection are ended and removed, the registry is started if it was stopped,
 * and it answers; then nothing is left over. Waits for a collector that is at work. BY_TOKEN as in
 * session/health.h. -1: ERR_COLLECTOR, the collector may be at work, or the registry is not known
 * to run; ERR_STOPPED. What is left over stays written down. */
int recover_offline(const struct config *config, const struct state *state, bool by_token,
		    struct err *err) __attribute__((warn_unused_result));

/* Where nothing is left over of our own: whether another clean-registry stopped CONFIG's registry.
 * -1 (ERR_COLLECTOR): it did. */
int recover_offline_elsewhere(const struct config *config, struct err *err)
	__attribute__((warn_unused_result));
/* For a dry run: says what is left over, and changes nothing. -1 (ERR_COLLECTOR): it is damaged, at
 * which a run would end. */
int recover_offline_tell(const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

/* Who makes containers for STATE. The caller frees it. */
char *recover_offline_owner(const struct state *state);

#endif
