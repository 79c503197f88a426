/* What a native collection left behind that was killed: layers without their links, blobs in the
 * trash. */
#ifndef SESSION_NATIVE_LEFT_H
#define SESSION_NATIVE_LEFT_H

#include "util/err.h"

struct config;         /* config/config.h */
struct native_journal; /* native/journal.h */
struct native_store;   /* native/store.h */
struct state;          /* state/state.h */

struct native_left {
	struct native_store *store;     /* NULL where nothing is looked for, or cannot be */
	struct native_journal *journal; /* what STATE remembers */
};
void native_left_clear(struct native_left *left);

/* By reads alone, and whatever gc.method says by now. 1: there is something. 0: nothing. -1
 * (ERR_COLLECTOR): that is not known. LEFT is the caller's to clear in any case. */
int native_left_find(const struct config *config, const struct state *state,
		     struct native_left *left, struct err *err) __attribute__((warn_unused_result));

/* Undoes it, before anything else reads the storage, and whatever gc.method says by now. STATE has
 * its locks. 1: something was put back. 0: nothing was left behind. -1 (ERR_COLLECTOR): it could
 * not be undone. */
int native_left_put_back(const struct config *config, struct state *state, struct err *err)
	__attribute__((warn_unused_result));

#endif
