/* The inventory's memory: compact arrays, digests stored once, lookups by hash. What the entries
 * mean is in the header; how they are filled is the job of scan_api/load.c and its kin. */
#include "inventory/inventory.h"

#include "inventory/by_digest.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "oci/referrer.h"
#include "util/arena.h"
#include "util/causes.h"
#include "util/secrets.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct inventory_index {
	struct arena *names;
	struct strtab *repository_names; /* number = index into repositories */
	struct u64map *manifests;        /* repository and digest → manifest */
	struct by_digest blobs;
	size_t repository_capacity, tag_capacity, manifest_capacity, child_capacity, blob_capacity,
		reference_capacity, statement_capacity;
};

struct inventory *inventory_new(void)
{
	struct inventory *inventory = xcalloc(1, sizeof *inventory);

	inventory->server.date = -1;
	inventory->pulls_since = DATE_ABSENT;
	inventory->digests = strtab_new();
	inventory->faults = causes_new();
	inventory->undated = causes_new();
	inventory->index = xcalloc(1, sizeof *inventory->index);
	inventory->index->names = arena_new();
	inventory->index->repository_names = strtab_new();
	inventory->index->manifests = u64map_new();
	return inventory;
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	causes_free(inventory->faults);
	causes_free(inventory->undated);
	arena_free(inventory->index->names);
	strtab_free(inventory->index->repository_names);
	u64map_free(inventory->aliases);
	u64map_free(inventory->index->manifests);
	free(inventory->index->blobs.items);
	free(inventory->index);
	strtab_free(inventory->digests);
	free(inventory->repositories);
	free(inventory->tags);
	free(inventory->manifests);
	free(inventory->children);
	free(inventory->blobs);
	free(inventory->references);
	free(inventory->statements);
	free(inventory);
}

uint32_t inventory_repository_find(const struct inventory *inventory, const char *name)
{
	return strtab_find(inventory->index->repository_names, name, strlen(name));
}

uint32_t inventory_repository(struct inventory *inventory, const char *name)
{
	struct inventory_index *index = inventory->index;
	uint32_t id = strtab_add(index->repository_names, name, strlen(name));

	if (id < inventory->repository_count)
		return id;
	GROW(inventory->repositories, inventory->repository_count, index->repository_capacity);
	inventory->repositories[inventory->repository_count++] = (struct inventory_repository){
		.name = strtab_text(index->repository_names, id),
		.first_manifest = INVENTORY_NONE,
		.tags_changed = DATE_ABSENT,
	};
	return id;
}

void inventory_tags(struct inventory *inventory, uint32_t repository, char *const *names,
		    size_t count)
{
	struct inventory_index *index = inventory->index;

	inventory->repositories[repository].first_tag = (uint32_t)inventory->tag_count;
	inventory->repositories[repository].tag_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		GROW(inventory->tags, inventory->tag_count, index->tag_capacity);
		inventory->tags[inventory->tag_count++] = (struct inventory_tag){
			.name = arena_string(index->names, names[i], strlen(names[i])),
			.repository = repository,
			.manifest = INVENTORY_NONE,
			.unread = INVENTORY_NONE,
			.named_subject = INVENTORY_NONE,
			.pushed = DATE_ABSENT,
			.pulled = DATE_ABSENT,
			.seen = DATE_ABSENT,
		};
	}
}

static uint64_t manifest_key(uint32_t repository, uint32_t digest)
{
	return (uint64_t)repository << 32 | digest;
}

uint32_t inventory_manifest_find(const struct inventory *inventory, uint32_t repository,
				 const char *digest)
{
	uint32_t number = strtab_find(inventory->digests, digest, strlen(digest));

	if (number == STRTAB_NONE)
		return INVENTORY_NONE;
	return u64map_get(inventory->index->manifests, manifest_key(repository, number));
}

uint32_t inventory_manifest(struct inventory *inventory, uint32_t repository, const char *digest)
{
	struct inventory_index *index = inventory->index;
	uint32_t number = strtab_add(inventory->digests, digest, strlen(digest));
	uint32_t id = u64map_get(index->manifests, manifest_key(repository, number));

	if (id != U64MAP_NONE)
		return id;
	id = (uint32_t)inventory->manifest_count;
	GROW(inventory->manifests, inventory->manifest_count, index->manifest_capacity);
	inventory->manifests[inventory->manifest_count++] = (struct inventory_manifest){
		.repository = repository,
		.digest = number,
		.next = inventory->repositories[repository].first_manifest,
		.subject = INVENTORY_NONE,
		.created = DATE_ABSENT,
		.pending_since = DATE_ABSENT,
		.untagged_since = DATE_ABSENT,
	};
	inventory->repositories[repository].first_manifest = id;
	u64map_set(index->manifests, manifest_key(repository, number), id);
	return id;
}

