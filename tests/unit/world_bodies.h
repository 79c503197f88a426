/* Gives every manifest of a world a body of one byte, from the storage as a file. */
#ifndef WORLD_BODIES_H
#define WORLD_BODIES_H

#include "world.h"

static inline void world_bodies(struct inventory *inventory)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[m];
		size_t known = inventory->blob_count;
		uint32_t blob;

		if (manifest->kind == MANIFEST_UNSEEN || manifest->kind == MANIFEST_MISSING)
			continue;
		manifest->length = 1;
		if (!inventory->from_storage)
			continue;
		blob = inventory_blob(inventory, inventory_digest(inventory, m), 1);
		if (blob == known)
			inventory->blobs[blob].stored = 1;
	}
}

#endif
