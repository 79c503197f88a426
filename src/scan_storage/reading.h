/* One reading of the storage: what its phases (scan_storage/phases.h) share. */
#ifndef SCAN_STORAGE_READING_H
#define SCAN_STORAGE_READING_H

#include "inventory/by_digest.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_cache; /* scan_storage/file_cache.h */
struct image_dates;
struct inventory;
struct layout;
struct link;
struct tree_names;

struct reading {
	struct inventory *inventory;
	const struct layout *layout;
	const struct inventory *known; /* a look's: what was read before; else NULL */
	const bool *reread; /* by manifest there: it is read again all the same; or NULL */
	uint32_t known_repository;
	struct image_dates *dates; /* NULL: nobody asks for dates, and no config is read */
	struct file_cache *cache;  /* what earlier scans read; NULL: nothing of that counts */
	uint32_t *targets;         /* by tag: the manifest that its link names, or INVENTORY_NONE */
	struct err failure;        /* the first reason why the folder cannot serve as a source */
	struct by_digest sizes;    /* bytes of the blobs that were read */
};

void reading_clear(struct reading *reading);
/* Before more memory is needed, once all dates are known. */
void reading_forget_dates(struct reading *reading);

/* The blob DIGEST (a number of the inventory) was read whole: SIZE bytes, not 0. */
void reading_note_size(struct reading *reading, uint32_t digest, size_t size);
/* That, or 0. */
uint32_t reading_size(const struct reading *reading, uint32_t digest);

/* True when ERROR, an errno, says that this user may not read the storage: notes it as a failure.
 */
bool reading_denied(struct reading *reading, int error, const char *what);

/* How a phase ends that came to RESULT: with the failure that was noted, if there is one. */
int reading_end(const struct reading *reading, int result, struct err *err)
	__attribute__((warn_unused_result));

/* The manifest that a look knows for manifest ID, or INVENTORY_NONE: what we deleted, or never
 * understood, is not known, nor what is to be reread. */
uint32_t reading_known(const struct reading *reading, uint32_t id);

/* Takes what LINK, the revision link of manifest ID, was read as; nothing if it is absent. */
void reading_take_revision(struct reading *reading, uint32_t id, const struct link *link);

#endif
