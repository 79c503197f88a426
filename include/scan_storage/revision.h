/* The link by which a repository has a manifest. */
#ifndef SCAN_STORAGE_REVISION_H
#define SCAN_STORAGE_REVISION_H

#include "storage/links.h"

#include <stdint.h>

struct inventory;

/* Reads the revision link of the inventory's MANIFEST as it is now; see links_revision. */
struct link revision_link(const struct layout *layout, const struct inventory *inventory,
			  uint32_t manifest);

#endif
