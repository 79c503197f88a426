/* The cache of earlier scans through the API (inventory_cache.h), in the folder of the state. */
#ifndef COMMAND_MEMORY_H
#define COMMAND_MEMORY_H

struct inventory;
struct inventory_cache;
struct state;

/* What earlier scans read; nothing when STATE is NULL, when there is no cache, or none that can be
 * used: no run fails for that. What STATE owes or says is gone is not in it: that has to be asked
 * for. The caller's: inventory_cache_free. */
struct inventory_cache *memory_load(const struct state *state);
/* Keeps what INVENTORY, which was filled with CACHE, has in it; silently not, where that cannot be
 * written. */
void memory_save(const struct inventory_cache *cache, const struct inventory *inventory,
		 const struct state *state);

#endif
