/* What one repository has in its folders, listed, and read where that is little. Private to
 * src/native; threads list different repositories at the same time. */
#ifndef NATIVE_LISTING_H
#define NATIVE_LISTING_H

#include "native/links.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

#define NATIVE_PIECE ((size_t)512) /* links that one thread reads at a time */

enum native_kind { NATIVE_LAYERS, NATIVE_REVISIONS, NATIVE_TAGS };

/* Layers by each algorithm, revisions by each, tags. */
enum { NATIVE_FOLDERS = 7 };
enum native_kind native_folder_kind(size_t i);

struct native_listing {
	struct native_folder folders[NATIVE_FOLDERS];
	/* What was read at once; NULL for folders that have more than NATIVE_PIECE links. */
	struct native_reading *readings[NATIVE_FOLDERS];
	uint64_t foreign_names;
	char *foreign_name; /* the first one's path below the repository, or NULL */
	bool gone;          /* the repository itself is not there any more */
	bool stale;         /* a folder vanished while it was read */
	struct err err;     /* ERR_NONE; or what could not be listed, and why */
};

/* NAME is the repository's, REPOSITORIES the descriptor of their folder. */
struct native_listing *native_listing_new(int repositories, const char *name);
void native_listing_free(struct native_listing *listing); /* NULL is fine */

#endif
