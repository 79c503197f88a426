/* What was read before need not be sent again: tags are asked for under the condition that they
 * have another digest than they had.
 *
 * 304 proves that the tag's link holds that digest, and nothing else: the registry has neither
 * looked for the manifest then, nor, asked for a digest, for anything at all. So only tags are
 * asked under a condition, and what is to be deleted on the word of an earlier run is read anew
 * before (apply/recheck.c). */
#include "scan_api/known.h"

#include "inventory/inventory.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

/* Manifest ID of what is known was read, is not deleted, and is not to be reread. */
static bool counts(const struct known *known, uint32_t id)
{
	const struct inventory_manifest *manifest = &known->inventory->manifests[id];

	return !manifest->gone && manifest->kind != MANIFEST_UNSEEN &&
	       manifest->kind != MANIFEST_MISSING && manifest->kind != MANIFEST_UNREADABLE &&
	       !(known->reread && known->reread[id]);
}

bool known_take(struct known *known, struct inventory *fresh, uint32_t manifest)
{
	uint32_t id = INVENTORY_NONE;

	if (known->inventory && known->manifests != INVENTORY_NONE)
		id = inventory_manifest_find(known->inventory, known->manifests,
					     inventory_digest(fresh, manifest));
	if (id == INVENTORY_NONE || !counts(known, id))
		return false;
	inventory_copy(fresh, manifest, known->inventory, id);
	known->taken++;
	return true;
}

static uint32_t *expectations(struct known *known, uint32_t first, uint32_t count)
{
	size_t end = (size_t)first + count;

	while (known->expected_count < end) {
		GROW(known->expected, known->expected_count, known->expected_capacity);
		known->expected[known->expected_count++] = INVENTORY_NONE;
	}
	return known->expected + first;
}

void known_expect(struct known *known, const struct inventory *inventory, uint32_t repository)
{
	const struct inventory_repository *fresh = &inventory->repositories[repository];
	const struct inventory *old = known->inventory;
	uint32_t *expected = expectations(known, fresh->first_tag, fresh->tag_count);
	const struct inventory_repository *before;
	struct strtab *names;
	uint32_t id = old ? inventory_repository_find(old, fresh->name) : INVENTORY_NONE;

	if (id == INVENTORY_NONE)
		return;
	before = &old->repositories[id];
	names = strtab_new();
	for (uint32_t i = 0; i < before->tag_count; i++) {
		const char *name = old->tags[before->first_tag + i].name;

		strtab_add(names, name, strlen(name));
	}
	for (uint32_t i = 0; i < fresh->tag_count; i++) {
		const char *name = inventory->tags[fresh->first_tag + i].name;
		uint32_t number = strtab_find(names, name, strlen(name));

		if (number != STRTAB_NONE)
			expected[i] = old->tags[before->first_tag + number].manifest;
	}
	strtab_free(names);
}

const char *known_digest(const struct known *known, uint32_t tag)
{
	uint32_t id = tag < known->expected_count ? known->expected[tag] : INVENTORY_NONE;

	return id != INVENTORY_NONE && counts(known, id) ? inventory_digest(known->inventory, id)
							 : NULL;
}

void known_clear(struct known *known)
{
	free(known->expected);
}
