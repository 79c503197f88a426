/* What earlier runs read and this one only remembers, for apply/recheck.c alone: nothing is deleted
 * on its word. */
#ifndef APPLY_RECHECK_CACHED_H
#define APPLY_RECHECK_CACHED_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;

/* By manifest of INVENTORY: what of REPOSITORY is only remembered. What stays counts as well: it
 * may be unreadable by now, or list more than was remembered. The caller's; NULL: all of it was
 * read in this run. */
bool *recheck_cached_new(const struct inventory *inventory, uint32_t repository);
/* What was cached and is gone, says FRESH (of that repository alone), was no reason for its parts
 * to go: holds them. CACHED may be NULL here and below. */
void recheck_cached_keep_parts(const bool *cached, const struct inventory *inventory,
			       uint32_t repository, struct inventory *fresh);
/* What was cached and is as it was remembered is known from this run now: the next look need not
 * read it again. */
void recheck_cached_settle(const bool *cached, struct inventory *inventory, uint32_t repository,
			   const struct inventory *fresh);

#endif
