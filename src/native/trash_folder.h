/* The folders of the trash: opened, checked, walked. For src/native only. */
#ifndef NATIVE_TRASH_FOLDER_H
#define NATIVE_TRASH_FOLDER_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <sys/stat.h>

struct native_collection; /* native/collect.h */
struct native_store;      /* native/store.h */

/* Begins the name of a run's folder that is not concluded. */
#define NATIVE_MOVING "moving-"

/* ROOT/PATH, for messages; the caller's. */
char *native_trash_path(const struct native_store *store, const char *path);
/* Says what ERROR did at PATH, which is below ROOT. Returns -1. */
int native_trash_fail(const struct native_store *store, const char *path, int error,
		      struct err *err);
/* Opens the folder PATH below ROOT; -1 (ERR_COLLECTOR) with errno set: ENOENT, it is not there
 * (nothing is said then); else it is refused or cannot be opened. */
int native_trash_open(const struct native_store *store, const char *path, struct err *err);
/* Whether STATUS is of somebody who may own what is in the storage. */
bool native_trash_owner_is_known(const struct native_store *store, const struct stat *status);
/* The same, made where it is missing: PATH and its parent folders; those of the trash get mode
 * 0700. */
int native_trash_make(const struct native_collection *collection, const struct native_store *store,
		      const char *path, struct err *err);

/* Appends the names of the runs in the trash, sorted. None is fine. -1: refused. */
int native_trash_runs(const struct native_store *store, struct buf *out, struct err *err);
bool native_trash_is_moving(const char *run);

struct native_trash_blob {
	const char *digest;
	const char *hex;  /* its folder … */
	int folder;       /* … in this one, <run>/blobs/<alg>/<xx> */
	const char *path; /* of FOLDER, below ROOT */
};
/* Calls EACH for every blob of RUN; it may take it away. What EACH returns other than 0 ends the
 * walk and is returned. -1: refused. */
typedef int (*native_trash_each)(void *ctx, const struct native_trash_blob *blob, struct err *err);
int native_trash_walk(const struct native_store *store, const char *run, native_trash_each each,
		      void *ctx, struct err *err);
/* The same, and goes on after what was refused, which is told at the end: of the first. */
int native_trash_walk_on(const struct native_store *store, const char *run, native_trash_each each,
			 void *ctx, struct err *err);
/* Removes the folders of RUN as far as they are empty, the trash itself, too. */
void native_trash_prune(const struct native_collection *collection,
			const struct native_store *store, const char *run);

#endif
