/* A second reader for the native collector: what it chose is held against the inventory, which is
 * read by other code. */
#ifndef RUN_NATIVE_OPINION_H
#define RUN_NATIVE_OPINION_H

#include "util/err.h"

#include <stdbool.h>

struct session; /* session/session.h */
struct strtab;  /* util/strtab.h */

/* Whether anything that the registry has needs one of DIGESTS. ANEW: the storage is read once more,
 * so that what was pushed until now counts. 1: nothing does. 0: something does, but it is not the
 * LAST time that is asked. -1: ERR_COLLECTOR, something does; ERR_IO,
 * ERR_STOPPED, ERR_UNREACHABLE. */
int native_opinion(const struct session *session, const struct strtab *digests, bool anew,
		   bool last, struct err *err) __attribute__((warn_unused_result));

#endif
