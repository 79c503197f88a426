/* The bytes of a file cache: what its reader, its writer and its owner share. */
#ifndef SCAN_STORAGE_FILE_CACHE_FORMAT_H
#define SCAN_STORAGE_FILE_CACHE_FORMAT_H

#include "scan_storage/file_cache.h"

#include "oci/digest.h"
#include "util/buf.h"

#define FILE_CACHE_BYTES ((size_t)32) /* of a sha256 digest */
#define FILE_CACHE_ORDER 0x01020304U
#define FILE_CACHE_SUM   ((size_t)(7 + 64 + 1))    /* the last line */
#define FILE_CACHE_PLACE ((size_t)(4 + 4 + 8 + 8)) /* the mark, and whose files */

/* Flags of a child. */
enum { FILE_CACHE_ATTESTATION = 1, FILE_CACHE_ARTIFACT = 2 };

struct file_cache {
	struct file_cache_place place;
	int64_t youngest;   /* what changed later is not kept */
	struct buf text;    /* what an earlier scan kept */
	const char **blobs; /* by number: the digest of its entry in TEXT */
	uint32_t *blob_ids; /* … and its number in the inventory, or INVENTORY_NONE */
	size_t blob_count, blob_capacity;
	uint32_t *slots; /* where in TEXT manifests and configs are, by digest; 0: free */
	size_t slot_count, entry_count;
	struct file_stamp *notes; /* by number of a digest */
	size_t note_count, note_capacity;
	size_t taken, added;
	struct image_dates *dates; /* of this scan, once it has ended; NULL: no config was read */
	bool ended;                /* the scan has */
};

/* One entry, taken apart; what begins with "digest" are FILE_CACHE_BYTES bytes, not aligned. */
struct file_cache_record {
	char kind;
	const char *digest;
	struct file_stamp stamp;
	uint64_t size;
	int64_t created;
	uint8_t foreign, has_subject;
	uint32_t blob_count, child_count;
	const char *blobs, *children, *subject;
	const char *end;
};

/* Takes the entry at AT apart, which must end before END; false: it does not. */
bool file_cache_format_record(const char *at, const char *end, struct file_cache_record *record);
/* Lets go of what an earlier scan kept, but for how much it was. */
void file_cache_format_drop(struct file_cache *cache);
/* The text of a digest. */
void file_cache_format_text(const char *bytes, char text[DIGEST_TEXT]);
/* The bytes of a sha256 digest; false: it is of another algorithm. */
bool file_cache_format_bytes(const char *text, char bytes[FILE_CACHE_BYTES]);
/* The slot of a digest: where it is in TEXT, or 0 where it could be noted. */
uint32_t *file_cache_format_slot(const struct file_cache *cache, const char *bytes, bool config);

#endif
