/* Reads manifests from the blobs alone. */
#include "scan_storage/unlinked.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "registry/api.h"
#include "scan_api/served.h"
#include "scan_storage/revision.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/u64map.h"
#include "util/units.h"
#include "util/xalloc.h"

#define NAMED 5

static bool is_stored(const struct inventory *inventory, const char *digest)
{
	uint32_t blob = inventory_blob_find(inventory, digest);

	return blob != INVENTORY_NONE && inventory->blobs[blob].stored != INVENTORY_ABSENT;
}

/* Blobs that nobody mentioned before have no file, or they would be known. */
static void describe(struct inventory *inventory, uint32_t manifest,
		     const struct oci_manifest *body, size_t length)
{
	size_t known = inventory->blob_count;

	inventory_describe(inventory, manifest, body, length);
	for (size_t i = known; i < inventory->blob_count; i++)
		inventory->blobs[i].stored = INVENTORY_ABSENT;
}

static void read_blob(struct inventory *inventory, const struct layout *layout, uint32_t manifest)
{
	const char *digest = inventory_digest(inventory, manifest);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct oci_manifest body;
	struct err ignored = { 0 };

	if (!is_stored(inventory, digest) ||
	    layout_read_blob(layout, digest, API_MANIFEST_LIMIT, &text, &ignored) != 1 ||
	    !digest_matches(digest, buf_string(&text), text.length) ||
	    oci_manifest_parse(buf_string(&text), text.length, NULL, &body, &ignored) < 0)
		return;
	describe(inventory, manifest, &body, text.length);
	oci_manifest_clear(&body);
}

/* A child's own children may be new here, and linked. */
static void look_up(struct inventory *inventory, const struct layout *layout, uint32_t manifest)
{
	struct link link = revision_link(layout, inventory, manifest);

	inventory->manifests[manifest].linked = link.state == LINK_READ;
	inventory->manifests[manifest].kind = MANIFEST_MISSING;
}

/* Numbers of manifests. */
struct list {
	uint32_t *items;
	size_t count, capacity;
};

static void add(struct list *list, uint32_t manifest)
{
	GROW(list->items, list->count, list->capacity);
	list->items[list->count++] = manifest;
}

/* Adds the children of MANIFEST that are missing, but stored, and were not FOUND before. */
static void find_missing(struct inventory *inventory, const struct layout *layout,
			 uint32_t manifest, struct u64map *found, struct list *missing)
{
	uint32_t first = inventory->manifests[manifest].children;
	uint32_t count = inventory->manifests[manifest].child_count;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t child = inventory->children[first + i].manifest;

		if (inventory->manifests[child].kind == MANIFEST_UNSEEN)
			look_up(inventory, layout, child);
		if (inventory->manifests[child].kind != MANIFEST_MISSING ||
		    !is_stored(inventory, inventory_digest(inventory, child)) ||
		    u64map_get(found, child) != U64MAP_NONE)
			continue;
		u64map_set(found, child, 0);
		add(missing, child);
	}
}

/* The registry may still answer with them; those that it says it does not have are not needed:
 * nobody could pull them before. */
static int read_served(struct inventory *inventory, const struct unlinked_place *place,
		       const struct list *missing, struct list *indexes, struct list *lost,
		       struct err *err)
{
	CLEANUP(free_p)
	struct served_question *questions = xcalloc(missing->count + 1, sizeof *questions);

	for (size_t i = 0; i < missing->count; i++) {
		uint32_t repository = inventory->manifests[missing->items[i]].repository;

		questions[i] = (struct served_question){
			.repository = inventory->repositories[repository].name,
			.reference = inventory_digest(inventory, missing->items[i])
		};
	}
	if (missing->count > 0 &&
	    scan_api_served(questions, missing->count, place->api, place->http, err) < 0)
		return -1;
	for (size_t i = 0; i < missing->count; i++) {
		uint32_t manifest = missing->items[i];

		if (questions[i].absent) {
			add(lost, manifest);
			continue;
		}
		read_blob(inventory, place->layout, manifest);
		if (inventory->manifests[manifest].kind == MANIFEST_INDEX)
			add(indexes, manifest);
	}
	return 0;
}

/* Takes from LOST what none lists but LISTS, of the first COUNT manifests: whoever deletes a
 * referrer may leave its entry in a list of referrers. */
static void forget_referrers(const struct inventory *inventory, const bool *lists, size_t count,
			     struct list *lost)
{
	CLEANUP(free_p) bool *parts = xcalloc(inventory->manifest_count + 1, sizeof *parts);
	size_t kept = 0;

	for (size_t m = 0; m < inventory->manifest_count; m++) {
		const struct inventory_manifest *index = &inventory->manifests[m];

		for (uint32_t i = 0; i < index->child_count && !(m < count && lists[m]); i++)
			parts[inventory->children[index->children + i].manifest] = true;
	}
	for (size_t i = 0; i < lost->count; i++) {
		if (parts[lost->items[i]])
			lost->items[kept++] = lost->items[i];
	}
	lost->count = kept;
}

static void tell_lost(const struct inventory *inventory, const struct list *lost)
{
	CLEANUP(buf_free) struct buf names = { 0 };

	if (lost->count == 0)
		return;
	for (size_t i = 0; i < lost->count && i < NAMED; i++) {
		const struct inventory_manifest *entry = &inventory->manifests[lost->items[i]];

		buf_format(&names, "%s%s@%s", i > 0 ? ", " : "",
			   inventory->repositories[entry->repository].name,
			   inventory_digest(inventory, lost->items[i]));
	}
	log_warning("%zu manifest%s that an index lists %s stored, but not linked in the "
		    "repository, and nobody can pull %s; the collector removes what only %s: "
		    "%s%s",
		    lost->count, units_s(lost->count), lost->count == 1 ? "is" : "are",
		    lost->count == 1 ? "it" : "them",
		    lost->count == 1 ? "it refers to" : "they refer to", buf_string(&names),
		    lost->count > NAMED ? ", …" : "");
}

int scan_storage_unlinked(struct inventory *inventory, const struct unlinked_place *place,
			  bool tell, struct err *err)
{
	struct u64map *found = u64map_new();
	struct list parents = { 0 }, lost = { 0 };
	size_t count = inventory->manifest_count;
	int result = 0;

	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		add(&parents, m);
	while (parents.count > 0 && result == 0) {
		struct list missing = { 0 }, indexes = { 0 };

		for (size_t i = 0; i < parents.count; i++)
			find_missing(inventory, place->layout, parents.items[i], found, &missing);
		result = read_served(inventory, place, &missing, &indexes, &lost, err);
		free(missing.items);
		free(parents.items);
		parents = indexes;
	}
	if (place->lists)
		forget_referrers(inventory, place->lists, count, &lost);
	if (result == 0 && tell)
		tell_lost(inventory, &lost);
	free(parents.items);
	free(lost.items);
	u64map_free(found);
	return result;
}
