/* A tag's index/ has a link for all that the tag ever pointed at, written when it was set to that
 * last (registry notes, section 1): in the order of their times these links are the tag's history.
 * The link of a deleted tag is gone with it; what it pointed at is as old as its revision link. */
#include "scan_storage/untagged_since.h"

#include "inventory/inventory.h"
#include "registry/api.h"
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"
#include "scan_storage/revision.h"
#include "storage/links.h"
#include "storage/tree.h"
#include "util/date.h"
#include "util/log.h"
#include "util/parallel.h"
#include "util/xalloc.h"

#include <string.h>
#include <time.h>

/* The youngest counts. Unknown counts as now. */
#define NOT_KNOWN INT64_MAX

struct search {
	struct inventory *inventory;
	const struct layout *layout;
	const bool *wanted;  /* by manifest */
	int64_t now;         /* of the host that has the links */
	uint32_t *manifests; /* those wanted */
	uint32_t *tags;      /* those of their repositories */
	size_t manifest_count, tag_count;
	int64_t *since; /* by manifest; threads do not look at it */
};

/* Since when a tag's history says that a manifest is untagged. */
struct claim {
	uint32_t manifest;
	int64_t since;
};

/* All that it says. */
struct claims {
	struct claim *list;
	size_t count, capacity;
};

/* One link in a tag's index/. */
struct past {
	uint32_t manifest; /* a wanted one, or INVENTORY_NONE */
	int64_t written;
};

static int64_t time_of(const struct search *search, const struct link *link)
{
	return link->state == LINK_READ && date_known(link->written) && link->written <= search->now
		       ? link->written
		       : NOT_KNOWN;
}

static int64_t younger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void read_revision(void *ctx, size_t item, void *result)
{
	const struct search *search = ctx;
	struct link link =
		revision_link(search->layout, search->inventory, search->manifests[item]);

	*(int64_t *)result = time_of(search, &link);
}

static void take_revision(void *ctx, size_t item, void *result)
{
	struct search *search = ctx;

	search->since[search->manifests[item]] = *(const int64_t *)result;
}

static void add_claim(struct claims *claims, uint32_t manifest, int64_t since)
{
	GROW(claims->list, claims->count, claims->capacity);
	claims->list[claims->count++] = (struct claim){ manifest, since };
}

/* TAG cannot be looked into: it may have pointed at anything. */
static void claim_nothing_known(const struct search *search, uint32_t tag, struct claims *claims)
{
	const struct inventory *inventory = search->inventory;
	uint32_t repository = inventory->tags[tag].repository;

	for (uint32_t m = inventory->repositories[repository].first_manifest; m != INVENTORY_NONE;
	     m = inventory->manifests[m].next) {
		if (search->wanted[m])
			add_claim(claims, m, NOT_KNOWN);
	}
}

static int compare_pasts(const void *left, const void *right)
{
	const struct past *a = left, *b = right;

	return a->written < b->written ? -1 : a->written > b->written;
}

/* Goes through the history of TAG, from the youngest back. Of links that were written within one
 * second nobody knows which replaced which: all of them were replaced by the next younger. */
static void claim_pasts(const struct search *search, uint32_t tag, struct past *pasts, size_t count,
			struct claims *claims)
{
	const struct inventory *inventory = search->inventory;
	const struct inventory_tag *entry = &inventory->tags[tag];
	struct link current = links_tag(
		search->layout, inventory->repositories[entry->repository].name, entry->name);
	int64_t replaced = time_of(search, &current);

	qsort(pasts, count, sizeof *pasts, compare_pasts);
	for (size_t i = count; i-- > 0;) {
		uint32_t id = pasts[i].manifest;

		if (i + 1 < count && pasts[i + 1].written > pasts[i].written)
			replaced = pasts[i + 1].written;
		if (id == INVENTORY_NONE)
			continue;
		if (current.state == LINK_READ &&
		    strcmp(current.digest, inventory_digest(inventory, id)) == 0)
			add_claim(claims, id, NOT_KNOWN);
		else
			add_claim(claims, id, younger(replaced, pasts[i].written));
	}
}

static uint32_t find_wanted(const struct search *search, uint32_t repository, const char *digest)
{
	uint32_t id = inventory_manifest_find(search->inventory, repository, digest);

	return id != INVENTORY_NONE && search->wanted[id] ? id : INVENTORY_NONE;
}

static bool any_wanted(const struct search *search, uint32_t repository,
		       const struct tree_names *digests)
{
	const char *digest = digests->text.data;

	for (size_t i = 0; i < digests->count; i++, digest += strlen(digest) + 1) {
		if (find_wanted(search, repository, digest) != INVENTORY_NONE)
			return true;
	}
	return false;
}

/* One link that cannot be believed, and what came when in this tag is not known at all. */
static void read_history(const struct search *search, uint32_t tag,
			 const struct tree_names *digests, struct claims *claims)
{
	const struct inventory_tag *entry = &search->inventory->tags[tag];
	const char *repository = search->inventory->repositories[entry->repository].name;
	const char *digest = digests->text.data;
	CLEANUP(free_p) struct past *pasts = xcalloc(digests->count + 1, sizeof *pasts);
	size_t count = 0;
	bool believed = true;

	for (size_t i = 0; i < digests->count; i++, digest += strlen(digest) + 1) {
		struct link link = links_history(search->layout, repository, entry->name, digest);

		if (link.state == LINK_ABSENT)
			continue;
		pasts[count].manifest = find_wanted(search, entry->repository, digest);
		pasts[count].written = time_of(search, &link);
		believed = believed && pasts[count].written != NOT_KNOWN;
		count++;
	}
	if (believed)
		claim_pasts(search, tag, pasts, count, claims);
	for (size_t i = 0; i < count && !believed; i++) {
		if (pasts[i].manifest != INVENTORY_NONE)
			add_claim(claims, pasts[i].manifest, NOT_KNOWN);
	}
}

