/* Few holds, many manifests: each hold is looked up. */
#include "plan/held.h"

#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "inventory/shown.h"
#include "lists/holds.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

/* A digest of another algorithm may be an alias of the one that is held; one that is not told may
 * be of a part of any image. */
static void mark(const struct inventory *inventory, struct plan *plan, uint32_t repository,
		 const char *digest)
{
	uint32_t number = strtab_find(inventory->digests, digest, strlen(digest));
	bool any = inventory->opaque && !inventory_shows(inventory, repository, digest);

	for (uint32_t m = inventory->repositories[repository].first_manifest;
	     m != INVENTORY_NONE && (any || number != STRTAB_NONE);
	     m = inventory->manifests[m].next) {
		uint32_t own = inventory->manifests[m].digest;

		plan->manifests[m].held |=
			any || own == number ||
			inventory_stored(inventory, own) == inventory_stored(inventory, number);
	}
}

void plan_held(const struct inventory *inventory, const struct policy *policy, struct plan *plan)
{
	const struct holds *holds = policy->holds;

	for (size_t i = 0; holds && i < holds->count; i++) {
		const char *name = holds->items[i].name, *at = strchr(name, '@');
		CLEANUP(free_p) char *place = NULL;
		uint32_t repository;

		if (!at || !holds_is_valid(&holds->items[i], plan->now))
			continue;
		place = xstrndup(name, (size_t)(at - name));
		repository = inventory_repository_find(inventory, place);
		if (repository != INVENTORY_NONE)
			mark(inventory, plan, repository, at + 1);
	}
}
