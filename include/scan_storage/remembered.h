/* What a scan of the storage took from an earlier one (scan_storage/file_cache.h). */
#ifndef SCAN_STORAGE_REMEMBERED_H
#define SCAN_STORAGE_REMEMBERED_H

#include "util/err.h"

#include <stdint.h>

struct inventory;
struct layout; /* storage/layout.h */

/* Reads in full what of REPOSITORY, where something is about to go, is only remembered. What is
 * exactly as it was remembered is known from this run then. Anything else stays remembered: the
 * recheck reads it once more, and decides (S2, S6). -1: ERR_STOPPED. */
int remembered_read(struct inventory *inventory, uint32_t repository, const struct layout *layout,
		    struct err *err) __attribute__((warn_unused_result));

#endif
