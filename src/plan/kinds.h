/* The meaning of a manifest's kind, and of what is not told, for the plan. For src/plan/ only. */
#ifndef PLAN_KINDS_H
#define PLAN_KINDS_H

#include "inventory/inventory.h"
#include "util/text.h"

#include <stdbool.h>

/* It may go: it was understood, or a registry that tells nothing but its digest deletes by that. */
static inline bool plan_readable(const struct inventory_manifest *manifest)
{
	return manifest->kind == MANIFEST_IMAGE || manifest->kind == MANIFEST_ARTIFACT ||
	       manifest->kind == MANIFEST_INDEX || manifest->kind == MANIFEST_SCHEMA1 ||
	       manifest->kind == MANIFEST_OPAQUE;
}

static inline bool plan_absent(const struct inventory_manifest *manifest)
{
	return manifest->kind == MANIFEST_MISSING;
}

/* A debt that is not there was paid, though the run that paid it could not write that down. */
static inline bool plan_deleted_by_us(const struct inventory_manifest *manifest)
{
	return plan_absent(manifest) && (manifest->gone || manifest->pending);
}

/* A manifest that describes SUBJECT is an orphan (S4). */
static inline bool plan_orphaned(const struct inventory *inventory, uint32_t subject)
{
	const struct inventory_manifest *manifest = &inventory->manifests[subject];

	return plan_absent(manifest) && !plan_deleted_by_us(manifest);
}

/* Whether a tag of REPOSITORY points at DIGEST, which may be cut short. Where nothing but tags is
 * told (inventory.opaque), what none shows may be a part of any image there. */
static inline bool plan_shows(const struct inventory *inventory, uint32_t repository,
			      const char *digest)
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

#endif
