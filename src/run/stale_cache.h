/* What the registry's cache of blob descriptors (storage.cache) still believes in after a
 * collection: clients that push are told that such a blob is there, do not send it, and the image
 * cannot be pulled. */
#ifndef RUN_STALE_CACHE_H
#define RUN_STALE_CACHE_H

#include "util/err.h"

struct run; /* run/context.h */

/* Asks the registry for a few of the blobs that RUN's collector removed, and for those that an
 * earlier run found still believed in, as a client that pushes would (HEAD). Does nothing where the
 * registry is known to have no cache. Without gc.restart that is a warning, with what to do. With
 * it, after that command: -1 (ERR_COLLECTOR) when any of them is still believed in; they are
 * remembered in the state for the next run. -1 also with ERR_STOPPED, ERR_UNREACHABLE. */
int stale_cache_check(struct run *run, struct err *err) __attribute__((warn_unused_result));

#endif
