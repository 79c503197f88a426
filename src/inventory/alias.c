/* A map that is only there once there is an alias: hardly any registry has one. */
#include "inventory/alias.h"

#include "inventory/inventory.h"
#include "util/strtab.h"
#include "util/u64map.h"

#include <string.h>

bool inventory_alias(struct inventory *inventory, const char *digest, const char *stored)
{
	uint32_t number = strtab_add(inventory->digests, digest, strlen(digest));
	uint32_t target = strtab_add(inventory->digests, stored, strlen(stored));

	if (inventory_alias_known(inventory, number))
		return inventory_stored(inventory, number) == target;
	if (!inventory->aliases)
		inventory->aliases = u64map_new();
	u64map_set(inventory->aliases, number, target);
	return true;
}

bool inventory_alias_known(const struct inventory *inventory, uint32_t digest)
{
	return inventory->aliases && u64map_get(inventory->aliases, digest) != U64MAP_NONE;
}

uint32_t inventory_stored(const struct inventory *inventory, uint32_t digest)
{
	return inventory_alias_known(inventory, digest) ? u64map_get(inventory->aliases, digest)
							: digest;
}

const char *inventory_stored_text(const struct inventory *inventory, const char *digest)
{
	uint32_t number = strtab_find(inventory->digests, digest, strlen(digest));

	return number == STRTAB_NONE
		       ? digest
		       : strtab_text(inventory->digests, inventory_stored(inventory, number));
}
