/* From names in a log to tags of the inventory. */
#include "pulls/record.h"

#include "inventory/inventory.h"
#include "util/date.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 640
#define DEEPEST   32 /* levels of indexes */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* NULL: no log and no run had it. */
static struct pulls_entry *find(const struct pulls *pulls, const char *repository, char between,
				const char *reference)
{
	char name[NAME_SIZE];
	int length = snprintf(name, sizeof name, "%s%c%s", repository, between, reference);

	return length > 0 && length < NAME_SIZE ? pulls_entry_find(pulls, name, (size_t)length)
						: NULL;
}

static int64_t digest_pulled(const struct pulls *pulls, const char *repository, const char *digest)
{
	const struct pulls_entry *entry = find(pulls, repository, '@', digest);

	return entry ? entry->pulled : DATE_ABSENT;
}

/* By manifest: when it was pulled by digest last, or what it lists. The caller's. */
static int64_t *manifests_pulled(const struct pulls *pulls, const struct inventory *inventory)
{
	int64_t *pulled = xcalloc(inventory->manifest_count + 1, sizeof *pulled);
	bool changed = true;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		uint32_t r = inventory->manifests[m].repository;

		pulled[m] = digest_pulled(pulls, inventory->repositories[r].name,
					  inventory_digest(inventory, m));
	}
	for (int level = 0; changed && level < DEEPEST; level++) {
		changed = false;
		for (uint32_t m = 0; m < inventory->manifest_count; m++) {
			const struct inventory_manifest *index = &inventory->manifests[m];

			for (uint32_t i = 0; i < index->child_count; i++) {
				uint32_t child = inventory->children[index->children + i].manifest;

				changed |= pulled[child] > pulled[m];
				pulled[m] = later(pulled[m], pulled[child]);
			}
		}
	}
	return pulled;
}

/* What the manifest that TAG had in the run before was pulled by. */
static int64_t before_pulled(const struct pulls *pulls, const struct inventory *inventory,
			     const int64_t *pulled, const struct inventory_tag *tag,
			     const char *digest)
{
	uint32_t m = inventory_manifest_find(inventory, tag->repository, digest);

	return m != INVENTORY_NONE
		       ? pulled[m]
		       : digest_pulled(pulls, inventory->repositories[tag->repository].name,
				       digest);
}

static void settle_tag(struct pulls *pulls, const struct inventory *inventory,
		       const int64_t *pulled, struct inventory_tag *tag)
{
	const char *repository = inventory->repositories[tag->repository].name;
	struct pulls_entry *entry = find(pulls, repository, ':', tag->name);
	const char *digest = inventory_digest(inventory, tag->manifest), *before = NULL;

	tag->pulled = pulled[tag->manifest];
	tag->seen = pulls->options.now;
	if (!entry)
		return;
	if (entry->digest != STRTAB_NONE)
		before = strtab_text(pulls->digests, entry->digest);
	tag->pulled = later(tag->pulled, entry->pulled);
	if (before && strcmp(before, digest) != 0)
		tag->pulled =
			later(tag->pulled, before_pulled(pulls, inventory, pulled, tag, before));
	else if (before)
		tag->seen = entry->seen;
	/* Whoever pushes it anew wants it. */
	if (date_known(entry->pushed))
		tag->seen = before && strcmp(before, digest) == 0
				    ? later(entry->pushed, entry->seen)
				    : entry->pushed;
	entry->settled = true;
}

bool pulls_restored(struct pulls *pulls, const struct pulls_restored *restored)
{
	char name[NAME_SIZE];
	int length = snprintf(name, sizeof name, "%s:%s", restored->repository, restored->tag);
	struct pulls_entry *entry =
		length < NAME_SIZE ? pulls_entry_add(pulls, name, (size_t)length) : NULL;
	bool same;

	if (!entry)
		return true;
	same = entry->digest != STRTAB_NONE &&
	       strcmp(strtab_text(pulls->digests, entry->digest), restored->digest) == 0;
	if (entry->pushed > restored->at || (same && entry->seen > restored->at))
		return false;
	entry->digest = strtab_add(pulls->digests, restored->digest, strlen(restored->digest));
	entry->pushed = DATE_ABSENT;
	entry->seen = restored->seen;
	entry->pulled = later(entry->pulled, restored->pulled);
	return true;
}

void pulls_settle(struct pulls *pulls, struct inventory *inventory, int64_t now)
{
	CLEANUP(free_p) int64_t *pulled = manifests_pulled(pulls, inventory);

	inventory->pulls_since = pulls->verdict.since;
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		struct inventory_tag *tag = &inventory->tags[t];

		if (tag->state != TAG_READ)
			continue;
		settle_tag(pulls, inventory, pulled, tag);
		tag->pulled = earlier(tag->pulled, now);
		tag->seen = earlier(tag->seen, now);
	}
}
