/* Brings the cache from the folder of the state, and back there. */
#include "command/memory.h"

#include "inventory.h"
#include "inventory_cache.h"
#include "state.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>

#define CACHE "cache"

static void forget(void *ctx, const char *repository, const char *digest, int64_t since)
{
	(void)repository;
	(void)since;
	inventory_cache_forget(ctx, digest);
}

struct inventory_cache *memory_load(const struct state *state)
{
	struct inventory_cache *cache = inventory_cache_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!state)
		return cache;
	if (state_read_file(state, CACHE, INVENTORY_CACHE_LIMIT, &text, &err) < 0) {
		if (errno != ENOENT)
			log_debug("%s; everything is read anew", err.msg);
		return cache;
	}
	if (inventory_cache_parse(cache, text.data, text.length, &err) < 0)
		log_info("the cache of earlier scans is %s; everything is read anew", err.msg);
	state_each_debt(state, forget, cache);
	state_each_gone(state, forget, cache);
	return cache;
}

void memory_save(const struct inventory_cache *cache, const struct inventory *inventory,
		 const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!state || inventory->catalog_trouble || !inventory_cache_print(cache, inventory, &text))
		return;
	if (state_replace_file(state, CACHE, &text, &err) < 0)
		log_debug("%s: the next run reads everything anew", err.msg);
}
