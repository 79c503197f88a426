/* Gathers what tags need, and keeps what is known of it. */
#include "verify/needs.h"

#include "inventory/inventory.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"
#include "verify/walk.h"

static void add_item(struct verify *verify, struct u64map *known, uint32_t repository,
		     uint32_t reference)
{
	const struct inventory *inventory = verify->inventory;
	uint32_t blob = inventory->references[reference];
	uint64_t key = (uint64_t)repository << 32 | blob;
	uint32_t item = u64map_get(known, key);

	if (inventory_statement(inventory, reference).foreign)
		return;
	if (item == U64MAP_NONE) {
		item = (uint32_t)verify->item_count;
		GROW(verify->items, verify->item_count, verify->item_capacity);
		verify->items[verify->item_count++] =
			(struct verify_item){ .repository = repository, .blob = blob };
		u64map_set(known, key, item);
	}
	verify->items_of[reference] = item;
}

struct verify *verify_new(const struct inventory *inventory)
{
	struct verify *verify = xcalloc(1, sizeof *verify);
	struct verify_walk walk = verify_walk_begin(inventory);
	struct u64map *known = u64map_new();

	verify->inventory = inventory;
	verify->items_of = xmalloc((inventory->reference_count + 1) * sizeof *verify->items_of);
	for (size_t i = 0; i < inventory->reference_count; i++)
		verify->items_of[i] = INVENTORY_NONE;
	walk.round = 1;
	for (size_t t = 0; t < inventory->tag_count; t++) {
		uint32_t id = INVENTORY_NONE;

		if (inventory->tags[t].state != TAG_READ)
			continue;
		verify_walk_push(&walk, inventory->tags[t].manifest);
		while ((id = verify_walk_next(&walk)) != INVENTORY_NONE) {
			const struct inventory_manifest *manifest = &inventory->manifests[id];

			for (uint32_t i = 0; i < manifest->blob_count; i++)
				add_item(verify, known, manifest->repository, manifest->blobs + i);
		}
	}
	u64map_free(known);
	verify_walk_end(&walk);
	return verify;
}

void verify_free(struct verify *verify)
{
	if (!verify)
		return;
	for (size_t i = 0; i < verify->item_count; i++)
		free(verify->items[i].why);
	free(verify->items);
	free(verify->items_of);
	free(verify);
}

const char *verify_item_digest(const struct verify *verify, size_t item)
{
	const struct inventory *inventory = verify->inventory;

	return strtab_text(inventory->digests, inventory->blobs[verify->items[item].blob].digest);
}

const char *verify_item_repository(const struct verify *verify, size_t item)
{
	return verify->inventory->repositories[verify->items[item].repository].name;
}

void verify_answer(struct verify *verify, size_t item, const struct verify_answer *answer)
{
	struct verify_item *entry = &verify->items[item];

	entry->fault = (uint8_t)answer->fault;
	entry->found = answer->found;
	free(entry->why);
	entry->why = answer->why[0] ? xstrdup(answer->why) : NULL;
}

void verify_result_clear(struct verify_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++)
		free(result->findings[i].what);
	free(result->findings);
	free(result->sparse_tags);
	*result = (struct verify_result){ 0 };
}
