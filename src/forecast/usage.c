/* Goes over all references, repository by repository: a blob met in a second one is shared. */
#include "forecast/usage.h"

#include "forecast/marks.h"
#include "forecast/reach.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

#define NOBODY  UINT32_MAX       /* no repository */
#define SEVERAL (UINT32_MAX - 1) /* more than one of them */

struct survey {
	const struct inventory *inventory;
	const uint64_t *sizes;  /* of each digest */
	const uint32_t *owners; /* of each digest: a repository, NOBODY or SEVERAL */
	uint32_t *stamps;       /* of each digest: who has counted it last */
};

uint64_t usage_size(const struct space_part *part)
{
	return forecast_add(part->alone, part->shared);
}

static void add(uint64_t *sum, uint64_t size)
{
	*sum = forecast_add(*sum, size);
}

static uint32_t *new_numbers(size_t count)
{
	uint32_t *numbers = xmalloc((count + 1) * sizeof *numbers);

	for (size_t i = 0; i < count; i++)
		numbers[i] = NOBODY;
	return numbers;
}

static uint32_t marks_of(const struct inventory *inventory, uint32_t manifest)
{
	return forecast_marks(inventory, manifest) ? forecast_mark_count(inventory, manifest) : 0;
}

/* The caller frees it. */
static uint32_t *find_owners(const struct inventory *inventory)
{
	uint32_t *owners = new_numbers(strtab_count(inventory->digests));

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t repository = inventory->manifests[m].repository;
		uint32_t count = marks_of(inventory, m);

		for (uint32_t i = 0; i < count; i++) {
			uint32_t *owner = &owners[forecast_mark(inventory, m, i)];

			*owner = *owner == NOBODY || *owner == repository ? repository : SEVERAL;
		}
	}
	return owners;
}

/* Adds what REPOSITORY shares, and no one with the same STAMP has added. */
static void add_shared(struct survey *survey, uint32_t repository, uint32_t stamp, uint64_t *shared)
{
	const struct inventory *inventory = survey->inventory;
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		uint32_t count = marks_of(inventory, m);

		for (uint32_t i = 0; i < count; i++) {
			uint32_t digest = forecast_mark(inventory, m, i);

			if (survey->owners[digest] != SEVERAL || survey->stamps[digest] == stamp ||
			    survey->sizes[digest] == INVENTORY_ABSENT)
				continue;
			survey->stamps[digest] = stamp;
			add(shared, survey->sizes[digest]);
		}
	}
}

static void count_manifests(struct usage *space, const struct inventory *inventory)
{
	CLEANUP(free_p) bool *led_to = NULL;
	struct plan_graph graph;

	plan_graph_build(&graph, inventory);
	led_to = forecast_reach(inventory, NULL, &graph);
	plan_graph_clear(&graph);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];

		if (!forecast_marks(inventory, m))
			continue;
		space->repositories[manifest->repository].manifests++;
		space->unread += manifest->kind == MANIFEST_UNREADABLE;
		if (space->complete && !led_to[m])
			space->repositories[manifest->repository].untagged++;
	}
}

static void add_blobs(struct usage *space, const struct survey *survey)
{
	size_t count = strtab_count(survey->inventory->digests);

	for (size_t d = 0; d < count; d++) {
		uint32_t owner = survey->owners[d];
		uint64_t size = survey->sizes[d];

		if (size == INVENTORY_ABSENT || (owner == NOBODY && !space->complete))
			continue;
		space->blobs++;
		add(&space->bytes, size);
		if (owner == SEVERAL) {
			add(&space->all.shared, size);
		} else if (owner == NOBODY) {
			add(&space->garbage, size);
			space->garbage_blobs++;
		} else {
			add(&space->repositories[owner].alone, size);
		}
	}
}

static void add_repositories(struct usage *space, struct survey *survey)
{
	const struct inventory *inventory = survey->inventory;

	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		struct space_part *part = &space->repositories[r];

		part->tags = inventory->repositories[r].tag_count;
		add_shared(survey, r, r, &part->shared);
		space->all.tags += part->tags;
		space->all.manifests += part->manifests;
		space->all.untagged += part->untagged;
		add(&space->all.alone, part->alone);
		space->order[r] = r;
	}
}

struct comparison {
	const struct inventory *inventory;
	const struct usage *space;
};

static int compare(const void *left, const void *right, void *ctx)
{
	const struct comparison *comparison = ctx;
	const struct space_part *parts = comparison->space->repositories;
	const struct inventory_repository *names = comparison->inventory->repositories;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	uint64_t first = usage_size(&parts[a]), second = usage_size(&parts[b]);

	if (first != second)
		return first > second ? -1 : 1;
	if (comparison->inventory->opaque && parts[a].tags != parts[b].tags)
		return parts[a].tags > parts[b].tags ? -1 : 1;
	return strcmp(names[a].name, names[b].name);
}

struct usage *usage_build(const struct inventory *inventory)
{
	CLEANUP(free_p) uint64_t *sizes = forecast_sizes(inventory);
	CLEANUP(free_p) uint32_t *owners = find_owners(inventory);
	CLEANUP(free_p) uint32_t *stamps = new_numbers(strtab_count(inventory->digests));
	struct survey survey = { inventory, sizes, owners, stamps };
	struct usage *space = xcalloc(1, sizeof *space);
	struct comparison comparison = { inventory, space };
	size_t count = inventory->repository_count;

	space->complete = inventory->from_storage;
	space->repositories = xcalloc(count + 1, sizeof *space->repositories);
	space->order = xcalloc(count + 1, sizeof *space->order);
	count_manifests(space, inventory);
	add_blobs(space, &survey);
	add_repositories(space, &survey);
	qsort_r(space->order, count, sizeof *space->order, compare, &comparison);
	return space;
}

struct space_part usage_rest(const struct inventory *inventory, const struct usage *space,
			     size_t first)
{
	CLEANUP(free_p) uint64_t *sizes = forecast_sizes(inventory);
	CLEANUP(free_p) uint32_t *owners = find_owners(inventory);
	CLEANUP(free_p) uint32_t *stamps = new_numbers(strtab_count(inventory->digests));
	struct survey survey = { inventory, sizes, owners, stamps };
	struct space_part rest = { 0 };

	for (size_t i = first; i < inventory->repository_count; i++) {
		const struct space_part *part = &space->repositories[space->order[i]];

		rest.tags += part->tags;
		rest.manifests += part->manifests;
		rest.untagged += part->untagged;
		add(&rest.alone, part->alone);
		add_shared(&survey, space->order[i], 0, &rest.shared);
	}
	return rest;
}

void usage_free(struct usage *space)
{
	if (!space)
		return;
	free(space->repositories);
	free(space->order);
	free(space);
}
