/* The registry's folders on this host, read-only (distribution's filesystem driver, registry notes,
 * section 1): ROOT/docker/registry/v2/{repositories,blobs}. */
#ifndef STORAGE_LAYOUT_H
#define STORAGE_LAYOUT_H

#include "util/buf.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

#define LAYOUT_FOLDER "docker/registry/v2" /* in the storage root */
/* What folders of a repository that is being removed are called meanwhile (empty/removal.h). */
#define LAYOUT_HIDDEN "_clean-registry_hidden"
#define LAYOUT_GONE   "_clean-registry_gone"
/* Beside docker/ in the storage root: blobs that were collected and are not removed yet, as
 * <run>/blobs/<alg>/<xx>/<hex>. No server and no collector looks there. */
#define LAYOUT_TRASH "clean-registry-trash"

struct layout; /* opaque: an open storage root */

/* NULL (ERR_IO) when ROOT has no docker/registry/v2 that we can read. */
struct layout *layout_open(const char *root, struct err *err);
void layout_close(struct layout *layout); /* NULL is fine */
/* ROOT/docker/registry/v2: its descriptor, and its path for messages. Borrowed from LAYOUT. */
int layout_fd(const struct layout *layout);
const char *layout_path(const struct layout *layout);

/* Names come from the registry's answers: whether this one stays within the folder of repositories
 * and out of those that begin with "_". */
bool layout_is_repository(const char *name);

/* Calls EACH for every manifest revision that REPOSITORY links
 * (_manifests/revisions/<alg>/<hex>/link), in no order; EACH returns false to end early. STORED is
 * what the link holds: DIGEST, or where that is an alias the digest of its blob. Temporary
 * files (link.*.tmp), folders without a link and files that vanish meanwhile are passed over. A
 * repository that has no such folder has none. -1 (ERR_IO): something could not be read, or a link
 * is broken (empty, not a digest, another digest than its folder's of the same algorithm); the
 * message names the path. What was called back until then stays true. */
int layout_revisions(struct layout *layout, const char *repository,
		     bool (*each)(void *ctx, const char *digest, const char *stored), void *ctx,
		     struct err *err) __attribute__((warn_unused_result));

#define LAYOUT_BLOB_PATH 320

/* Where the bytes of blob DIGEST, a valid one, are below layout_fd. */
void layout_blob_path(const char *digest, char path[LAYOUT_BLOB_PATH]);
/* Appends the bytes of blob DIGEST. 1: read. 0: there is no such blob. -1 (ERR_IO): it cannot be
 * read, or is longer than LIMIT. */
int layout_read_blob(const struct layout *layout, const char *digest, size_t limit, struct buf *out,
		     struct err *err) __attribute__((warn_unused_result));

#endif
