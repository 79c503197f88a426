/* A storage root that the native collector works on, by descriptors. Nothing is reached through a
 * symbolic link below the root, nor on another file system than the root's: what lies there is not
 * known to be the registry's, and could not be renamed to the trash. */
#ifndef NATIVE_STORE_H
#define NATIVE_STORE_H

#include "util/err.h"

#define NATIVE_REPOSITORIES "repositories" /* in native_store_fd */
#define NATIVE_BLOBS        "blobs"

struct native_store; /* opaque */

/* Opens ROOT, which may itself be a symbolic link, for reading. NULL:
 * ERR_USAGE, what only another set-up changes: there is no docker/registry/v2 with repositories
 * and blobs, one of these is a symbolic link or on another file system, we are neither root nor
 * the owner, or it is a pull-through cache (scheduler-state.json), whose own timer removes blobs;
 * ERR_COLLECTOR, any of that cannot be found out. */
struct native_store *native_store_open(const char *root, struct err *err);
void native_store_close(struct native_store *store); /* NULL is fine */

/* Descriptors, borrowed: of ROOT, below which the trash lies, and of ROOT/docker/registry/v2. */
int native_store_root(const struct native_store *store);
int native_store_fd(const struct native_store *store);
/* The path of the latter, for messages. */
const char *native_store_path(const struct native_store *store);

/* Opens PATH, which has no "..", below DIRFD, a folder of the store. FLAGS as of open, for reading
 * or O_PATH. No component of PATH may be a symbolic link (ELOOP) or lie on another file system
 * (EXDEV), and a FIFO is not waited for. -1 with errno set. */
int native_store_openat(int dirfd, const char *path, int flags) __attribute__((warn_unused_result));

#endif
