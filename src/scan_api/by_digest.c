/* Rounds: those of one are answered before what they mention is asked for. */
#include "scan_api/by_digest.h"

#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "inventory/verified_body.h"
#include "registry/api.h"
#include "util/progress.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#define AT_ONCE 1000 /* requests that wait in memory */

struct reading {
	struct inventory *inventory;
	struct api *api;
	struct http *http;
	struct u64map *asked; /* manifests */
};

struct visit {
	struct inventory *inventory;
	uint32_t manifest;
};

/* Numbers of manifests. */
struct list {
	uint32_t *items;
	size_t count, capacity;
};

static void on_answer(void *ctx, const struct api_answer *answer)
{
	const struct visit *visit = ctx;
	struct inventory *inventory = visit->inventory;
	uint32_t id = visit->manifest;
	char why[INVENTORY_WHY];

	if (answer->response->failure == HTTP_ABANDONED)
		return;
	if (answer->outcome == API_ABSENT)
		inventory->manifests[id].kind = MANIFEST_MISSING;
	else if (answer->outcome != API_OK)
		inventory_fault_manifest(inventory, false, id, answer->why);
	else if (inventory_body(inventory, inventory->manifests[id].repository,
				inventory_digest(inventory, id), answer->response,
				why) == INVENTORY_NONE)
		inventory_fault_manifest(inventory, false, id, why);
}

static int ask(struct reading *reading, const uint32_t *manifests, size_t count, struct err *err)
{
	struct inventory *inventory = reading->inventory;
	CLEANUP(free_p) struct visit *visits = xcalloc(count, sizeof *visits);

	for (size_t i = 0; i < count; i++) {
		uint32_t repository = inventory->manifests[manifests[i]].repository;

		visits[i] = (struct visit){ inventory, manifests[i] };
		api_manifest(reading->api, inventory->repositories[repository].name,
			     inventory_digest(inventory, manifests[i]), NULL, on_answer,
			     &visits[i]);
	}
	return http_run(reading->http, err);
}

static void add(const struct reading *reading, struct list *next, uint32_t manifest)
{
	if (manifest == INVENTORY_NONE ||
	    reading->inventory->manifests[manifest].kind != MANIFEST_UNSEEN ||
	    u64map_get(reading->asked, manifest) != U64MAP_NONE)
		return;
	u64map_set(reading->asked, manifest, 0);
	GROW(next->items, next->count, next->capacity);
	next->items[next->count++] = manifest;
}

static void add_mentioned(const struct reading *reading, struct list *next, uint32_t manifest)
{
	const struct inventory *inventory = reading->inventory;
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	for (uint32_t i = 0; i < entry->child_count; i++)
		add(reading, next, inventory->children[entry->children + i].manifest);
	add(reading, next, entry->subject);
}

static int read_round(struct reading *reading, const struct list *round, struct list *next,
		      struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < round->count && result == 0; i += AT_ONCE) {
		size_t count = round->count - i < AT_ONCE ? round->count - i : AT_ONCE;

		progress("reading manifests without a tag: %zu of %zu", i, round->count);
		result = ask(reading, round->items + i, count, err);
	}
	for (size_t i = 0; i < round->count; i++)
		add_mentioned(reading, next, round->items[i]);
	return result;
}

int scan_api_by_digest(struct inventory *inventory, const uint32_t *manifests, size_t count,
		       struct api *api, struct http *http, struct err *err)
{
	struct reading reading = { inventory, api, http, u64map_new() };
	struct list round = { 0 };
	int result = 0;

	for (size_t i = 0; i < count; i++)
		add(&reading, &round, manifests[i]);
	while (round.count > 0 && result == 0) {
		struct list next = { 0 };

		result = read_round(&reading, &round, &next, err);
		free(round.items);
		round = next;
	}
	progress_end();
	free(round.items);
	u64map_free(reading.asked);
	return result;
}
