/* Empty repositories (cleanup.delete_empty_repositories): they leave the catalog after the
 * collector has run, and before the registry is restarted. */
#ifndef RUN_EMPTY_REPOSITORIES_H
#define RUN_EMPTY_REPOSITORIES_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

struct empties_hidden;
struct run; /* run/context.h */

/* Those that are hidden and not yet removed. Zero-initialised is none. */
struct empty_repositories {
	struct empties_hidden *hidden;
	size_t count;
};
void empty_repositories_clear(struct empty_repositories *empties);

/* Puts back, or finishes, what an interrupted run left: before anything else is done. -1 (ERR_IO):
 * something could not be put back, and no collector may run before somebody has done that. */
int empty_repositories_recover(struct run *run, struct err *err)
	__attribute__((warn_unused_result));

/* Hides the repositories without tags that are empty and idle on the disk; or names them in the
 * log, with the reason why they cannot be removed. Nothing else may be at work on the storage: no
 * DELETE, no collector. True: the registry must be restarted before empty_repositories_finish, as
 * its cache knows what was hidden. */
bool empty_repositories_hide(struct run *run);
/* Removes them, or puts them back where something came in, after a stop signal, or when the restart
 * that was wanted failed (RENEWED is false). What fails is an error of RUN. */
void empty_repositories_finish(struct run *run, bool renewed);

/* Names those that a real run would remove now. */
void empty_repositories_show(struct run *run);

#endif
