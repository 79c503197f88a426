/* What the threads of one walk share: parcels of folders to read, and how the walk ends. Everything
 * here may be called by all of them at once. */
#ifndef STORAGE_WALK_POOL_H
#define STORAGE_WALK_POOL_H

#include "util/buf.h"

#include <stdbool.h>

struct walk_pool; /* opaque */

/* Folders that lie in the same one. */
struct walk_parcel {
	struct buf parent; /* its path, relative to the root of the walk */
	struct buf names;  /* one after the other, each with a NUL */
};

void walk_pool_parcel_free(struct walk_parcel *parcel);

/* For WORKERS threads. */
struct walk_pool *walk_pool_new(unsigned workers);
/* Once all threads but one have ended. */
void walk_pool_free(struct walk_pool *pool);
/* One thread fewer than was said: it could not be started. Only while another works. */
void walk_pool_resign(struct walk_pool *pool);

/* True while a thread waits for work; costs nothing. */
bool walk_pool_wants(const struct walk_pool *pool);
/* Takes what is in PARCEL and leaves it empty; false: nobody waits any more, PARCEL is untouched.
 * So there are never more parcels than threads. */
bool walk_pool_give(struct walk_pool *pool, struct walk_parcel *parcel);
/* Waits for a parcel. False: there will be none, as all threads wait or the walk was ended. */
bool walk_pool_take(struct walk_pool *pool, struct walk_parcel *parcel);

void walk_pool_end(struct walk_pool *pool);
/* Ends the walk if a stop signal came. */
void walk_pool_heed_signals(struct walk_pool *pool);
bool walk_pool_ended(const struct walk_pool *pool);

#endif
