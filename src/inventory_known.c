/* What was read before need not be sent again: tags are asked for under the condition that they
 * have another digest than they had.
 *
 * 304 proves that the tag's link holds that digest, and nothing else: the registry has neither
 * looked for the manifest then, nor, asked for a digest, for anything at all. So only tags are
 * asked under a condition, and what is to be deleted on the word of an earlier run is read anew
 * before (apply_look.c). */
#include "inventory.h"
#include "inventory_api.h"
#include "inventory_dates.h"
#include "inventory_scan.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

static bool is_doubted(const struct scan *scan, uint32_t known_id)
{
	return scan->look && scan->look->doubted && scan->look->doubted[known_id];
}

static bool is_described(const struct inventory_manifest *manifest)
{
	return manifest->kind != MANIFEST_UNSEEN && manifest->kind != MANIFEST_MISSING &&
	       manifest->kind != MANIFEST_UNREADABLE;
}

bool known_take(struct scan *scan, uint32_t manifest)
{
	struct inventory *inventory = scan->inventory;
	const struct inventory *known = scan->known;
	uint32_t id = INVENTORY_NONE;

	if (known && scan->known_manifests != INVENTORY_NONE)
		id = inventory_manifest_find(known, scan->known_manifests,
					     inventory_digest(inventory, manifest));
	if (id == INVENTORY_NONE || known->manifests[id].gone ||
	    !is_described(&known->manifests[id]) || is_doubted(scan, id))
		return false;
	inventory_copy(inventory, manifest, known, id);
	scan->taken++;
	if (scan->look)
		return true;
	inventory->manifests[manifest].remembered = true;
	if (dates_wanted(scan->dates, inventory, manifest))
		scan_ask(scan, ASK_CONFIG, manifest);
	return true;
}

static uint32_t *expectations(struct scan *scan, uint32_t first, uint32_t count)
{
	size_t end = (size_t)first + count;

	while (scan->expected_count < end) {
		GROW(scan->expected, scan->expected_count, scan->expected_capacity);
		scan->expected[scan->expected_count++] = INVENTORY_NONE;
	}
	return scan->expected + first;
}

void known_expect(struct scan *scan, uint32_t repository)
{
	const struct inventory_repository *fresh = &scan->inventory->repositories[repository];
	const struct inventory *known = scan->known;
	uint32_t *expected = expectations(scan, fresh->first_tag, fresh->tag_count);
	const struct inventory_repository *before;
	struct strtab *names;
	uint32_t id = known ? inventory_repository_find(known, fresh->name) : INVENTORY_NONE;

	if (id == INVENTORY_NONE)
		return;
	before = &known->repositories[id];
	names = strtab_new();
	for (uint32_t i = 0; i < before->tag_count; i++) {
		const char *name = known->tags[before->first_tag + i].name;

		strtab_add(names, name, strlen(name));
	}
	for (uint32_t i = 0; i < fresh->tag_count; i++) {
		const char *name = scan->inventory->tags[fresh->first_tag + i].name;
		uint32_t number = strtab_find(names, name, strlen(name));

		if (number != STRTAB_NONE)
			expected[i] = known->tags[before->first_tag + number].manifest;
	}
	strtab_free(names);
}

const char *known_digest(const struct scan *scan, uint32_t tag)
{
	uint32_t id = tag < scan->expected_count ? scan->expected[tag] : INVENTORY_NONE;

	if (id == INVENTORY_NONE || scan->known->manifests[id].gone ||
	    !is_described(&scan->known->manifests[id]) || is_doubted(scan, id))
		return NULL;
	return inventory_digest(scan->known, id);
}
