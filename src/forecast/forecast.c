/* Goes over all references once: whose they are now, and whose after the run. */
#include "forecast/forecast.h"

#include "forecast/exclusive.h"
#include "forecast/marks.h"
#include "forecast/reach.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#define NOBODY  UINT32_MAX       /* no repository */
#define SEVERAL (UINT32_MAX - 1) /* more than one of them */

/* Of one digest: the repository that refers to it. */
struct owner {
	uint32_t before; /* now */
	uint32_t after;  /* by manifests that stay */
	bool tagged;     /* a tag that stays leads to one of these */
};

struct tally {
	const struct inventory *inventory;
	const struct plan *plan;
	struct forecast *forecast;
	struct plan_graph graph;
	const bool *led_to; /* each manifest: a tag that stays leads to it */
	struct owner *owners;
	uint64_t *sizes;
};

static bool goes(const struct tally *tally, uint32_t manifest)
{
	return tally->plan && tally->plan->manifests[manifest].goes;
}

static void own(uint32_t *owner, uint32_t repository)
{
	if (*owner == NOBODY)
		*owner = repository;
	else if (*owner != repository)
		*owner = SEVERAL;
}

static void mark(struct tally *tally, uint32_t id)
{
	uint32_t repository = tally->inventory->manifests[id].repository;
	uint32_t count = forecast_mark_count(tally->inventory, id);

	for (uint32_t i = 0; i < count; i++) {
		struct owner *owner = &tally->owners[forecast_mark(tally->inventory, id, i)];

		own(&owner->before, repository);
		if (goes(tally, id))
			continue;
		own(&owner->after, repository);
		owner->tagged |= tally->led_to[id];
	}
}

static void mark_all(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (!forecast_marks(inventory, m))
			continue;
		mark(tally, m);
		tally->forecast->unread += inventory->manifests[m].kind == MANIFEST_UNREADABLE;
	}
}

static void add_freed(struct forecast *forecast, uint32_t owner, uint64_t size)
{
	uint64_t *part = &forecast->garbage;

	if (owner == SEVERAL)
		part = &forecast->shared;
	else if (owner != NOBODY)
		part = &forecast->repositories[owner].freed;
	*part = forecast_add(*part, size);
	forecast->bytes = forecast_add(forecast->bytes, size);
	forecast->blobs++;
}

static void add_untagged(struct forecast *forecast, uint32_t owner, uint64_t size)
{
	forecast->untagged = forecast_add(forecast->untagged, size);
	if (owner != SEVERAL)
		forecast->repositories[owner].untagged =
			forecast_add(forecast->repositories[owner].untagged, size);
}

static void add_up(struct tally *tally)
{
	bool complete = tally->forecast->complete;
	size_t count = strtab_count(tally->inventory->digests);

	for (size_t d = 0; d < count; d++) {
		const struct owner *owner = &tally->owners[d];

		if (tally->sizes[d] == INVENTORY_ABSENT)
			continue;
		if (owner->after != NOBODY) {
			if (complete && !owner->tagged)
				add_untagged(tally->forecast, owner->after, tally->sizes[d]);
		} else if (complete || owner->before != NOBODY) {
			add_freed(tally->forecast, owner->before, tally->sizes[d]);
		}
	}
}

static struct forecast *new_forecast(const struct inventory *inventory)
{
	struct forecast *forecast = xcalloc(1, sizeof *forecast);

	forecast->complete = inventory->from_storage;
	forecast->tags = xcalloc(inventory->tag_count + 1, sizeof *forecast->tags);
	forecast->repositories =
		xcalloc(inventory->repository_count + 1, sizeof *forecast->repositories);
	return forecast;
}

static struct forecast *build(const struct inventory *inventory, const struct plan *plan)
{
	size_t digests = strtab_count(inventory->digests);
	CLEANUP(free_p) bool *led_to = NULL;
	CLEANUP(free_p) struct owner *owners = xcalloc(digests + 1, sizeof *owners);
	CLEANUP(free_p) uint64_t *sizes = forecast_sizes(inventory);
	struct tally tally = { .inventory = inventory,
			       .plan = plan,
			       .forecast = new_forecast(inventory),
			       .owners = owners,
			       .sizes = sizes };

	for (size_t d = 0; d < digests; d++)
		owners[d].before = owners[d].after = NOBODY;
	plan_graph_build(&tally.graph, inventory);
	led_to = forecast_reach(inventory, plan, &tally.graph);
	tally.led_to = led_to;
	mark_all(&tally);
	add_up(&tally);
	/* What follows takes the most memory. */
	free(steal(&owners));
	free(steal(&led_to));
	forecast_tags(inventory, &tally.graph, sizes, tally.forecast->tags);
	plan_graph_clear(&tally.graph);
	return tally.forecast;
}

struct forecast *forecast_build(const struct inventory *inventory, const struct plan *plan)
{
	struct forecast *forecast;

	if (!inventory->opaque)
		return build(inventory, plan);
	forecast = new_forecast(inventory);
	for (size_t t = 0; t < inventory->tag_count; t++)
		forecast->tags[t] = FORECAST_UNKNOWN;
	return forecast;
}

void forecast_free(struct forecast *forecast)
{
	if (!forecast)
		return;
	free(forecast->tags);
	free(forecast->repositories);
	free(forecast);
}
