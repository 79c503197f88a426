/* Looks at every manifest that stays; only where there is something, for the tags that lead to it.
 */
#include "forecast/hazards.h"

#include "forecast/marks.h"
#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "inventory/walk.h"
#include "oci/digest.h"
#include "plan/plan.h"
#include "util/strtab.h"
#include "util/xalloc.h"

struct search {
	const struct inventory *inventory;
	const struct plan *plan;
	bool deleted;
	struct hazards found;
	size_t capacity;
	uint32_t *tags; /* by manifest: a tag that leads there */
};

static bool stays(const struct search *search, uint32_t manifest)
{
	if (!forecast_marks(search->inventory, manifest))
		return false;
	if (!search->plan || !search->plan->manifests[manifest].goes)
		return true;
	return search->deleted && !search->inventory->manifests[manifest].gone;
}

static bool tag_stays(const struct search *search, uint32_t tag)
{
	return !search->plan || !search->plan->tags[tag].goes || search->deleted;
}

/* Whether the blob named DIGEST is not stored under that name, as far as is known. */
static bool is_elsewhere(const struct inventory *inventory, uint32_t digest)
{
	const char *text = strtab_text(inventory->digests, digest);
	uint32_t blob;

	if (digest_canonical(text))
		return false;
	if (!inventory->from_storage)
		return true;
	if (inventory_stored(inventory, digest) != digest)
		return true;
	blob = inventory_blob_find(inventory, text);
	return blob == INVENTORY_NONE || inventory->blobs[blob].stored == INVENTORY_ABSENT;
}

/* A foreign layer that no link knows is not there, as its manifest says. */
static bool is_blind_to(const struct inventory *inventory, uint32_t reference)
{
	uint32_t digest = inventory->blobs[inventory->references[reference]].digest;

	if (!is_elsewhere(inventory, digest))
		return false;
	return !inventory->from_storage || inventory_alias_known(inventory, digest) ||
	       !inventory_statement(inventory, reference).foreign;
}

static void add(struct search *search, enum hazard_kind kind, uint32_t manifest, uint32_t digest)
{
	struct hazards *found = &search->found;

	GROW(found->items, found->count, search->capacity);
	found->items[found->count++] = (struct hazard){
		.kind = (uint8_t)kind, .manifest = manifest, .digest = digest, .tag = INVENTORY_NONE
	};
	found->counts[kind]++;
}

static void look_at(struct search *search, uint32_t manifest)
{
	const struct inventory *inventory = search->inventory;
	const struct inventory_manifest *entry = &inventory->manifests[manifest];

	if (entry->unsupported)
		add(search, HAZARD_TYPE, manifest, entry->digest);
	if (is_elsewhere(inventory, entry->digest)) {
		add(search, HAZARD_ALIAS, manifest, entry->digest);
		return;
	}
	for (uint32_t i = 0; i < entry->blob_count; i++) {
		if (is_blind_to(inventory, entry->blobs + i)) {
			uint32_t blob = inventory->references[entry->blobs + i];

			add(search, HAZARD_ALIAS, manifest, inventory->blobs[blob].digest);
			return;
		}
	}
}

/* Sets the tag of MANIFEST and of all that it lists, unless they have one. */
static void reach(struct search *search, struct inventory_walk *walk, uint32_t manifest,
		  uint32_t tag)
{
	inventory_walk_add(walk, manifest);
	while ((manifest = inventory_walk_next(walk)) != INVENTORY_NONE) {
		search->tags[manifest] = tag;
		inventory_walk_add_children(walk, manifest);
	}
}

static void find_tags(struct search *search)
{
	const struct inventory *inventory = search->inventory;
	size_t manifests = inventory->manifest_count + 1;
	CLEANUP(free_p) uint32_t *tags = xmalloc(manifests * sizeof *tags);
	CLEANUP(inventory_walk_end) struct inventory_walk walk = inventory_walk_begin(inventory);

	for (size_t m = 0; m < manifests; m++)
		tags[m] = INVENTORY_NONE;
	search->tags = tags;
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[t];

		if (tag_stays(search, t))
			reach(search, &walk,
			      tag->manifest == INVENTORY_NONE ? tag->unread : tag->manifest, t);
	}
	for (size_t i = 0; i < search->found.count; i++)
		search->found.items[i].tag = tags[search->found.items[i].manifest];
}

struct hazards hazards_find(const struct inventory *inventory, const struct plan *plan,
			    bool deleted)
{
	struct search search = { .inventory = inventory, .plan = plan, .deleted = deleted };

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (stays(&search, m))
			look_at(&search, m);
	}
	if (search.found.count > 0)
		find_tags(&search);
	return search.found;
}

void hazards_clear(struct hazards *hazards)
{
	free(hazards->items);
	*hazards = (struct hazards){ 0 };
}
