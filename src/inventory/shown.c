/* Asks each tag of a repository. */
#include "inventory/shown.h"

#include "inventory/inventory.h"
#include "util/text.h"

bool inventory_shows(const struct inventory *inventory, uint32_t repository, const char *digest)
{
	const struct inventory_repository *entry = &inventory->repositories[repository];

	for (uint32_t t = entry->first_tag; t < entry->first_tag + entry->tag_count; t++) {
		uint32_t manifest = inventory->tags[t].manifest;

		if (manifest != INVENTORY_NONE &&
		    text_begins(inventory_digest(inventory, manifest), digest))
			return true;
	}
	return false;
}
