/* What earlier scans of the storage read of manifests and configs, and of which files: a file that
 * is the same one still (inode, size, and ctime in nanoseconds) is not read again.
 *
 * It says what a digest is, which never changes; nothing of what is there now. Only bodies that
 * hashed to their sha256 digest and could be understood are in it (what cannot be is told of by
 * every scan), and none of a file that had changed a few seconds before it was read: the next
 * change might have the same time. What is taken from here is marked as
 * remembered in the inventory, and read in full before anything is deleted on its word.
 *
 * As it is kept: FILE_CACHE_HEADER; numbers of this machine's byte order (a mark that shows which,
 * the registry's major version, device and inode of the folder); entries, and the checksum of all
 * as a last line.
 *
 *   b DIGEST SIZE FOREIGN                       a blob as it was stated, numbered from 0
 *   d DIGEST STAMP LENGTH SIZE CREATED FOREIGN  the same, of a config that was read
 *   i, a or x DIGEST STAMP LENGTH SIZE CREATED  an image, artifact or index
 *     BLOBS CHILDREN SUBJECT                    how many, and whether there is one (0, 1); then the
 * numbers of blobs, children (DIGEST, and what the index says: 1 attestation, 2 artifact), the
 * subject's DIGEST
 */
#ifndef SCAN_STORAGE_FILE_CACHE_H
#define SCAN_STORAGE_FILE_CACHE_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

struct buf;
struct image_dates;
struct inventory;
struct file_cache; /* opaque */

#define FILE_CACHE_HEADER "clean-registry storage-cache 1\n"
#define FILE_CACHE_LIMIT  ((size_t)512 << 20) /* bytes; a longer one is not kept */
#define FILE_CACHE_SECONDS                                                    \
	5 /* a file that changed less before the scan is read again next time \
	   */

/* Whose files: those of another folder, or as another version of the registry reads them, are not
 * known. */
struct file_cache_place {
	uint64_t device, inode; /* of docker/registry/v2; blobs on other devices are not known */
	uint32_t major;         /* of the registry; 0: not known */
};

/* Which file it was; all 0: none that can be told again. */
struct file_stamp {
	uint64_t inode;
	int64_t changed; /* ctime, nanoseconds since 1970 */
	uint64_t length; /* bytes */
};

/* What is known of one digest. */
struct file_cache_entry {
	struct file_stamp stamp;
	int64_t created;    /* of a config: image_dates_of */
	const char *record; /* for file_cache_describe */
};

/* Knows nothing yet. NOW: when the scan begins, nanoseconds since 1970. */
struct file_cache *file_cache_new(const struct file_cache_place *place, int64_t now);
void file_cache_free(struct file_cache *cache); /* NULL is fine */
/* Takes over what is in TEXT. -1 (ERR_IO): damaged, of another version or place; then CACHE knows
 * nothing. */
int file_cache_read_text(struct file_cache *cache, struct buf *text, struct err *err)
	__attribute__((warn_unused_result));

/* What is known of DIGEST as a manifest, or as a CONFIG; false: nothing. Threads may ask; CACHE may
 * be NULL. */
bool file_cache_find(const struct file_cache *cache, const char *digest, bool config,
		     struct file_cache_entry *entry);
/* Whether the file of ENTRY is the one that STATUS tells about. */
bool file_cache_is_same(const struct file_cache *cache, const struct file_cache_entry *entry,
			const struct stat *status);
/* What is to be kept of a file that is read now, STATUS asked before; threads may ask. */
struct file_stamp file_cache_stamp(const struct file_cache *cache, const struct stat *status);

/* Fills manifest ID of INVENTORY, always the same one, from ENTRY, and marks it as remembered. */
void file_cache_describe(struct file_cache *cache, const struct file_cache_entry *entry,
			 struct inventory *inventory, uint32_t id);
/* Notes for the next scan: the blob whose digest has this NUMBER in the inventory was read, or
 * (TAKEN) was known, and lies in the file STAMP. CACHE may be NULL. */
void file_cache_note(struct file_cache *cache, uint32_t number, struct file_stamp stamp,
		     bool taken);
/* How many manifests and configs were known. */
size_t file_cache_taken(const struct file_cache *cache);

/* The scan has read all: lets go of what an earlier one kept, and takes over DATES, those of the
 * configs. They are NULL where no config was read: then something is to be kept only where nothing
 * was, as it would know less. */
void file_cache_end(struct file_cache *cache, struct image_dates *dates);
/* Whether there is something to be kept, after file_cache_end, that CACHE did not know already. */
bool file_cache_is_new(const struct file_cache *cache);
/* Writes that to STREAM, from the INVENTORY that was scanned. -1 (ERR_IO): it cannot be written,
 * or is longer than the limit. */
int file_cache_write(const struct file_cache *cache, const struct inventory *inventory,
		     FILE *stream, struct err *err) __attribute__((warn_unused_result));

#endif
