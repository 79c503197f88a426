/* Tags that were listed and then had no manifest: they may have been deleted in between, by
 * somebody else. Their repositories are listed again, and those that are not there any more become
 * TAG_UNSEEN, which is no damage. */
#ifndef VERIFY_VANISHED_H
#define VERIFY_VANISHED_H

#include "util/err.h"

struct api;
struct http;
struct inventory;
struct layout; /* storage/layout.h */

/* A list that cannot be read, or not completely, changes nothing. */
void verify_vanished_storage(struct inventory *inventory, const struct layout *layout);
/* The same. -1: ERR_UNREACHABLE, ERR_STOPPED. */
int verify_vanished_api(struct inventory *inventory, struct api *api, struct http *http,
			struct err *err) __attribute__((warn_unused_result));

#endif
