/* A collection while the registry is stopped (gc.method "offline"). */
#ifndef RUN_OFFLINE_COLLECTION_H
#define RUN_OFFLINE_COLLECTION_H

#include "util/err.h"

struct run;    /* run/context.h */
struct strtab; /* util/strtab.h */

/* Before anything is deleted: whether the registry's container can be stopped, and be started
 * again. Does nothing with another method. -1: ERR_COLLECTOR, it cannot; ERR_BUSY, another
 * clean-registry collects it so; ERR_STOPPED. */
int offline_collection_check(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* Instead of gc_run: stops the registry, asks the collector in its own container whether it would
 * remove what it would not have before, collects, and starts the registry again, whatever came of
 * that, unless the collector may still be at work. EXPECTED as there; what it did is in RUN's
 * report. -1: ERR_COLLECTOR, ERR_BUSY, ERR_STOPPED, ERR_IO; the report's end_unknown says that the
 * registry is not known to run. */
int offline_collection(struct run *run, const struct strtab *expected, struct err *err)
	__attribute__((warn_unused_result));

#endif
