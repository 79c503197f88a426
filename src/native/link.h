/* Layer links, put back. For src/native only. */
#ifndef NATIVE_LINK_H
#define NATIVE_LINK_H

#include <stdbool.h>

struct native_collection; /* native/collect.h */
struct native_store;      /* native/store.h */

/* Sees to it that _layers of REPOSITORY has a link NAMED that holds STORED. A link that is empty or
 * no digest is replaced, one of another digest is left (EEXIST). WRITTEN says whether it was
 * written. DURABLE: it is on the disk; otherwise the caller syncs. 0 or an errno; ENOENT: the
 * repository has no folder any more, or could not have one. COLLECTION may be NULL. */
int native_link_write(const struct native_collection *collection, const struct native_store *store,
		      const char *repository, const char *named, const char *stored, bool durable,
		      bool *written);

#endif
