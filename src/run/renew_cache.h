/* Empties the registry's cache. */
#ifndef RUN_RENEW_CACHE_H
#define RUN_RENEW_CACHE_H

struct run; /* run/context.h */

/* By gc.restart, if that is set, and waits until the registry answers. AFTER: what is said when
 * that fails, which is an error of RUN and -1. */
int renew_cache(struct run *run, const char *after);

#endif
