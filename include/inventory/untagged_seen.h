/* When runs of ours saw manifests without a tag first, each without a break since: what the times
 * in the storage do not tell, as a tag that is deleted takes its history along.
 *
 * The file `untagged` of the state: a line "SECONDS REPOSITORY DIGEST" for each (seconds since
 * 1970), sealed (lists/checksummed.h). No I/O. */
#ifndef INVENTORY_UNTAGGED_SEEN_H
#define INVENTORY_UNTAGGED_SEEN_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct inventory;
struct untagged_seen; /* opaque */

#define UNTAGGED_SEEN_LIMIT ((size_t)256 * 1024 * 1024) /* bytes of the file */

struct untagged_seen *untagged_seen_new(void);
void untagged_seen_free(struct untagged_seen *seen); /* NULL is fine */

/* Takes over what TEXT says. -1 (ERR_IO): nothing of it, since it is not exactly as it was written
 * ("damaged", …). */
int untagged_seen_parse(struct untagged_seen *seen, const char *text, size_t length,
			struct err *err) __attribute__((warn_unused_result));
/* Appends the whole file. */
void untagged_seen_print(const struct untagged_seen *seen, struct buf *out);

/* When DIGEST of REPOSITORY was seen first, seconds since 1970, or DATE_ABSENT (util/date.h). */
int64_t untagged_seen_since(const struct untagged_seen *seen, const char *repository,
			    const char *digest);
/* It is without a tag SINCE then: we deleted its last one. */
void untagged_seen_add(struct untagged_seen *seen, const char *repository, const char *digest,
		       int64_t since);

/* INVENTORY was read from the registry's own storage, and untagged_since is what the links tell
 * (scan_storage_untagged_since.h). It becomes the later of that and the earlier of the repository's
 * tags_changed and of when it was seen first, which is NOW for what was not seen before. A time
 * before what the links tell is none: it has been pushed again since then. SEEN gets exactly what
 * was seen without a tag now. */
void untagged_seen_settle(struct untagged_seen *seen, struct inventory *inventory, int64_t now);
/* Strikes off what has a tag in INVENTORY, however that was read. */
void untagged_seen_strike(struct untagged_seen *seen, const struct inventory *inventory);

#endif
