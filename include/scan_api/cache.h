/* What earlier scans read, as a text that is kept from run to run.
 *
 * It says what a digest is, which never changes, and which digest each tag had; nothing of what is
 * there now, and no decision. Its lines:
 *
 *   clean-registry cache 3
 *   b DIGEST SIZE F [CREATED]      a blob, numbered from 0; F is f for a layer that may be absent,
 *                                  otherwise -; CREATED of a config that was read: seconds, - for
 *                                  none, ? for no date
 *   m DIGEST KIND LENGTH SIZE CREATED BLOB…   a manifest, numbered from 0; KIND is i(mage),
 *                                  a(rtifact) or x (index); CREATED as it states it itself
 *   c DIGEST F                     its next child; F is a for an attestation, t for one with an
 *                                  artifactType, b for both, otherwise -
 *   s DIGEST                       its subject
 *   r NAME                         a repository
 *   t NAME MANIFEST                its next tag
 *   sha256:…                       of all before
 *
 * Blobs and manifests are in the order of their digests. What could not be dated, and schema1
 * manifests, whose bodies cannot be checked, are not in it. */
#ifndef SCAN_API_CACHE_H
#define SCAN_API_CACHE_H

#include "oci/digest.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct image_dates;
struct inventory;

#define INVENTORY_CACHE_HEADER "clean-registry cache 3\n"
#define INVENTORY_CACHE_LIMIT  ((size_t)256 << 20) /* bytes; a longer text is not kept */
#define INVENTORY_CACHE_SHELF  0 /* the repository of KNOWN, without a name, of all manifests */

struct cache {
	struct inventory *known; /* what earlier runs read; manifests stand in the shelf, and
				  * repositories have their tags */
	struct image_dates *known_dates;
	struct image_dates *dates; /* what this run read, once scan_api_load was called, or NULL */
	size_t taken;              /* manifests that this run took from KNOWN */
	char sum[DIGEST_TEXT];     /* of the text, "" when there is none */
};

/* Knows nothing yet. */
struct cache *cache_new(void);
void cache_free(struct cache *cache); /* NULL is fine */

/* Lets go of what earlier scans read; after that CACHE is only to be printed and freed. */
void cache_drop_known(struct cache *cache);

/* Makes it new again. */
void cache_clear(struct cache *cache);

/* Reads TEXT, which is NUL-terminated and is cut to pieces, into CACHE, which is new. -1 (ERR_IO):
 * damaged, cut off, or of another version; then CACHE knows nothing. */
int cache_parse(struct cache *cache, char *text, size_t length, struct err *err)
	__attribute__((warn_unused_result));
/* From now on DIGEST is not known: it may be gone, and has to be asked for. */
void cache_forget(struct cache *cache, const char *digest);
/* Appends what INVENTORY, filled by scan_api_load with CACHE, has in it. False, and OUT is of
 * no use: it is what CACHE knew already, or longer than the limit. */
bool cache_print(const struct cache *cache, const struct inventory *inventory, struct buf *out);

#endif
