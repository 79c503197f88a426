/* The registry writes a manifest's revision link anew with each push (registry notes, section 1).
 */
#include "scan_storage/repushed.h"

#include "inventory/inventory.h"
#include "storage/links.h"
#include "util/date.h"

static bool pushed_since(const struct inventory *inventory, const struct layout *layout,
			 uint32_t id)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	struct link link =
		links_revision(layout, inventory->repositories[manifest->repository].name,
			       inventory_digest(inventory, id));

	return link_is_bad(&link) ||
	       (link.state == LINK_READ && link.written > manifest->owed_since);
}

void repushed_check(struct inventory *inventory, const struct layout *layout)
{
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[m];

		if (!manifest->owed || !date_known(manifest->owed_since) ||
		    !pushed_since(inventory, layout, m))
			continue;
		manifest->owed = false;
		manifest->forgiven = true;
	}
}
