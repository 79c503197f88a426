/* What a collection would free, before it is run: a pure function of an inventory and a plan. */
#ifndef FORECAST_FORECAST_H
#define FORECAST_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory; /* inventory/inventory.h */
struct plan;      /* plan/plan.h */

#define FORECAST_UNKNOWN UINT64_MAX

struct forecast_repository {
	/* Bytes of blobs that go and that, until the run, only this repository refers to. */
	uint64_t freed;
	/* Bytes that are still there after the run and that only those manifests of this repository
	 * hold that no tag leads to: neither by pointing at them, nor through an index, nor by what
	 * they describe. No run frees them. 0 from the API. */
	uint64_t untagged;
};

/* Bytes are those of blob files (from the storage), or those that manifests state and that their
 * bodies have (from the API; foreign layers, which may be absent, count 0 there).
 *
 * The collector (2.x and 3.x, without --delete-untagged) marks what every linked revision of every
 * repository refers to, one step deep; what is not marked, it removes. */
struct forecast {
	/* Freed in all: the repositories' FREED, SHARED and GARBAGE add up to it. */
	uint64_t bytes;
	uint64_t blobs;    /* how many these are, empty ones included */
	uint64_t shared;   /* freed, referred to by more than one repository until the run */
	uint64_t garbage;  /* freed, but referred to by nothing already now; 0 from the API */
	uint64_t untagged; /* all that tagless manifests hold: the repositories' UNTAGGED, and what
			    * those of several repositories hold together */
	/* Manifests that are there and cannot be read: what they refer to is not known, and may be
	 * among what is said to be freed. */
	size_t unread;
	bool complete; /* from the storage: garbage and untagged manifests are known */
	/* As inventory.tags: what deleting this tag alone, and all that then has nothing left to
	 * stay for (S3, S4), would free. A fact of the registry, whatever the policy protects and
	 * whatever is planned. 0 where a tag that would stay has the same digest. FORECAST_UNKNOWN
	 * each in an inventory that knows no sizes (inventory.opaque), of which nothing may be said
	 * to be freed: all other numbers are 0 then. */
	uint64_t *tags;
	struct forecast_repository *repositories; /* as inventory.repositories */
};

/* PLAN may be NULL: nothing is deleted, and only the garbage goes. */
struct forecast *forecast_build(const struct inventory *inventory, const struct plan *plan);
void forecast_free(struct forecast *forecast); /* NULL is fine */

#endif
