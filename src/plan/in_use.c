/* Marks what is named, then climbs from parts to the indexes that list them, or may list them. */
#include "plan/in_use.h"

#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "inventory/shown.h"
#include "inventory/walk.h"
#include "lists/image_refs.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "util/strtab.h"
#include "util/xalloc.h"

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

static bool is_named(const struct inventory *inventory, const struct image_refs *in_use,
		     uint32_t id)
{
	const char *config = config_digest(inventory, id);

	return image_refs_has_digest(in_use, inventory_digest(inventory, id)) ||
	       (config && image_refs_has_digest(in_use, config));
}

struct parts {
	const struct inventory *inventory;
	struct plan_manifest *manifests;
};

/* What no tag shows may be a part of any image there. */
static void mark_whole(void *ctx, const char *repository, const char *digest)
{
	struct parts *parts = ctx;
	uint32_t id = inventory_repository_find(parts->inventory, repository);

	if (id == INVENTORY_NONE || inventory_shows(parts->inventory, id, digest))
		return;
	for (uint32_t m = parts->inventory->repositories[id].first_manifest; m != INVENTORY_NONE;
	     m = parts->inventory->manifests[m].next)
		parts->manifests[m].in_use = true;
}

static void mark_named(const struct inventory *inventory, const struct image_refs *in_use,
		       struct plan_manifest *manifests)
{
	struct parts parts = { inventory, manifests };

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[t];

		if (tag->manifest != INVENTORY_NONE &&
		    image_refs_has_tag(in_use, inventory_tag_repository(inventory, t), tag->name))
			manifests[tag->manifest].in_use = true;
	}
	if (inventory->opaque)
		image_refs_each_digest(in_use, mark_whole, &parts);
}

void plan_in_use(const struct inventory *inventory, const struct policy *policy,
		 const struct plan_graph *graph, struct plan_manifest *manifests)
{
	const struct plan_edges *const above[] = { &graph->parents, &graph->wholes };
	CLEANUP(inventory_walk_end) struct inventory_walk walk = { 0 };
	uint32_t id;

	if (!policy->in_use)
		return;
	mark_named(inventory, policy->in_use, manifests);
	walk = inventory_walk_begin(inventory);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (manifests[m].in_use || is_named(inventory, policy->in_use, m))
			inventory_walk_add(&walk, m);
	}
	while ((id = inventory_walk_next(&walk)) != INVENTORY_NONE) {
		manifests[id].in_use = true;
		/* An engine may call an image of several platforms by the digest of its own part.
		 */
		for (size_t e = 0; e < sizeof above / sizeof *above; e++) {
			for (uint32_t i = above[e]->first[id]; i < above[e]->first[id + 1]; i++)
				inventory_walk_add(&walk, above[e]->items[i]);
		}
	}
}

struct matching {
	const struct image_refs *in_use;
	bool *found; /* by ID */
	struct plan_in_use_unknown unknown;
};

static void note_found(struct matching *matching, const char *digest)
{
	size_t id = digest ? image_refs_id_of(matching->in_use, digest) : IN_USE_NO_ID;

	if (id != IN_USE_NO_ID)
		matching->found[id] = true;
}

static void note_unknown(void *ctx, const char *hex)
{
	struct matching *matching = ctx;

	if (matching->found[image_refs_id_of(matching->in_use, hex)])
		return;
	if (matching->unknown.count++ == 0)
		matching->unknown.first = hex;
}

struct plan_in_use_unknown plan_in_use_unknown(const struct inventory *inventory,
					       const struct image_refs *in_use)
{
	CLEANUP(free_p)
	bool *found = xcalloc(image_refs_count(in_use).ids + 1, sizeof *found);
	struct matching matching = { .in_use = in_use, .found = found };

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (inventory->opaque && inventory->manifests[m].kind != MANIFEST_OPAQUE)
			continue;
		note_found(&matching, inventory_digest(inventory, m));
		note_found(&matching, config_digest(inventory, m));
	}
	(inventory->opaque ? image_refs_each_bare_id
			   : image_refs_each_plain_id)(in_use, note_unknown, &matching);
	return matching.unknown;
}
