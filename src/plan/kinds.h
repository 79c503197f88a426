/* The meaning of a manifest's kind for the plan. For src/plan/ only. */
#ifndef PLAN_KINDS_H
#define PLAN_KINDS_H

#include "inventory/inventory.h"

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

#endif
