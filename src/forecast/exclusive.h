/* Bytes that each tag holds exclusively. For src/forecast/forecast.c and usage_tags.c. */
#ifndef FORECAST_EXCLUSIVE_H
#define FORECAST_EXCLUSIVE_H

#include <stdint.h>

struct inventory;
struct plan_graph;

/* Adds to TAGS (as inventory.tags) what forecast/forecast.h says of its `tags`; SIZES:
 * forecast_sizes. */
void forecast_tags(const struct inventory *inventory, const struct plan_graph *graph,
		   const uint64_t *sizes, uint64_t *tags);

#endif
