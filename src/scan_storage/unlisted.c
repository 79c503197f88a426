/* Reads manifests that the API does not show, since no tag leads to them. */
#include "scan_storage/unlisted.h"

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define MANIFEST_LIMIT ((size_t)8 << 20) /* the registry accepts 4 MiB */

struct visit {
	struct inventory *inventory;
	struct layout *layout;
	uint32_t repository;
	bool known; /* a revision was met that the registry has told of too */
	struct buf body;
};

static void trouble(struct visit *visit, const char *digest, const char *why)
{
	inventory_trouble(visit->inventory, visit->repository, "revision %s: %s", digest, why);
}

static void add(struct visit *visit, const char *digest, const struct oci_manifest *body)
{
	uint32_t id = inventory_manifest(visit->inventory, visit->repository, digest);

	inventory_describe(visit->inventory, id, body, visit->body.length);
}

static bool on_revision(void *ctx, const char *digest, const char *stored)
{
	struct visit *visit = ctx;
	struct oci_manifest body;
	struct err err = { 0 };
	uint32_t id = inventory_manifest_find(visit->inventory, visit->repository, digest);
	int found;

	/* One that was only mentioned, by an index that came before, may be an index itself. */
	if (id != INVENTORY_NONE && visit->inventory->manifests[id].kind != MANIFEST_UNSEEN) {
		visit->known = true;
		return true;
	}
	buf_clear(&visit->body);
	found = layout_read_blob(visit->layout, stored, MANIFEST_LIMIT, &visit->body, &err);
	if (found == 0)
		return true;
	if (found < 0 ||
	    oci_manifest_parse(visit->body.data, visit->body.length, NULL, &body, &err) < 0) {
		trouble(visit, digest, err.msg);
		return true;
	}
	/* A body that does not match its digest says nothing about a subject. */
	if ((body.kind == OCI_INDEX || body.subject) &&
	    digest_matches(digest, visit->body.data, visit->body.length))
		add(visit, digest, &body);
	else if (body.kind == OCI_INDEX)
		trouble(visit, digest, "the body does not match its digest");
	oci_manifest_clear(&body);
	return true;
}

static bool has_read_tag(const struct inventory *inventory, uint32_t repository)
{
	const struct inventory_repository *entry = &inventory->repositories[repository];

	for (uint32_t i = 0; i < entry->tag_count; i++) {
		if (inventory->tags[entry->first_tag + i].state == TAG_READ)
			return true;
	}
	return false;
}

bool scan_storage_unlisted(struct inventory *inventory, struct layout *layout, uint32_t repository)
{
	struct visit visit = { .inventory = inventory, .layout = layout, .repository = repository };
	const char *name = inventory->repositories[repository].name;
	struct err err = { 0 };

	if (layout_revisions(layout, name, on_revision, &visit, &err) < 0)
		inventory_trouble(inventory, repository, "%s", err.msg);
	buf_free(&visit.body);
	return visit.known || !has_read_tag(inventory, repository);
}
