/* What the storage takes, before and after. */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

#define MEASURE_UNKNOWN UINT64_MAX

struct measure_blobs; /* opaque: which blobs there are, and their sizes */

struct measurement {
	/* Each MEASURE_UNKNOWN when it is not known. */
	uint64_t bytes;      /* apparent sizes of regular files; hard links once */
	uint64_t allocated;  /* st_blocks * 512 of everything, the root and folders included */
	uint64_t files;      /* regular files; hard links once */
	uint64_t free_space; /* of the blobs' file system, for unprivileged users (statvfs f_bavail)
			      */
	/* Of these, blobs in the trash of the native collector (LAYOUT_TRASH): not in use any more,
	 * and not freed. */
	uint64_t trash_bytes, trash_blobs;
	uint64_t unreadable; /* entries that could not be read: the figures are too low; 0 when
				unknown */
	char first_unreadable[256];  /* "path: reason" of the first of them */
	struct measure_blobs *blobs; /* NULL when not known */
};

/* Walks HOST_STORAGE, the storage's root. Blobs are the files
 * docker/registry/v2/blobs/<alg>/<xx>/<hex>/data below it, and those in the trash: what lies in
 * both is one blob. Files that vanish are passed over;
 * symbolic links are not followed, other file systems not entered, but where the registry itself
 * goes: docker/registry/v2/blobs/sha256 and repositories, and each folder on the way. -1: the
 * folder cannot be read at all (ERR_IO), or a stop signal came (ERR_STOPPED). */
int measure_folder(const char *host_storage, struct measurement *out, struct err *err)
	__attribute__((warn_unused_result));

/* Without the folder: `du -sk PATH` through the argv prefix EXEC (which may be empty: COUNT 0).
 * `allocated` becomes known, and `unreadable` counts what du complained of (vanished files apart);
 * nothing else. -1 (ERR_IO) when that fails. */
int measure_by_du(const char *const *exec, const char *path, struct measurement *out,
		  struct err *err) __attribute__((warn_unused_result));

/* All unknown. */
void measure_nothing(struct measurement *out);
void measure_clear(struct measurement *measurement);

/* Bytes of its files where they were counted, else what they take on the disk (by du);
 * MEASURE_UNKNOWN: neither is known. */
uint64_t measure_size(const struct measurement *measured);

/* Bytes of the blobs that are in BEFORE and not in AFTER (FREED) and the reverse (ADDED), and how
 * many were freed. False, and all MEASURE_UNKNOWN, when either is not known. */
bool measure_compare(const struct measurement *before, const struct measurement *after,
		     uint64_t *freed, uint64_t *added, uint64_t *freed_count);

#endif
