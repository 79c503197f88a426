/* One place for the words and the counting of what could not be read. */
#include "inventory_faults.h"

#include "inventory.h"
#include "util/log.h"

#include <stdio.h>

void inventory_fault(struct inventory *inventory, bool quiet, uint32_t repository, const char *what,
		     const char *why)
{
	inventory_trouble(inventory, repository, "%s: %s", what, why);
	inventory->failures++;
	if (!quiet && !inventory->to_verify)
		log_warning("%s: %s: %s; nothing is deleted in this repository",
			    inventory->repositories[repository].name, what, why);
}

void inventory_fault_tag(struct inventory *inventory, bool quiet, uint32_t tag, const char *why)
{
	struct inventory_tag *entry = &inventory->tags[tag];
	char what[160];

	entry->state = TAG_UNREADABLE;
	snprintf(what, sizeof what, "tag %s", entry->name);
	inventory_fault(inventory, quiet, entry->repository, what, why);
}

void inventory_fault_manifest(struct inventory *inventory, bool quiet, uint32_t manifest,
			      const char *why)
{
	struct inventory_manifest *entry = &inventory->manifests[manifest];
	char what[160];

	entry->kind = MANIFEST_UNREADABLE;
	snprintf(what, sizeof what, "manifest %s", inventory_digest(inventory, manifest));
	inventory_fault(inventory, quiet, entry->repository, what, why);
}

void inventory_fault_config(struct inventory *inventory, bool quiet, uint32_t repository,
			    enum dates_taken taken, const char *why)
{
	switch (taken) {
	case DATES_TAKEN:
		break;
	case DATES_UNREADABLE:
		if (quiet) {
			inventory_fault(inventory, quiet, repository, "a config", why);
			break;
		}
		inventory->failures++;
		/* fall through */
	case DATES_MISSING:
	case DATES_NO_CONFIG:
		log_warning("%s: %s; what has this config is kept",
			    inventory->repositories[repository].name, why);
		break;
	case DATES_CORRUPT:
		inventory_fault(inventory, quiet, repository, "a config", why);
		break;
	}
}

void inventory_fault_name(struct inventory *inventory, const char *name)
{
	inventory->failures++;
	log_warning("the registry lists a repository whose name is not valid; it is left alone: %s",
		    name);
}
