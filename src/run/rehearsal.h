/* The rehearsal of a collection: the collector's own dry run, before the first DELETE. */
#ifndef RUN_REHEARSAL_H
#define RUN_REHEARSAL_H

#include "gc/gc.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct run; /* run/context.h */

/* What came of it. Zero-initialised: the collector was not asked. */
struct rehearsal {
	struct gc_result answer; /* what it said, when ASKED */
	int64_t asked_at;        /* when that was begun, seconds since 1970 */
	bool asked;
	bool listed;        /* its list stands for a folder (run/collector_list.h) */
	uint32_t *untagged; /* of that list, see struct report */
	/* There is nothing to collect: nothing was ever pushed to the registry, nor to where its
	 * collector looks. */
	bool nothing;
	/* There will be no collection in this run, but tags go all the same (gc.required). */
	bool failed;
};
void rehearsal_clear(struct rehearsal *rehearsal);

/* Before the first DELETE of RUN: asks the collector what it would do, proves that it works on what
 * registry.url serves, and that all that stays keeps what it needs. Does nothing where no
 * collection is to follow. -1: ERR_UNREACHABLE, it is another registry's; ERR_COLLECTOR, it cannot
 * work, or would take what a tag needs; ERR_IO, ERR_STOPPED. With gc.required false, ERR_COLLECTOR
 * and ERR_IO are a warning and an error of RUN instead. Where RUN only checks, the collector is
 * asked whatever is planned, and each error is one. */
int rehearsal_before_deletes(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* The same for a collection without deletes (`collect`), whatever gc.when, gc.required and
 * gc.rehearsal_days say: RUN's plan is plan_nothing. Where the collector of this version must not
 * be asked, that is a warning, and the answer is not ASKED. */
int rehearsal_alone(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* Before the collection: looks at the storage again, and asks the collector again where there is a
 * reason: STALE says that time went by. -1 as above. */
int rehearsal_before_collection(struct run *run, bool stale, struct err *err)
	__attribute__((warn_unused_result));

#endif
