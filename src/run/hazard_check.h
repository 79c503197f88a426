/* Keeps the registry's collector from what it would lose or abort at (forecast/hazards.h), before
 * anything is deleted. */
#ifndef RUN_HAZARD_CHECK_H
#define RUN_HAZARD_CHECK_H

#include "util/err.h"

struct run; /* run/context.h */

/* Before the first DELETE, and in a dry run, where a collection would follow. When something is in
 * its way, all of that is named. -1 (ERR_COLLECTOR): nothing may be deleted. With gc.required false
 * it is a warning that counts as an error of the run, and deletes may go on. Nothing is asked where
 * gc.when is never. */
int hazard_check_before_deletes(struct run *run, struct err *err)
	__attribute__((warn_unused_result));

/* The same whatever gc.when is: for a collection by itself, before the collector is asked. */
int hazard_check_before_asking(struct run *run, struct err *err)
	__attribute__((warn_unused_result));

/* Before the collection, on what the deletes have left. 0: it may begin. 1: it may not, stays owed,
 * and that is told (gc.required is false). -1: ERR_COLLECTOR, or the state could not be written. */
int hazard_check_before_collection(struct run *run, struct err *err)
	__attribute__((warn_unused_result));

#endif
