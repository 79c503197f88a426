/* What scans remember in the folder of the state: the cache of those through the API
 * (inventory_cache.h), and when manifests were seen without a tag first (untagged_seen.h). */
#ifndef COMMAND_MEMORY_H
#define COMMAND_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;
struct inventory_cache;
struct outcome;
struct plan;
struct state;
struct untagged_seen;

/* What earlier scans read; nothing when STATE is NULL, when there is no cache, or none that can be
 * used: no run fails for that. What STATE owes or says is gone is not in it: that has to be asked
 * for. The caller's: inventory_cache_free. */
struct inventory_cache *memory_load(const struct state *state);
/* Keeps what INVENTORY, which was filled with CACHE, has in it; silently not, where that cannot be
 * written. */
void memory_save(const struct inventory_cache *cache, const struct inventory *inventory,
		 const struct state *state);

/* What earlier runs saw; nothing when STATE is NULL or has no such file. KNOWN is false when it has
 * one that cannot be read or believed, which is a warning: then nothing may go for being untagged
 * in this run. The caller's: untagged_seen_free. */
struct untagged_seen *memory_load_untagged(const struct state *state, bool *known);
/* Keeps SEEN (may be NULL) for the next run. Where that cannot be written, which is a warning, the
 * next run counts what this one saw first from its own time. */
void memory_save_untagged(const struct untagged_seen *seen, const struct state *state);
/* Enters into SEEN (may be NULL) the manifests of INVENTORY that stay and whose last tag this run
 * deleted, says OUTCOME of PLAN; it was by NOW, seconds since 1970. */
void memory_add_untagged(struct untagged_seen *seen, const struct inventory *inventory,
			 const struct plan *plan, const struct outcome *outcome, int64_t now);

#endif
