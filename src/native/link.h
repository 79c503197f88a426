/* Layer links, put back. For src/native only. */
#ifndef NATIVE_LINK_H
#define NATIVE_LINK_H

#include <stdbool.h>

struct native_collection; /* native/collect.h */
struct native_store;      /* native/store.h */

enum native_link_how {
	NATIVE_LINK_NOW = 1,  /* it is on the disk afterwards; otherwise the caller syncs */
	NATIVE_LINK_MAKE = 2, /* makes _layers where it is missing */
};

/* Sees to it that _layers of REPOSITORY has a link NAMED that holds STORED. A link that is empty or
 * no digest is replaced, one of another digest is left (EEXIST). WRITTEN says whether it was
 * written. HOW: see below. 0 or an errno; ENOENT: the
 * repository has no folder any more, or could not have one, or, unless MAKE, no _layers, by which
 * registries tell a repository. COLLECTION may be NULL. */
int native_link_write(const struct native_collection *collection, const struct native_store *store,
		      const char *repository, const char *named, const char *stored, unsigned how,
		      bool *written);

#endif
