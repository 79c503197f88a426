/* What an index lists and its repository does not link: its bytes are still there, and so may be
 * what it refers to; whether the registry answers with it all the same is asked. */
#ifndef SCAN_STORAGE_UNLINKED_H
#define SCAN_STORAGE_UNLINKED_H

#include "util/err.h"

#include <stdbool.h>

struct api;  /* registry/api.h */
struct http; /* http/engine.h */
struct inventory;
struct layout; /* storage/layout.h */

/* Where a registry is asked, and its storage read. */
struct unlinked_place {
	const struct layout *layout;
	struct api *api;
	struct http *http;
	/* Of each manifest that there is before: it is a list of referrers, which may name what was
	 * deleted. NULL: none is. Borrowed. */
	const bool *lists;
};

/* Describes the children of INVENTORY, which was read from PLACE's layout, that are missing only
 * because their repository has no link of them, and what they list in turn; they stay unlinked.
 * Those stay missing that cannot be read or understood, and those of which the registry says that
 * it does not have them: nobody can pull them (a sparse index, a child that was deleted). TELL: the
 * latter are named in a warning, unless only lists of referrers list them. -1: ERR_STOPPED,
 * ERR_UNREACHABLE. */
int scan_storage_unlinked(struct inventory *inventory, const struct unlinked_place *place,
			  bool tell, struct err *err) __attribute__((warn_unused_result));

#endif
