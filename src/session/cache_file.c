/* Brings what scans remember from the folder of the state, and back there. */
#include "session/cache_file.h"

#include "apply/outcome.h"
#include "inventory/inventory.h"
#include "inventory/untagged_seen.h"
#include "plan/plan.h"
#include "scan_api/cache.h"
#include "scan_storage/file_cache.h"
#include "state/state.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define UNTAGGED "untagged"

static void forget(void *ctx, const char *repository, const char *digest, int64_t since)
{
	(void)repository;
	(void)since;
	cache_forget(ctx, digest);
}

struct cache *cache_file_load(const struct state *state)
{
	struct cache *cache = cache_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!state)
		return cache;
	if (state_read_file(state, STATE_CACHE, INVENTORY_CACHE_LIMIT, &text, &err) < 0) {
		if (errno != ENOENT)
			log_debug("%s; everything is read anew", err.msg);
		return cache;
	}
	if (cache_parse(cache, text.data, text.length, &err) < 0)
		log_info("the cache of earlier scans is %s; everything is read anew", err.msg);
	state_each_pending(state, forget, cache);
	state_each_gone(state, forget, cache);
	return cache;
}

void cache_file_save(const struct cache *cache, const struct inventory *inventory,
		     const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!state || inventory->catalog_trouble || !cache_print(cache, inventory, &text))
		return;
	if (state_replace_file(state, STATE_CACHE, &text, &err) < 0)
		log_debug("%s: the next run reads everything anew", err.msg);
}

/* Knows nothing yet of the files in LAYOUT. NULL: these cannot be told again. */
static struct file_cache *new_files(const struct layout *layout, unsigned major)
{
	struct timespec now;
	struct stat status;

	if (fstat(layout_fd(layout), &status) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return NULL;
	return file_cache_new(&(struct file_cache_place){ .device = status.st_dev,
							  .inode = status.st_ino,
							  .major = major },
			      (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
}

struct file_cache *cache_file_load_files(const struct state *state, const struct layout *layout,
					 unsigned major)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct file_cache *cache = state ? new_files(layout, major) : NULL;
	struct err err = { 0 };

	if (!cache)
		return NULL;
	if (state_read_file(state, STATE_STORAGE_CACHE, FILE_CACHE_LIMIT, &text, &err) < 0) {
		if (errno != ENOENT)
			log_debug("%s; every file is read", err.msg);
	} else if (file_cache_read_text(cache, &text, &err) < 0) {
		log_info("the cache of earlier scans of the storage is %s; every file is read",
			 err.msg);
	}
	return cache;
}

struct files {
	const struct file_cache *cache;
	const struct inventory *inventory;
};

static int write_files(const void *ctx, FILE *stream, struct err *err)
{
	const struct files *files = ctx;

	return file_cache_write(files->cache, files->inventory, stream, err);
}

void cache_file_save_files(const struct file_cache *cache, const struct inventory *inventory,
			   const struct state *state)
{
	const struct files files = { cache, inventory };
	struct err err = { 0 };

	if (state && file_cache_is_new(cache) &&
	    state_write_file(state, STATE_STORAGE_CACHE, write_files, &files, &err) < 0)
		log_debug("%s: the next run reads every file", err.msg);
}

struct untagged_seen *cache_file_load_untagged(const struct state *state, bool *known)
{
	struct untagged_seen *seen = untagged_seen_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	*known = true;
	if (!state)
		return seen;
	if (state_read_file(state, UNTAGGED, UNTAGGED_SEEN_LIMIT, &text, &err) < 0)
		*known = errno == ENOENT;
	else if (untagged_seen_parse(seen, text.data, text.length, &err) < 0)
		*known = err_wrap(&err, "the file " UNTAGGED " in paths.state") == 0;
	if (!*known)
		log_warning(
			"%s; since when manifests have had no tag is not known in this run: what "
			"would go by cleanup.untagged_days is kept",
			err.msg);
	return seen;
}

void cache_file_save_untagged(const struct untagged_seen *seen, const struct state *state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!seen || !state)
		return;
	untagged_seen_print(seen, &text);
	if (text.length > UNTAGGED_SEEN_LIMIT)
		err_set(&err, ERR_IO,
			"the file " UNTAGGED " in paths.state would be longer than 256 MiB");
	if (err.kind == ERR_NONE && state_replace_file(state, UNTAGGED, &text, &err) == 0)
		return;
	log_warning("%s; manifests without a tag stay for longer than cleanup.untagged_days",
		    err.msg);
}

void cache_file_add_untagged(struct untagged_seen *seen, const struct inventory *inventory,
			     const struct plan *plan, const struct outcome *outcome, int64_t now)
{
	CLEANUP(free_p)
	bool *tagged = xcalloc(inventory->manifest_count + 1, sizeof *tagged);

	for (uint32_t t = 0; t < inventory->tag_count && seen; t++) {
		uint32_t manifest = inventory->tags[t].manifest;

		if (manifest != INVENTORY_NONE)
			tagged[manifest] |= outcome->tags[t] != TAG_DELETED;
	}
	for (uint32_t t = 0; t < inventory->tag_count && seen; t++) {
		uint32_t manifest = inventory->tags[t].manifest;

		if (outcome->tags[t] == TAG_DELETED && manifest != INVENTORY_NONE &&
		    !tagged[manifest] && !plan->manifests[manifest].goes)
			untagged_seen_add(seen, inventory_tag_repository(inventory, t),
					  inventory_digest(inventory, manifest), now);
	}
}
