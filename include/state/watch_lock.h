/* One watch for each registry: the file `watch.lock` in its folder of the state, held with flock
 * while the watch lives. Runs have a lock of their own (state/state.h). */
#ifndef STATE_WATCH_LOCK_H
#define STATE_WATCH_LOCK_H

#include "util/err.h"

struct state_options; /* state/state.h */

struct watch_lock {
	char *path; /* of the folder; NULL: it is not held */
	int file;   /* close-on-exec */
};

/* Holds it for the registry of OPTIONS, and no longer for another one; it may be held already. -1:
 * ERR_BUSY when another watch holds it, ERR_USAGE when the folder or the file cannot be made or
 * others can write it; what LOCK held it holds on. */
int watch_lock_take(struct watch_lock *lock, const struct state_options *options, struct err *err)
	__attribute__((warn_unused_result));
/* In a child it is then held by the parent alone. */
void watch_lock_release(struct watch_lock *lock);

#endif
