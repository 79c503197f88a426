/* The phases of a reading of the storage; each returns -1 when the reading is to end, with ERR. */
#ifndef SCAN_STORAGE_PHASES_H
#define SCAN_STORAGE_PHASES_H

#include "util/err.h"

struct reading; /* scan_storage/reading.h */

/* The names of all tags. */
int scan_storage_names(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));
/* Reads what each tag points at and when it was pushed. */
int scan_storage_tags(struct reading *reading, struct err *err) __attribute__((warn_unused_result));
/* Which manifests each repository links. After the tags: a push links the manifest first. */
int scan_storage_revisions(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));
/* The bodies of all linked manifests, and what has become of those that they only mention. */
int scan_storage_bodies(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));
/* Finds the stored name of blobs that are named by another algorithm. */
int scan_storage_aliases(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));
/* The dates in image configs. */
int scan_storage_configs(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));
/* Since when manifests without a tag have been without one. */
int scan_storage_untagged(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));
/* The sizes of all blobs. */
int scan_storage_blobs(struct reading *reading, struct err *err)
	__attribute__((warn_unused_result));

#endif
