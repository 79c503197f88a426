/* One place for the words and the counting of what could not be read. What failed for one reason is
 * told in one line, when all of it is known; DEBUG lines tell each by itself and at once. */
#include "inventory/faults.h"

#include "inventory/inventory.h"
#include "util/causes.h"
#include "util/log.h"

#include <stdio.h>

static void note(struct causes *causes, const char *place, const char *what, const char *why)
{
	log_debug("%s: %s: %s", place, what, why);
	causes_add(causes, place, what, why);
}

void inventory_fault(struct inventory *inventory, bool quiet, uint32_t repository, const char *what,
		     const char *why)
{
	inventory_trouble(inventory, repository, "%s: %s", what, why);
	inventory->failures++;
	if (!quiet && !inventory->to_verify)
		note(inventory->faults, inventory->repositories[repository].name, what, why);
}

static void tell_fault(const struct cause *cause)
{
	if (cause->count == 1)
		log_warning("%s: %s: %s; nothing is deleted in this repository", cause->place,
			    cause->what, cause->why);
	else if (cause->places == 1)
		log_warning("%s: %s and %zu more: %s; nothing is deleted in this repository",
			    cause->place, cause->what, cause->count - 1, cause->why);
	else
		log_warning("%zu repositories: %s; nothing is deleted in them, among them %s (%s)",
			    cause->places, cause->why, cause->place, cause->what);
}

static void tell_undated(const struct cause *cause)
{
	if (cause->count == 1)
		log_warning("%s: %s: %s; what has this config is kept", cause->place, cause->what,
			    cause->why);
	else if (cause->places == 1)
		log_warning("%s: %s and %zu more: %s; what has these configs is kept", cause->place,
			    cause->what, cause->count - 1, cause->why);
	else
		log_warning("%zu configs in %zu repositories: %s; what has them is kept, among "
			    "them %s (%s)",
			    cause->count, cause->places, cause->why, cause->place, cause->what);
}

void inventory_faults_tell(struct inventory *inventory)
{
	causes_tell(inventory->faults, SIZE_MAX, tell_fault);
	causes_tell(inventory->undated, SIZE_MAX, tell_undated);
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
			    const char *digest, enum dates_taken taken, const char *why)
{
	char what[160];

	snprintf(what, sizeof what, "config %s", digest);
	switch (taken) {
	case DATES_TAKEN:
		break;
	case DATES_UNREADABLE:
		if (quiet) {
			inventory_fault(inventory, quiet, repository, what, why);
			break;
		}
		inventory->failures++;
		/* fall through */
	case DATES_MISSING:
	case DATES_NO_CONFIG:
		note(inventory->undated, inventory->repositories[repository].name, what, why);
		/* Nobody tells it of a look. */
		if (quiet)
			inventory_faults_tell(inventory);
		break;
	case DATES_CORRUPT:
		inventory_fault(inventory, quiet, repository, what, why);
		break;
	}
}

void inventory_fault_name(struct inventory *inventory, const char *name)
{
	inventory->failures++;
	log_warning("the registry lists a repository whose name is not valid; it is left alone: %s",
		    name);
}
