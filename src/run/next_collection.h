/* gc.every_days: deletions and collections run apart. A collection is due only so long after the
 * run that completed the last one began; until then what was deleted can be put back. The verb
 * collect does not wait. */
#ifndef RUN_NEXT_COLLECTION_H
#define RUN_NEXT_COLLECTION_H

#include "util/err.h"

#include <stdbool.h>

struct run; /* run/context.h */

/* Reads when the last one was completed, once the state is open. */
void next_collection_load(struct run *run);
/* Whether enough days have passed. As cron keeps no seconds, a run that begins up to five minutes
 * earlier counts as late enough (as growth_job_due has it). Where the last one is not known, or in
 * the future, they have. */
bool next_collection_is_due(const struct run *run);
/* One is owed, and waits for that day. */
bool next_collection_waits(const struct run *run);
/* A collection was completed in this run: notes when, and strikes it off the state. -1 (ERR_IO): it
 * stays owed. */
int next_collection_done(struct run *run, struct err *err) __attribute__((warn_unused_result));
/* For the report: until when none is due, as far as that is known. */
void next_collection_report(struct run *run);

#endif