uint32_t inventory_blob(struct inventory *inventory, const char *digest, uint64_t size)
{
	uint32_t number = strtab_add(inventory->digests, digest, strlen(digest));
	uint32_t id = by_digest_get(&inventory->index->blobs, number);

	if (id != INVENTORY_NONE)
		return id;
	id = (uint32_t)inventory->blob_count;
	GROW(inventory->blobs, inventory->blob_count, inventory->index->blob_capacity);
	inventory->blobs[inventory->blob_count++] =
		(struct inventory_blob){ .digest = number, .size = size };
	by_digest_set(&inventory->index->blobs, number, id);
	return id;
}

uint32_t inventory_blob_find(const struct inventory *inventory, const char *digest)
{
	uint32_t number = strtab_find(inventory->digests, digest, strlen(digest));

	return number == STRTAB_NONE ? INVENTORY_NONE
				     : by_digest_get(&inventory->index->blobs, number);
}

uint32_t inventory_mention(struct inventory *inventory, const char *digest, uint64_t size,
			   bool foreign)
{
	size_t known = inventory->blob_count;
	uint32_t id = inventory_blob(inventory, digest, size);

	inventory->blobs[id].foreign = foreign && (id == known || inventory->blobs[id].foreign);
	return id;
}

/* Returns the reference. */
static uint32_t append_reference(struct inventory *inventory, uint32_t id, uint32_t blob)
{
	GROW(inventory->references, inventory->reference_count,
	     inventory->index->reference_capacity);
	inventory->references[inventory->reference_count] = blob;
	inventory->manifests[id].blob_count++;
	return (uint32_t)inventory->reference_count++;
}

static void append_statement(struct inventory *inventory, uint32_t reference, uint64_t size,
			     bool foreign)
{
	GROW(inventory->statements, inventory->statement_count,
	     inventory->index->statement_capacity);
	inventory->statements[inventory->statement_count++] = (struct inventory_statement){
		.reference = reference, .foreign = foreign, .size = size
	};
}

void inventory_restore_blob(struct inventory *inventory, uint32_t id, uint32_t blob)
{
	uint32_t reference = append_reference(inventory, id, blob);

	/* Foreign is what all say who mention it. */
	if (inventory->blobs[blob].foreign)
		append_statement(inventory, reference, inventory->blobs[blob].size, true);
}

void inventory_refer(struct inventory *inventory, uint32_t id, uint32_t blob, uint64_t size,
		     bool foreign)
{
	uint32_t reference = append_reference(inventory, id, blob);

	if (foreign || size != inventory->blobs[blob].size)
		append_statement(inventory, reference, size, foreign);
}

static void add_reference(struct inventory *inventory, uint32_t id, const char *digest,
			  uint64_t size, bool foreign)
{
	inventory_refer(inventory, id, inventory_mention(inventory, digest, size, foreign), size,
			foreign);
}

static void add_size(uint64_t *sum, uint64_t size)
{
	if (__builtin_add_overflow(*sum, size, sum))
		*sum = UINT64_MAX;
}

struct inventory_statement inventory_statement(const struct inventory *inventory,
					       uint32_t reference)
{
	size_t low = 0, high = inventory->statement_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (inventory->statements[middle].reference < reference)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < inventory->statement_count && inventory->statements[low].reference == reference)
		return inventory->statements[low];
	return (struct inventory_statement){
		.reference = reference,
		.size = inventory->blobs[inventory->references[reference]].size
	};
}

void inventory_restore_child(struct inventory *inventory, uint32_t id, const char *digest,
			     struct inventory_child child)
{
	child.manifest = inventory_manifest(inventory, inventory->manifests[id].repository, digest);
	GROW(inventory->children, inventory->child_count, inventory->index->child_capacity);
	inventory->children[inventory->child_count++] = child;
	inventory->manifests[id].child_count++;
}

void inventory_restore_subject(struct inventory *inventory, uint32_t id, const char *digest)
{
	uint32_t subject =
		inventory_manifest(inventory, inventory->manifests[id].repository, digest);

	inventory->manifests[id].subject = subject;
}

