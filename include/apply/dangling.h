/* Tags that dangle because a DELETE of ours was cut: distribution removes the manifest first and
 * its tags afterwards, and 3.x stops there when the client is gone (registry notes, section 1). */
#ifndef APPLY_DANGLING_H
#define APPLY_DANGLING_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply;
struct dangling; /* opaque */

/* Finds what is owed and gone, while tags that it had are listed and have no manifest: for these
 * the debt is not paid. NULL: nothing. The caller's. */
struct dangling *dangling_find(const struct apply *apply);
void dangling_free(struct dangling *dangling); /* NULL is fine */
/* True when MANIFEST of the inventory has such tags. DANGLING may be NULL here and below. */
bool dangling_has(const struct dangling *dangling, uint32_t manifest);
/* True when a REPOSITORY has something that was not finished: nothing else may be deleted there, or
 * it would be forgotten. */
bool dangling_blocks(const struct dangling *dangling, const struct apply *apply,
		     uint32_t repository);
/* True while something is to be finished by putting its manifest back: a collection would remove
 * what that needs. */
bool dangling_needs_blobs(const struct dangling *dangling, const struct apply *apply);
/* A repository with something that may be finished now, or INVENTORY_NONE. */
uint32_t dangling_repository(const struct dangling *dangling, const struct apply *apply);
/* Deletes those tags: by their names where the registry can do that; else the manifest is put back
 * under its digest and deleted once more, if no other tag points at it. What cannot be finished is
 * an error in the log, and stays owed. -1: as apply_run. */
int dangling_run(struct dangling *dangling, struct apply *apply, struct err *err)
	__attribute__((warn_unused_result));

#endif
