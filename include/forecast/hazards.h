/* What would go wrong if the registry's own collector were let loose: what it does not see and
 * would remove, and what it would abort at. A pure function of an inventory and a plan. */
#ifndef FORECAST_HAZARDS_H
#define FORECAST_HAZARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */

enum hazard_kind {
	/* A manifest that stays names a blob, or is itself named, by another algorithm than that
	 * by which blobs are stored. The collector (2.8.2, 3.0.0 and 3.1.1,
	 * registry/storage/garbagecollect.go) marks that name, and not what is stored: it removes
	 * the blob of an image that can be pulled. */
	HAZARD_ALIAS,
	/* A manifest that is linked is of a type that this version does not read
	 * (oci/support.h): the collector aborts there, in the middle of its work. */
	HAZARD_TYPE,
	HAZARD_KINDS
};

struct hazard {
	uint8_t kind; /* enum hazard_kind */
	uint32_t manifest;
	uint32_t digest; /* HAZARD_ALIAS: the name, a number in inventory.digests */
	uint32_t tag;    /* one that stays and leads to MANIFEST, or INVENTORY_NONE */
};

struct hazards {
	struct hazard *items; /* one of each kind for each manifest, in the order of these */
	size_t count;
	size_t counts[HAZARD_KINDS];
};

/* DELETED: the plan was carried out, as far as it was: what it let go and is not gone stays. Where
 * the inventory comes from the storage, a blob that is stored under its own name is none, whatever
 * its algorithm; through the API that cannot be seen. PLAN may be NULL: everything stays. */
struct hazards hazards_find(const struct inventory *inventory, const struct plan *plan,
			    bool deleted);
void hazards_clear(struct hazards *hazards);

#endif
