/* The trash of the native collector: <root>/clean-registry-trash/<run>/blobs/<alg>/<xx>/<hex>, on
 * the file system of the blobs. What is not concluded yet lies in moving-<run> instead. No registry
 * and no collector looks there. Everything in it is read through descriptors; what is a symbolic
 * link, on another device, or belongs to somebody else than root, the owner of the storage or the
 * user who runs this is refused, with its path. */
#ifndef NATIVE_TRASH_H
#define NATIVE_TRASH_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct native_store; /* native/store.h */

struct native_trashed {
	char run[128]; /* the folder that it lies in */
	uint64_t size; /* bytes */
};
/* All three take a valid DIGEST. 1: there is such a blob in the trash. 0: none. -1 (ERR_COLLECTOR):
 * the trash cannot be read, or was tampered with. Reads alone; the content is not read. */
int native_trash_find(const struct native_store *store, const char *digest,
		      struct native_trashed *out, struct err *err)
	__attribute__((warn_unused_result));
/* Moves it back to its place, durably, after its content proved to have that digest. 1: moved, or
 * there already. 0: neither there nor in the trash. -1 (ERR_COLLECTOR): it could not, or its
 * content is another one; nothing changed. */
int native_trash_put_back(const struct native_store *store, const char *digest, struct err *err)
	__attribute__((warn_unused_result));
/* Writes the layer link of DIGEST in REPOSITORY, durably, with owner, mode and label of its folder,
 * whether its blob is there or not. 1: written. 0: it was there. -1 (ERR_COLLECTOR): it could not;
 * without the repository's folder, too. */
int native_link_put_back(const struct native_store *store, const char *repository,
			 const char *digest, struct err *err) __attribute__((warn_unused_result));

struct native_trash_summary {
	size_t runs;
	size_t blobs, due_blobs;
	uint64_t bytes, due_bytes;         /* of their data files */
	uint64_t allocated, due_allocated; /* on the disk, of those without another name */
	int64_t next_due;                  /* seconds since 1970; 0: nothing waits */
};
/* What is in it, and what native_empty_trash would unlink at NOW; reads alone. */
int native_trash_summary(const struct native_store *store, unsigned trash_days,
			 const struct timespec *now, struct native_trash_summary *out,
			 struct err *err) __attribute__((warn_unused_result));

#endif
