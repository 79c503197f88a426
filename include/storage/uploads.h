/* Uploads in progress, or given up: repositories/<name>/_uploads/<uuid>/ (registry notes, section
 * 1). What they hold is no blob yet, and no collector removes it. */
#ifndef STORAGE_UPLOADS_H
#define STORAGE_UPLOADS_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct layout; /* storage/layout.h */

#define UPLOADS_REPOSITORY 256

/* Begin with UPLOADS_NONE. */
struct uploads {
	uint64_t count; /* folders <uuid> */
	uint64_t bytes; /* of all files in them, apparent sizes */
	/* When the file in them that was written to last was: seconds since 1970, INT64_MIN when
	 * there is none; and whose it is. */
	int64_t newest;
	char newest_repository[UPLOADS_REPOSITORY];
};
#define UPLOADS_NONE ((struct uploads){ .newest = INT64_MIN })

/* Adds those of all repositories to OUT, also of those that the registry does not list yet. A
 * repository that two links lead to counts once. What vanishes meanwhile is passed over; links in
 * uploads are not followed. -1: ERR_IO when something could not be read (OUT has what was found
 * until then), ERR_STOPPED. */
int uploads_all(const struct layout *layout, struct uploads *out, struct err *err)
	__attribute__((warn_unused_result));

/* A layer leaves _uploads once it is whole, or never was there (a mount from another repository);
 * its push ends only with a manifest that needs it. */
struct uploads_pushes {
	int64_t since; /* links of layers that are older are not looked at */
	/* Whether a manifest of REPOSITORY needs DIGEST. */
	bool (*needed)(void *ctx, const char *repository, const char *digest);
	void *ctx;
};

/* As uploads_all, but layers that were linked lately and that nothing needs yet count for `newest`,
 * too. */
int uploads_and_pushes(const struct layout *layout, const struct uploads_pushes *pushes,
		       struct uploads *out, struct err *err) __attribute__((warn_unused_result));

#endif
