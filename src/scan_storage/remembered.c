/* Reads in full what a scan only remembers, before anything is deleted on its word. */
#include "scan_storage/remembered.h"

#include "inventory/inventory.h"
#include "scan_storage/load.h"
#include "util/string_list.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

/* Whether both say the same of the blobs that they refer to. */
static bool is_same_blobs(const struct inventory *a, const struct inventory_manifest *left,
			  const struct inventory *b, const struct inventory_manifest *right)
{
	bool same = left->blob_count == right->blob_count;

	for (uint32_t i = 0; i < left->blob_count && same; i++) {
		struct inventory_statement said = inventory_statement(a, left->blobs + i);
		struct inventory_statement says = inventory_statement(b, right->blobs + i);
		uint32_t before = a->blobs[a->references[left->blobs + i]].digest;
		uint32_t now = b->blobs[b->references[right->blobs + i]].digest;

		same = said.size == says.size && said.foreign == says.foreign &&
		       strcmp(strtab_text(a->digests, before), strtab_text(b->digests, now)) == 0;
	}
	return same;
}

static bool is_same_children(const struct inventory *a, const struct inventory_manifest *left,
			     const struct inventory *b, const struct inventory_manifest *right)
{
	bool same = left->child_count == right->child_count;

	for (uint32_t i = 0; i < left->child_count && same; i++) {
		const struct inventory_child *before = &a->children[left->children + i];
		const struct inventory_child *now = &b->children[right->children + i];

		same = before->attestation == now->attestation &&
		       before->artifact == now->artifact &&
		       strcmp(inventory_digest(a, before->manifest),
			      inventory_digest(b, now->manifest)) == 0;
	}
	return same;
}

static bool is_same_subject(const struct inventory *a, uint32_t left, const struct inventory *b,
			    uint32_t right)
{
	if (left == INVENTORY_NONE || right == INVENTORY_NONE)
		return left == right;
	return strcmp(inventory_digest(a, left), inventory_digest(b, right)) == 0;
}

static bool is_same(const struct inventory *a, const struct inventory_manifest *left,
		    const struct inventory *b, const struct inventory_manifest *right)
{
	return left->kind == right->kind && left->created == right->created &&
	       left->size == right->size && left->length == right->length &&
	       is_same_subject(a, left->subject, b, right->subject) &&
	       is_same_blobs(a, left, b, right) && is_same_children(a, left, b, right);
}

/* What was read now is as it was remembered: it is known from this run. */
static void settle(struct inventory *inventory, uint32_t repository, const struct inventory *fresh)
{
	uint32_t m = inventory->repositories[repository].first_manifest;

	for (; m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		uint32_t now = inventory_manifest_find(fresh, 0, inventory_digest(inventory, m));

		if (now != INVENTORY_NONE &&
		    is_same(inventory, &inventory->manifests[m], fresh, &fresh->manifests[now]))
			inventory->manifests[m].remembered = false;
	}
}

/* By manifest; NULL: none of REPOSITORY is remembered. The caller's. */
static bool *find_remembered(const struct inventory *inventory, uint32_t repository)
{
	bool *remembered = xcalloc(inventory->manifest_count + 1, sizeof *remembered);
	uint32_t m = inventory->repositories[repository].first_manifest;
	bool any = false;

	for (; m != INVENTORY_NONE; m = inventory->manifests[m].next) {
		remembered[m] = inventory->manifests[m].remembered;
		any |= remembered[m];
	}
	if (any)
		return remembered;
	free(remembered);
	return NULL;
}

int remembered_read(struct inventory *inventory, uint32_t repository, const struct layout *layout,
		    struct err *err)
{
	CLEANUP(free_p) bool *remembered = find_remembered(inventory, repository);
	struct string_list no_names = { 0 };
	struct storage_look look = {
		.fresh = NULL, .known = inventory, .reread = remembered, .protected_tags = &no_names
	};
	struct err why = { 0 };
	int result;

	if (!remembered)
		return 0;
	look.fresh = inventory_new();
	look.fresh->server = inventory->server;
	inventory_repository(look.fresh, inventory->repositories[repository].name);
	result = scan_storage_look(&look, layout, &why);
	if (result == 0)
		settle(inventory, repository, look.fresh);
	inventory_free(look.fresh);
	if (result == 0 || why.kind != ERR_STOPPED)
		return 0;
	*err = why;
	return -1;
}
