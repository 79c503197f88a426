/* Marks what is named, then climbs from parts to the indexes that list them. */
#include "plan_in_use.h"

#include "in_use.h"
#include "inventory.h"
#include "inventory_alias.h"
#include "plan.h"
#include "plan_graph.h"
#include "policy.h"
#include "util/strtab.h"

/* The digest of the config comes first among an image's blobs. An engine calls an image by the
 * digest that it computes of that, whatever the manifest calls it. */
static const char *config_digest(const struct inventory *inventory, uint32_t id)
{
	const struct inventory_manifest *manifest = &inventory->manifests[id];
	uint32_t blob;

	if (manifest->blob_count == 0 ||
	    (manifest->kind != MANIFEST_IMAGE && manifest->kind != MANIFEST_ARTIFACT))
		return NULL;
	blob = inventory->references[manifest->blobs];
	return strtab_text(inventory->digests,
			   inventory_stored(inventory, inventory->blobs[blob].digest));
}

static bool is_named(const struct inventory *inventory, const struct in_use *in_use, uint32_t id)
{
	const char *config = config_digest(inventory, id);

	return in_use_has_digest(in_use, inventory_digest(inventory, id)) ||
	       (config && in_use_has_digest(in_use, config));
}

void plan_in_use(const struct inventory *inventory, const struct policy *policy,
		 const struct plan_graph *graph, struct plan_manifest *manifests, uint32_t *queue)
{
	const uint32_t *first = graph->parents.first;
	size_t queued = 0;

	if (!policy->in_use)
		return;
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[t];

		if (tag->manifest != INVENTORY_NONE &&
		    in_use_has_tag(policy->in_use, inventory_tag_repository(inventory, t),
				   tag->name))
			manifests[tag->manifest].in_use = true;
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		manifests[m].in_use |= is_named(inventory, policy->in_use, m);
		if (manifests[m].in_use)
			queue[queued++] = m;
	}
	for (size_t done = 0; done < queued; done++) {
		for (uint32_t i = first[queue[done]]; i < first[queue[done] + 1]; i++) {
			uint32_t parent = graph->parents.items[i];

			if (!manifests[parent].in_use)
				queue[queued++] = parent;
			manifests[parent].in_use = true;
		}
	}
}