static void read_tag(void *ctx, size_t item, void *result)
{
	const struct search *search = ctx;
	struct claims *claims = result;
	uint32_t tag = search->tags[item];
	const struct inventory_tag *entry = &search->inventory->tags[tag];
	const char *repository = search->inventory->repositories[entry->repository].name;
	struct tree_names digests = { 0 };
	struct err err = { 0 };

	if (!api_tag_valid(entry->name) ||
	    tree_history(search->layout, repository, entry->name, &digests, &err) < 0)
		claim_nothing_known(search, tag, claims);
	else if (any_wanted(search, entry->repository, &digests))
		read_history(search, tag, &digests, claims);
	tree_names_clear(&digests);
}

static void take_tag(void *ctx, size_t item, void *result)
{
	struct search *search = ctx;
	const struct inventory *inventory = search->inventory;
	struct claims *claims = result;
	uint32_t tag = search->tags[item];
	bool known = true;

	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->list[i];

		search->since[claim->manifest] =
			younger(search->since[claim->manifest], claim->since);
		known = known && claim->since != NOT_KNOWN;
	}
	if (!known)
		log_debug("%s:%s: its links do not tell when what it pointed at before was "
			  "replaced",
			  inventory_tag_repository(inventory, tag), inventory->tags[tag].name);
	free(claims->list);
}

static void list(struct search *search)
{
	const struct inventory *inventory = search->inventory;
	CLEANUP(free_p)
	bool *repositories = xcalloc(inventory->repository_count + 1, sizeof *repositories);

	search->manifests = xcalloc(inventory->manifest_count + 1, sizeof *search->manifests);
	search->tags = xcalloc(inventory->tag_count + 1, sizeof *search->tags);
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (search->wanted[m]) {
			search->manifests[search->manifest_count++] = m;
			repositories[inventory->manifests[m].repository] = true;
		}
	}
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (repositories[inventory->tags[t].repository])
			search->tags[search->tag_count++] = t;
	}
}

/* A tag that was deleted is in no history: only that a name went tells of it. */
static void read_changes(const struct search *search, struct inventory *inventory)
{
	CLEANUP(free_p) bool *read = xcalloc(inventory->repository_count + 1, sizeof *read);

	for (size_t i = 0; i < search->manifest_count; i++) {
		uint32_t id = inventory->manifests[search->manifests[i]].repository;
		struct inventory_repository *repository = &inventory->repositories[id];
		int64_t changed = DATE_ABSENT;
		struct err err;

		if (read[id])
			continue;
		read[id] = true;
		if (tree_tags_changed(search->layout, repository->name, &changed, &err) < 0)
			log_debug("when tags were deleted is not known: %s", err.msg);
		repository->tags_changed = date_known(changed) && changed <= (int64_t)time(NULL)
						   ? changed
						   : DATE_ABSENT;
	}
}

int scan_storage_untagged_since(struct inventory *inventory, const struct layout *layout,
				const bool *wanted, struct err *err)
{
	struct search search = { .inventory = inventory,
				 .layout = layout,
				 .wanted = wanted,
				 .now = (int64_t)time(NULL),
				 .since = xcalloc(inventory->manifest_count + 1,
						  sizeof *search.since) };
	struct parallel_small job = { 0, sizeof(int64_t), read_revision, take_revision, &search };
	int result = 0;

	list(&search);
	job.count = search.manifest_count;
	result = parallel_run_small(&job, err);
	if (result == 0) {
		job = (struct parallel_small){ search.tag_count, sizeof(struct claims), read_tag,
					       take_tag, &search };
		result = parallel_run_small(&job, err);
	}
	/* Behind the lists of tags: what was deleted before them is in these times. */
	read_changes(&search, inventory);
	for (size_t i = 0; i < search.manifest_count; i++) {
		uint32_t id = search.manifests[i];
		bool known = result == 0 && search.since[id] != NOT_KNOWN;

		inventory->manifests[id].untagged_since = known ? search.since[id] : DATE_ABSENT;
	}
	free(search.manifests);
	free(search.tags);
	free(search.since);
	return result;
}

int scan_storage_untagged(struct reading *reading, struct err *err)
{
	struct inventory *inventory = reading->inventory;
	CLEANUP(free_p) bool *wanted = xcalloc(inventory->manifest_count + 1, sizeof *wanted);

	for (size_t m = 0; m < inventory->manifest_count; m++)
		wanted[m] = inventory->manifests[m].linked;
	/* Also by a tag that cannot be pulled. */
	for (size_t t = 0; t < inventory->tag_count; t++) {
		if (reading->targets[t] != INVENTORY_NONE)
			wanted[reading->targets[t]] = false;
	}
	return scan_storage_untagged_since(inventory, reading->layout, wanted, err);
}
