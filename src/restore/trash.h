/* What the native collector took away and has not unlinked yet. */
#ifndef RESTORE_TRASH_H
#define RESTORE_TRASH_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct config;
struct restore_list;
struct restore_trash; /* opaque */
struct state;

struct restore_recovery {
	struct state *state; /* with its locks, unless it is a dry run */
	bool dry_run;
};
/* The trash of CONFIG's paths.host_storage, which is proved to be the registry's own. What a
 * collection left half done is undone first; a dry run only tells of it. NULL: ERR_NONE where
 * gc.method is not "native"; else the folder is refused, or could not be made whole. */
struct restore_trash *restore_trash_open(const struct config *config,
					 const struct restore_recovery *recovery, struct err *err);
void restore_trash_close(struct restore_trash *trash); /* NULL is fine */

/* 1: the blob DIGEST lies in the trash, with SIZE bytes. 0: it does not. -1: what lies there is
 * refused, or cannot be read. */
int restore_trash_has(const struct restore_trash *trash, const char *digest, uint64_t size,
		      struct err *err) __attribute__((warn_unused_result));

/* Moves back the blobs that needed manifests of LIST want from the trash, and makes the links that
 * are missing. Where that cannot be done, the manifest has failed, and is named in the log. */
void restore_trash_bring_back(const struct restore_trash *trash, struct restore_list *list);

#endif
