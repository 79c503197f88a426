/* Since when manifests have been without a tag, as far as the times of the registry's own link
 * files tell. */
#ifndef SCAN_STORAGE_UNTAGGED_SINCE_H
#define SCAN_STORAGE_UNTAGGED_SINCE_H

#include "util/err.h"

#include <stdbool.h>

struct inventory;
struct layout; /* storage/layout.h */

/* Reads untagged_since of the manifests that WANTED names, a flag for each in INVENTORY; to be
 * asked of those that no tag points at. Each tag of their repositories is looked into once, by
 * threads.
 *
 * It is the youngest of the manifest's revision link and, for each tag that once pointed at it (a
 * link in the tag's index/), of the push that replaced it there: the next younger link in that
 * index/, or, where it is itself the youngest, the tag's current/link. DATE_ABSENT when any of
 * these cannot be read, is broken, in the future, or older than any image (unknown means keep, S2),
 * or when a tag points at it after all. It says nothing of tags that were deleted: tags_changed of
 * their repositories is read for that (inventory/untagged_seen.h puts both together). -1:
 * ERR_STOPPED. */
int scan_storage_untagged_since(struct inventory *inventory, const struct layout *layout,
				const bool *wanted, struct err *err)
	__attribute__((warn_unused_result));

#endif
