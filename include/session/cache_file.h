/* What scans remember in the folder of the state: the cache of those through the API
 * (scan_api/cache.h), that of those of the storage (scan_storage/file_cache.h), and when manifests
 * were seen without a tag first (inventory/untagged_seen.h).
 */
#ifndef SESSION_CACHE_FILE_H
#define SESSION_CACHE_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct inventory;
struct cache;
struct file_cache; /* scan_storage/file_cache.h */
struct layout;
struct outcome;
struct plan;
struct state;
struct untagged_seen;

/* What earlier scans read; nothing when STATE is NULL, when there is no cache, or none that can be
 * used: no run fails for that. What STATE owes or says is gone is not in it: that has to be asked
 * for. The caller's: cache_free. */
struct cache *cache_file_load(const struct state *state);
/* Keeps what INVENTORY, which was filled with CACHE, has in it; silently not, where that cannot be
 * written. */
void cache_file_save(const struct cache *cache, const struct inventory *inventory,
		     const struct state *state);

/* What earlier scans of the storage at LAYOUT read of its files, as registries of the version MAJOR
 * read it; nothing likewise. The caller's: file_cache_free. */
struct file_cache *cache_file_load_files(const struct state *state, const struct layout *layout,
					 unsigned major);
/* Keeps what a scan of INVENTORY read with CACHE. */
void cache_file_save_files(const struct file_cache *cache, const struct inventory *inventory,
			   const struct state *state);

/* What earlier runs saw; nothing when STATE is NULL or has no such file. KNOWN is false when it has
 * one that cannot be read or believed, which is a warning: then nothing may go for being untagged
 * in this run. The caller's: untagged_seen_free. */
struct untagged_seen *cache_file_load_untagged(const struct state *state, bool *known);
/* Keeps SEEN (may be NULL) for the next run. Where that cannot be written, which is a warning, the
 * next run counts what this one saw first from its own time. */
void cache_file_save_untagged(const struct untagged_seen *seen, const struct state *state);
/* Enters into SEEN (may be NULL) the manifests of INVENTORY that stay and whose last tag this run
 * deleted, says OUTCOME of PLAN; it was by NOW, seconds since 1970. */
void cache_file_add_untagged(struct untagged_seen *seen, const struct inventory *inventory,
			     const struct plan *plan, const struct outcome *outcome, int64_t now);

#endif
