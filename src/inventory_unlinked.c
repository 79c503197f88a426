/* Reads manifests from the blobs alone. */
#include "inventory_unlinked.h"

#include "inventory.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "registry/api.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <stdbool.h>

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

/* What a child lists is new, and may well be linked. */
static void look_up(struct inventory *inventory, const struct layout *layout, uint32_t manifest)
{
	uint32_t repository = inventory->manifests[manifest].repository;
	struct link link = links_revision(layout, inventory->repositories[repository].name,
					  inventory_digest(inventory, manifest));

	inventory->manifests[manifest].linked = link.state == LINK_READ;
	inventory->manifests[manifest].kind = MANIFEST_MISSING;
}

/* Manifests whose children are to be looked at. */
struct queue {
	uint32_t *items;
	size_t count, capacity;
};

static void read_children(struct inventory *inventory, const struct layout *layout,
			  uint32_t manifest, struct queue *queue)
{
	uint32_t first = inventory->manifests[manifest].children;
	uint32_t count = inventory->manifests[manifest].child_count;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t child = inventory->children[first + i].manifest;

		if (inventory->manifests[child].kind == MANIFEST_UNSEEN)
			look_up(inventory, layout, child);
		if (inventory->manifests[child].kind != MANIFEST_MISSING)
			continue;
		read_blob(inventory, layout, child);
		/* It may stand in front of its index: its turn does not come again. */
		if (inventory->manifests[child].kind == MANIFEST_INDEX) {
			GROW(queue->items, queue->count, queue->capacity);
			queue->items[queue->count++] = child;
		}
	}
}

void inventory_unlinked(struct inventory *inventory, const struct layout *layout)
{
	size_t count = inventory->manifest_count;
	struct queue queue = { 0 };

	for (uint32_t m = 0; m < count; m++) {
		read_children(inventory, layout, m, &queue);
		while (queue.count > 0)
			read_children(inventory, layout, queue.items[--queue.count], &queue);
	}
	free(queue.items);
}
