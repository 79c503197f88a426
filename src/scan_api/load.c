/* The first reading of a registry: its catalog, then a scan of every repository. */
#include "scan_api/load.h"

#include "config/config.h"
#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "scan_api/cache.h"
#include "scan_api/scan.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/xalloc.h"

/* A catalog may leave out what an operator asks for. */
static void add_asked_for(struct inventory *inventory)
{
	const struct string_list *names = inventory->asked_for;

	for (size_t i = 0; names && i < names->count; i++) {
		const char *name = names->items[i];

		if (!api_repository_valid(name) ||
		    inventory_repository_find(inventory, name) != INVENTORY_NONE)
			continue;
		inventory->repositories[inventory_repository(inventory, name)].unlisted = true;
	}
}

static const char NAME_THEM[] = "; name those to work on in registry.repositories";

/* Who we are may not see the list. */
static bool is_refusal(const struct api_list *list)
{
	const struct http_response *response = list->response;

	return list->trouble && list->count == 0 &&
	       (response->status == 401 || response->status == 403);
}

/* Such a registry has no list. */
static bool is_missing(const struct api_list *list)
{
	return list->count == 0 && (list->response->status == 404 || list->response->status == 405);
}

static void on_catalog(void *ctx, const struct api_list *list)
{
	struct scan *scan = ctx;
	struct inventory *inventory = scan->inventory;

	scan->in_flight--;
	if (scan_given_up(scan, list->response))
		return;
	scan->refused = is_refusal(list);
	if (list->trouble) {
		inventory_catalog_trouble(inventory, list->trouble);
		inventory->failures++;
		log_error("the list of repositories is not complete: %s%s", list->trouble,
			  is_missing(list) ? NAME_THEM : "");
	}
	for (size_t i = 0; i < list->count; i++) {
		if (api_repository_valid(list->names[i]))
			inventory_repository(inventory, list->names[i]);
		else
			inventory_fault_name(inventory, list->names[i]);
	}
	if (list->plain < list->count)
		log_warning("the registry's own pages name %zu repositories; asked in other ways, "
			    "it names %zu: some are in none of its pages, and all are looked at",
			    list->plain, list->count);
	add_asked_for(inventory);
	for (uint32_t i = 0; i < inventory->repository_count; i++)
		scan_ask_tags(scan, i);
	scan_pump(scan);
}

int scan_api_load(struct inventory *inventory, struct api *api, struct http *http, unsigned window,
		  struct cache *cache, struct err *err)
{
	struct scan scan = { .inventory = inventory,
			     .api = api,
			     .dates = image_dates_new(),
			     .window = window,
			     .in_flight = 1 };
	int result;

	if (cache) {
		scan.known.inventory = cache->known;
		scan.known.manifests = INVENTORY_CACHE_SHELF;
		image_dates_remember(scan.dates, cache->known_dates, cache->known);
	}
	progress("listing the repositories");
	catalog_list(api, on_catalog, &scan);
	result = http_run(http, err);
	if (result == 0 && scan.refused)
		result = err_set(err, ERR_UNREACHABLE,
				 "the registry refuses to list its repositories: %s%s",
				 inventory->catalog_trouble, NAME_THEM);
	if (cache) {
		image_dates_free(cache->dates);
		cache->dates = steal(&scan.dates);
		cache->taken = scan.known.taken;
	}
	scan_clear(&scan);
	return result;
}
