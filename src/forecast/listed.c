/* A collector prints digests and no sizes, which manifests state. */
#include "forecast/listed.h"

#include "forecast/collector_marks.h"
#include "forecast/marks.h"
#include "forecast/reach.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>

/* As forecast_sizes, without those that manifests contradict each other about. */
static uint64_t *agreed_sizes(const struct inventory *inventory)
{
	uint64_t *sizes = forecast_sizes(inventory);

	for (size_t i = 0; i < inventory->statement_count && !inventory->from_storage; i++) {
		const struct inventory_statement *said = &inventory->statements[i];
		const struct inventory_blob *blob =
			&inventory->blobs[inventory->references[said->reference]];

		if (said->size != blob->size)
			sizes[blob->digest] = INVENTORY_ABSENT;
	}
	return sizes;
}

struct listed_blobs listed_blobs_weigh(const struct inventory *inventory,
				       const struct strtab *listed)
{
	CLEANUP(free_p) uint64_t *sizes = agreed_sizes(inventory);
	struct listed_blobs sum = { 0 };

	for (uint32_t i = 0; i < strtab_count(listed); i++) {
		const char *digest = strtab_text(listed, i);
		uint32_t known = strtab_find(inventory->digests, digest, strlen(digest));

		if (strchr(digest, ' '))
			continue;
		sum.count++;
		if (known == STRTAB_NONE || sizes[known] == INVENTORY_ABSENT)
			sum.unsized++;
		else
			sum.bytes = forecast_add(sum.bytes, sizes[known]);
	}
	return sum;
}

uint32_t *listed_untagged(const struct inventory *inventory, const struct collector_marks *marks,
			  size_t *count)
{
	size_t marked = collector_marks_count(marks);
	uint32_t *untagged = xcalloc(marked + 1, sizeof *untagged);
	CLEANUP(free_p) bool *reached = NULL;
	struct plan_graph graph = { 0 };

	plan_graph_build(&graph, inventory);
	reached = forecast_reach(inventory, NULL, &graph);
	plan_graph_clear(&graph);
	*count = 0;
	for (uint32_t i = 0; i < marked; i++) {
		uint32_t repository =
			inventory_repository_find(inventory, collector_marks_repository(marks, i));
		uint32_t manifest;

		if (repository == INVENTORY_NONE || inventory->repositories[repository].trouble)
			continue;
		manifest = inventory_manifest_find(inventory, repository,
						   collector_marks_digest(marks, i));
		if (manifest == INVENTORY_NONE || !reached[manifest])
			untagged[(*count)++] = i;
	}
	return untagged;
}
