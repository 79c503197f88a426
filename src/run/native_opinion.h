/* A second reader for the native collector: what it chose is held against the inventory, which is
 * read by other code. */
#ifndef RUN_NATIVE_OPINION_H
#define RUN_NATIVE_OPINION_H

#include "util/err.h"

#include <stdbool.h>

struct inventory; /* inventory/inventory.h */
struct strtab;    /* util/strtab.h */

/* Whether anything in INVENTORY needs one of DIGESTS. 1: nothing does. 0: something does, but it is
 * not the LAST time that is asked. -1 (ERR_COLLECTOR): something does, and is named. */
int native_opinion(const struct inventory *inventory, const struct strtab *digests, bool last,
		   struct err *err) __attribute__((warn_unused_result));

#endif
