/* Pending deletes, and what was deleted, as manifests of the inventory. */
#include "session/pending_known.h"

#include "inventory/inventory.h"
#include "state/state.h"

#include <stdint.h>

static void add_pending(void *ctx, const char *repository, const char *digest, int64_t since)
{
	struct inventory *inventory = ctx;
	uint32_t id =
		inventory_manifest(inventory, inventory_repository(inventory, repository), digest);

	inventory->manifests[id].pending = true;
	inventory->manifests[id].pending_since = since;
}

static void add_gone(void *ctx, const char *repository, const char *digest, int64_t since)
{
	struct inventory *inventory = ctx;
	uint32_t place = inventory_repository_find(inventory, repository);
	uint32_t id = place == INVENTORY_NONE ? INVENTORY_NONE
					      : inventory_manifest_find(inventory, place, digest);

	(void)since;
	if (id != INVENTORY_NONE)
		inventory->manifests[id].gone = true;
}

void pending_known_add(struct inventory *inventory, const struct state *state)
{
	if (state)
		state_each_pending(state, add_pending, inventory);
}

void pending_known_add_gone(struct inventory *inventory, const struct state *state)
{
	if (state)
		state_each_gone(state, add_gone, inventory);
}
