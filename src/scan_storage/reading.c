/* Helpers shared by the phases of a reading. */
#include "scan_storage/reading.h"

#include "inventory/alias.h"
#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "storage/links.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>

void reading_forget_dates(struct reading *reading)
{
	image_dates_free(reading->dates);
	reading->dates = NULL;
}

void reading_clear(struct reading *reading)
{
	reading_forget_dates(reading);
	free(reading->targets);
	free(reading->sizes.items);
}

void reading_note_size(struct reading *reading, uint32_t digest, size_t size)
{
	by_digest_set(&reading->sizes, digest, size < BY_DIGEST_NONE ? (uint32_t)size : 0);
}

uint32_t reading_size(const struct reading *reading, uint32_t digest)
{
	uint32_t size = by_digest_get(&reading->sizes, digest);

	return size == BY_DIGEST_NONE ? 0 : size;
}

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
	    (reading->reread && reading->reread[from]) ||
	    known->manifests[from].kind == MANIFEST_UNSEEN ||
	    known->manifests[from].kind == MANIFEST_MISSING ||
	    known->manifests[from].kind == MANIFEST_UNREADABLE)
		return INVENTORY_NONE;
	return from;
}

void reading_take_revision(struct reading *reading, uint32_t id, const struct link *link)
{
	struct inventory *inventory = reading->inventory;
	const char *digest = inventory_digest(inventory, id);
	bool look = reading->known != NULL;
	char fault[256];

	if (link->state == LINK_READ) {
		inventory->manifests[id].linked = true;
		/* A link that holds another digest than its name is an alias. */
		if (strcmp(link->digest, digest) != 0 &&
		    !inventory_alias(inventory, digest, link->digest))
			inventory_fault_manifest(
				inventory, look, id,
				"its link names another blob than that of another repository");
	} else if (link->state != LINK_ABSENT && !reading_denied(reading, link->error, digest)) {
		inventory_fault_manifest(inventory, look, id,
					 links_fault(link, fault, sizeof fault));
	}
}
