/* Blobs, moved back from the trash. For src/native only. */
#ifndef NATIVE_BACK_H
#define NATIVE_BACK_H

#include <stdbool.h>

struct native_collection; /* native/collect.h */
struct native_store;      /* native/store.h */

/* Moves the folder of blob DIGEST, which is in the folder FROM of the trash, to its place. ANEW:
 * the registry has stored that content again, so what is in the trash stays there. 0 or an errno.
 */
int native_back(const struct native_collection *collection, const struct native_store *store,
		int from, const char *digest, bool *anew);

#endif
