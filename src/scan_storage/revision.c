#include "scan_storage/revision.h"

#include "inventory/inventory.h"

struct link revision_link(const struct layout *layout, const struct inventory *inventory,
			  uint32_t manifest)
{
	uint32_t repository = inventory->manifests[manifest].repository;

	return links_revision(layout, inventory->repositories[repository].name,
			      inventory_digest(inventory, manifest));
}
