/* The first reading of a registry: its catalog, then a scan of every repository. */
#include "inventory_api.h"

#include "http/engine.h"
#include "inventory.h"
#include "inventory_cache.h"
#include "inventory_dates.h"
#include "inventory_faults.h"
#include "inventory_scan.h"
#include "registry/api.h"
#include "util/log.h"
#include "util/xalloc.h"

static void on_catalog(void *ctx, const struct api_list *list)
{
	struct scan *scan = ctx;
	struct inventory *inventory = scan->inventory;

	scan->in_flight--;
	if (scan_given_up(scan, list->response))
		return;
	scan->refused = list->response->status == 401 || list->response->status == 403;
	if (list->trouble) {
		inventory_catalog_trouble(inventory, list->trouble);
		inventory->failures++;
		log_error("the list of repositories is not complete: %s", list->trouble);
	}
	for (size_t i = 0; i < list->count; i++) {
		if (api_repository_valid(list->names[i]))
			inventory_repository(inventory, list->names[i]);
		else
			inventory_fault_name(inventory, list->names[i]);
	}
	for (uint32_t i = 0; i < inventory->repository_count; i++)
		scan_ask_tags(scan, i);
	scan_pump(scan);
}

int inventory_api_load(struct inventory *inventory, struct api *api, struct http *http,
		       unsigned window, struct inventory_cache *cache, struct err *err)
{
	struct scan scan = { .inventory = inventory,
			     .api = api,
			     .dates = dates_new(),
			     .window = window,
			     .in_flight = 1 };
	int result;

	if (cache) {
		scan.known = cache->known;
		scan.known_manifests = INVENTORY_CACHE_SHELF;
		dates_remember(scan.dates, cache->known_dates, cache->known);
	}
	api_repositories(api, on_catalog, &scan);
	result = http_run(http, err);
	if (result == 0 && scan.refused)
		result = err_set(err, ERR_UNREACHABLE,
				 "the registry refuses to list its repositories: %s",
				 inventory->catalog_trouble);
	if (cache) {
		dates_free(cache->dates);
		cache->dates = steal(&scan.dates);
		cache->taken = scan.taken;
	}
	scan_clear(&scan);
	return result;
}
