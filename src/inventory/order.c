/* Sorts numbers by the names that they stand for. */
#include "inventory/order.h"

#include "inventory/inventory.h"
#include "util/xalloc.h"

#include <stdlib.h>
#include <string.h>

static int compare_repositories(const void *left, const void *right, void *ctx)
{
	const struct inventory *inventory = ctx;
	const uint32_t *one = left, *other = right;

	return strcmp(inventory->repositories[*one].name, inventory->repositories[*other].name);
}

static int compare_tags(const void *left, const void *right, void *ctx)
{
	const struct inventory *inventory = ctx;
	const uint32_t *one = left, *other = right;

	return strcmp(inventory->tags[*one].name, inventory->tags[*other].name);
}

uint32_t *inventory_order_repositories(const struct inventory *inventory)
{
	void *ctx = (void *)(uintptr_t)inventory; /* qsort_r's argument is not const */
	uint32_t *order = xcalloc(inventory->repository_count + 1, sizeof *order);

	for (uint32_t r = 0; r < inventory->repository_count; r++)
		order[r] = r;
	qsort_r(order, inventory->repository_count, sizeof *order, compare_repositories, ctx);
	return order;
}

/* The tags of a repository follow one another. */
uint32_t *inventory_order_tags(const struct inventory *inventory)
{
	void *ctx = (void *)(uintptr_t)inventory;
	CLEANUP(free_p) uint32_t *repositories = inventory_order_repositories(inventory);
	uint32_t *order = xcalloc(inventory->tag_count + 1, sizeof *order);
	size_t count = 0;

	for (size_t r = 0; r < inventory->repository_count; r++) {
		const struct inventory_repository *repository =
			&inventory->repositories[repositories[r]];

		for (uint32_t i = 0; i < repository->tag_count; i++)
			order[count + i] = repository->first_tag + i;
		qsort_r(&order[count], repository->tag_count, sizeof *order, compare_tags, ctx);
		count += repository->tag_count;
	}
	if (count != inventory->tag_count)
		die_internal("%zu of %zu tags have a repository", count, inventory->tag_count);
	return order;
}
