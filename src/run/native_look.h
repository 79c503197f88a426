/* One look of the native collector at the storage: what is marked, and what may go. Reads alone. */
#ifndef RUN_NATIVE_LOOK_H
#define RUN_NATIVE_LOOK_H

#include "native/candidates.h"
#include "util/err.h"

#include <stdbool.h>
#include <time.h>

struct run; /* run/context.h */

struct native_look {
	struct native_store *store;
	struct native_journal *journal;
	struct native_marks *marks;
	struct native_choice choice;
};
void native_look_clear(struct native_look *look);

/* Opens RUN's storage, marks, and chooses by the clock NOW (NULL: that of the storage, for which a
 * file is made in it). Unclear repositories are told, each once in a run, as errors of it. The
 * second reader agrees (gc.second_opinion; ANEW as in run/native_opinion.h), or is asked once more.
 * LOOK is the caller's to clear in any case. -1: ERR_USAGE, ERR_COLLECTOR, ERR_IO, ERR_STOPPED. */
int native_look(struct run *run, const struct timespec *now, bool anew, struct native_look *look,
		struct err *err) __attribute__((warn_unused_result));

/* Before anything is done: what RUN would free, for its report. -1 as above, and as native_ready.
 */
int native_look_ahead(struct run *run, struct err *err) __attribute__((warn_unused_result));
/* For `collect --dry-run` and a dry run. */
void native_look_tell(const struct run *run);
/* Says what the collection of RUN, which is done, removed, moved and kept. */
void native_look_tell_collected(const struct run *run);

#endif