void inventory_restore(struct inventory *inventory, uint32_t id,
		       const struct inventory_manifest *values)
{
	struct inventory_manifest *manifest = &inventory->manifests[id];

	manifest->kind = values->kind;
	manifest->created = values->created;
	manifest->size = values->size;
	manifest->length = values->length;
	manifest->children = (uint32_t)inventory->child_count;
	manifest->child_count = 0;
	manifest->blobs = (uint32_t)inventory->reference_count;
	manifest->blob_count = 0;
}

void inventory_describe(struct inventory *inventory, uint32_t id, const struct oci_manifest *body,
			size_t length)
{
	static const uint8_t KINDS[] = { [OCI_IMAGE] = MANIFEST_IMAGE,
					 [OCI_ARTIFACT] = MANIFEST_ARTIFACT,
					 [OCI_INDEX] = MANIFEST_INDEX,
					 [OCI_SCHEMA1] = MANIFEST_SCHEMA1 };
	struct inventory_manifest values = {
		.kind = KINDS[body->kind],
		.created = body->created,
		.size = length,
		.length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX,
	};

	/* An index has its children's dates, unless it lists what can have none. */
	if (body->kind == OCI_INDEX)
		values.created = body->layer_count > 0 ? DATE_INVALID : DATE_ABSENT;
	if (body->config.digest)
		add_size(&values.size, body->config.size);
	for (size_t i = 0; i < body->layer_count; i++)
		add_size(&values.size, body->layers[i].size);
	inventory_restore(inventory, id, &values);
	if (body->config.digest)
		add_reference(inventory, id, body->config.digest, body->config.size, false);
	for (size_t i = 0; i < body->layer_count; i++)
		add_reference(inventory, id, body->layers[i].digest, body->layers[i].size,
			      body->layers[i].foreign);
	for (size_t i = 0; i < body->child_count; i++)
		inventory_restore_child(
			inventory, id, body->children[i].digest,
			(struct inventory_child){ .attestation = body->children[i].attestation,
						  .artifact = body->children[i].artifact });
	if (body->subject)
		inventory_restore_subject(inventory, id, body->subject);
}

void inventory_copy(struct inventory *inventory, uint32_t id, const struct inventory *from,
		    uint32_t from_id)
{
	struct inventory_manifest source = from->manifests[from_id];

	if (inventory->manifests[id].kind != MANIFEST_UNSEEN)
		return;
	inventory_restore(inventory, id, &source);
	for (uint32_t i = 0; i < source.blob_count; i++) {
		uint32_t reference = source.blobs + i;
		const struct inventory_blob *blob = &from->blobs[from->references[reference]];
		struct inventory_statement said = inventory_statement(from, reference);

		add_reference(inventory, id, strtab_text(from->digests, blob->digest), said.size,
			      said.foreign);
	}
	for (uint32_t i = 0; i < source.child_count; i++) {
		struct inventory_child child = from->children[source.children + i];

		inventory_restore_child(inventory, id, inventory_digest(from, child.manifest),
					child);
	}
	if (source.subject != INVENTORY_NONE)
		inventory_restore_subject(inventory, id, inventory_digest(from, source.subject));
}

void inventory_point(struct inventory *inventory, uint32_t tag, uint32_t manifest)
{
	struct inventory_tag *entry = &inventory->tags[tag];
	char subject[DIGEST_TEXT];
	enum referrer_name name = referrer_parse(entry->name, subject);
	uint8_t kind = inventory->manifests[manifest].kind;
	bool may_list = kind == MANIFEST_INDEX || kind == MANIFEST_OPAQUE;

	entry->state = TAG_READ;
	entry->manifest = manifest;
	if (name == REFERRER_WORD || (name == REFERRER_BARE && may_list))
		entry->named_subject = inventory_manifest(inventory, entry->repository, subject);
}

void inventory_trouble(struct inventory *inventory, uint32_t repository, const char *format, ...)
{
	struct inventory_repository *entry = &inventory->repositories[repository];
	char message[1024];
	va_list arguments;

	if (entry->trouble)
		return;
	va_start(arguments, format);
	secrets_print(message, sizeof message, format, arguments);
	va_end(arguments);
	entry->trouble = arena_string(inventory->index->names, message, strlen(message));
}

void inventory_catalog_trouble(struct inventory *inventory, const char *why)
{
	inventory->catalog_trouble = arena_string(inventory->index->names, why, strlen(why));
}

const char *inventory_digest(const struct inventory *inventory, uint32_t manifest)
{
	return strtab_text(inventory->digests, inventory->manifests[manifest].digest);
}

const char *inventory_tag_repository(const struct inventory *inventory, uint32_t tag)
{
	return inventory->repositories[inventory->tags[tag].repository].name;
}
