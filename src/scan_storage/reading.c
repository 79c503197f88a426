/* What the phases of a reading have in common. */
#include "scan_storage/reading.h"

#include "inventory/alias.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"

#include <errno.h>
#include <string.h>

bool reading_denied(struct reading *reading, int error, const char *what)
{
	if (error != EACCES && error != EPERM)
		return false;
	if (reading->failure.kind == ERR_NONE)
		err_set(&reading->failure, ERR_IO, "%s: %s; run as root", what, strerror(error));
	return true;
}

int reading_end(const struct reading *reading, int result, struct err *err)
{
	if (result == 0 && reading->failure.kind != ERR_NONE) {
		*err = reading->failure;
		return -1;
	}
	return result;
}

uint32_t reading_known(const struct reading *reading, uint32_t id)
{
	const struct inventory *known = reading->known;
	uint32_t from;

	if (!known || reading->known_repository == INVENTORY_NONE)
		return INVENTORY_NONE;
	from = inventory_manifest_find(known, reading->known_repository,
				       inventory_digest(reading->inventory, id));
	if (from == INVENTORY_NONE || known->manifests[from].gone ||
	    known->manifests[from].kind == MANIFEST_UNSEEN ||
	    known->manifests[from].kind == MANIFEST_MISSING ||
	    known->manifests[from].kind == MANIFEST_UNREADABLE)
		return INVENTORY_NONE;
	return from;
}

void reading_link(struct reading *reading, uint32_t id, const char *stored)
{
	struct inventory *inventory = reading->inventory;

	inventory->manifests[id].linked = true;
	if (stored && !inventory_alias(inventory, inventory_digest(inventory, id), stored))
		inventory_fault_manifest(
			inventory, reading->known != NULL, id,
			"its link names another blob than that of another repository");
}
