/* A small registry, described by a few words, as an inventory. One statement per line:
 *
 *   - `3x`: single tags can be deleted;
 *   - `image NAME DAYS`: an image, so many days old; `none`: no date, `bad`: an unbelievable one;
 *   - `artifact NAME DAYS`: the same for an artifact;
 *   - `index NAME CHILD…`: CHILD! is an attestation, CHILD? an artifact;
 *   - `missing NAME`: the registry does not have it;
 *   - `opaque NAME…`: nothing but their digests is known, of all there is (Scaleway's);
 *   - `unreadable NAME`;
 *   - `undated NAME`: an index that lists what can have no date;
 *   - `subject NAME OF`: NAME has a `subject`;
 *   - `owed`, `held`, `gone`, `unlinked` NAME: what the fields of these names say (what is there is
 *     linked otherwise);
 *   - `blob NAME BYTES [STORED]`: a blob, and if its file differs its size, or `absent`;
 *   - `layers NAME BLOB…`: what manifest NAME refers to, blobs that were described before;
 *   - `trouble`: the repository could not be read completely;
 *   - `alias NAME BLOB`: what is called NAME is stored as BLOB;
 *   - `unsupported NAME`: unreadable, since the registry does not read its type;
 *   - `repository NAME`: it is called that, and not `repo`; later on: another one begins;
 *   - `storage`: the inventory comes from the storage;
 *   - `tag TAG NAME [DAYS [unready]]`: TAG may be sig:NAME, att:NAME or bare:NAME (sha256-<hex of
 *     NAME>…); DAYS since it was pushed; unready: it is not ready (Scaleway's);
 *   - `dangling TAG`: listed, without a manifest.
 *
 * Digests are the sha256 of NAME; of one that begins with "512/" made-up ones of sha512. */
#ifndef WORLD_H
#define WORLD_H

#include "inventory/alias.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "util/date.h"
#include "util/strtab.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLD_NOW INT64_C(1780000000)

static inline const char *world_digest(const char *name, char text[DIGEST_TEXT])
{
	char hex[DIGEST_TEXT];

	if (strncmp(name, "512/", 4) != 0)
		return digest_of(name, strlen(name), text);
	digest_of(name, strlen(name), hex);
	snprintf(text, DIGEST_TEXT, "sha512:%.64s%.64s", hex + 7, hex + 7);
	return text;
}

/* A manifest of the repository that was begun last. */
static inline uint32_t world_manifest(struct inventory *inventory, const char *name)
{
	char digest[DIGEST_TEXT];

	return inventory_manifest(inventory, (uint32_t)inventory->repository_count - 1,
				  world_digest(name, digest));
}

static inline void world_child(struct inventory *inventory, uint32_t index, const char *name)
{
	char plain[64];
	size_t length = strcspn(name, "!?");
	struct inventory_child child = { .attestation = name[length] == '!',
					 .artifact = name[length] == '?' };

	snprintf(plain, sizeof plain, "%.*s", (int)length, name);
	child.manifest = world_manifest(inventory, plain);
	if (inventory->manifests[index].child_count == 0)
		inventory->manifests[index].children = (uint32_t)inventory->child_count;
	inventory->children = realloc(inventory->children,
				      (inventory->child_count + 1) * sizeof *inventory->children);
	assert(inventory->children);
	inventory->children[inventory->child_count++] = child;
	inventory->manifests[index].child_count++;
}

static inline void world_layer(struct inventory *inventory, uint32_t manifest, const char *name)
{
	struct inventory_manifest *entry = &inventory->manifests[manifest];
	char digest[DIGEST_TEXT];

	if (entry->blob_count == 0)
		entry->blobs = (uint32_t)inventory->reference_count;
	entry->blob_count++;
	inventory->references = realloc(inventory->references, (inventory->reference_count +
								1) * sizeof *inventory->references);
	assert(inventory->references);
	inventory->references[inventory->reference_count++] =
		inventory_blob(inventory, world_digest(name, digest), 0);
}

static inline void world_blob(struct inventory *inventory, char *words[], size_t count)
{
	char digest[DIGEST_TEXT];
	uint64_t size = strtoull(words[2], NULL, 10), stored = size;
	uint32_t id = inventory_blob(inventory, world_digest(words[1], digest), size);

	if (count > 3)
		stored = strcmp(words[3], "absent") == 0 ? INVENTORY_ABSENT
							 : strtoull(words[3], NULL, 10);
	inventory->blobs[id].stored = stored;
}

static inline int64_t world_date(const char *days)
{
	if (strcmp(days, "none") == 0)
		return DATE_ABSENT;
	if (strcmp(days, "bad") == 0)
		return DATE_INVALID;
	return WORLD_NOW - strtoll(days, NULL, 10) * 86400;
}

static inline void world_tag_name(const char *word, char *name, size_t size)
{
	const char *colon = strchr(word, ':');
	char digest[DIGEST_TEXT];

	if (!colon) {
		snprintf(name, size, "%s", word);
		return;
	}
	world_digest(colon + 1, digest);
	if (strncmp(word, "bare", 4) == 0)
		snprintf(name, size, "sha256-%s", digest + 7);
	else
		snprintf(name, size, "sha256-%s.%.*s", digest + 7, (int)(colon - word), word);
}

static inline void world_statement(struct inventory *inventory, char *words[], size_t count)
{
	const char *verb = words[0];
	bool of_blobs = strcmp(verb, "blob") == 0 || strcmp(verb, "alias") == 0;
	uint32_t id = count > 1 && !of_blobs ? world_manifest(inventory, words[1]) : 0;
	struct inventory_manifest *manifest =
		id < inventory->manifest_count ? &inventory->manifests[id] : NULL;

	if (strcmp(verb, "3x") == 0) {
		inventory->server.tag_delete = TAG_DELETE_YES;
	} else if (strcmp(verb, "storage") == 0) {
		inventory->from_storage = true;
	} else if (strcmp(verb, "trouble") == 0) {
		inventory_trouble(inventory, (uint32_t)inventory->repository_count - 1, "trouble");
	} else if (strcmp(verb, "blob") == 0) {
		world_blob(inventory, words, count);
	} else if (strcmp(verb, "alias") == 0) {
		char named[DIGEST_TEXT], stored[DIGEST_TEXT];

		assert(inventory_alias(inventory, world_digest(words[1], named),
				       world_digest(words[2], stored)));
	} else if (strcmp(verb, "layers") == 0) {
		for (size_t i = 2; i < count; i++)
			world_layer(inventory, id, words[i]);
	} else if (strcmp(verb, "image") == 0 || strcmp(verb, "artifact") == 0) {
		manifest->kind = *verb == 'i' ? MANIFEST_IMAGE : MANIFEST_ARTIFACT;
		manifest->created = world_date(words[2]);
		manifest->linked = true;
	} else if (strcmp(verb, "index") == 0) {
		manifest->kind = MANIFEST_INDEX;
		manifest->linked = true;
		for (size_t i = 2; i < count; i++)
			world_child(inventory, id, words[i]);
	} else if (strcmp(verb, "missing") == 0) {
		manifest->kind = MANIFEST_MISSING;
	} else if (strcmp(verb, "opaque") == 0) {
		inventory->opaque = true;
		for (size_t i = 1; i < count; i++)
			inventory->manifests[world_manifest(inventory, words[i])].kind =
				MANIFEST_OPAQUE;
	} else if (strcmp(verb, "unreadable") == 0 || strcmp(verb, "unsupported") == 0) {
		manifest->kind = MANIFEST_UNREADABLE;
		manifest->linked = true;
		manifest->unsupported = strcmp(verb, "unsupported") == 0;
	} else if (strcmp(verb, "undated") == 0) {
		manifest->created = DATE_INVALID;
	} else if (strcmp(verb, "subject") == 0) {
		uint32_t subject = world_manifest(inventory, words[2]);

		inventory->manifests[id].subject = subject;
	} else if (strcmp(verb, "owed") == 0) {
		manifest->pending = true;
	} else if (strcmp(verb, "held") == 0) {
		manifest->held = true;
	} else if (strcmp(verb, "gone") == 0) {
		manifest->gone = true;
	} else if (strcmp(verb, "unlinked") == 0) {
		manifest->linked = false;
	}
}

/* Tags of a repository that are not added yet. */
struct world_tags {
	char *names[64], *targets[64];
	int64_t pushed[64];
	bool unready[64];
	size_t count;
};

/* Tags stand together, so they are collected first and added at the end of their repository. */
static inline void world_add_tags(struct inventory *inventory, struct world_tags *tags)
{
	uint32_t repository = (uint32_t)inventory->repository_count - 1;
	uint32_t first = (uint32_t)inventory->tag_count;

	inventory_tags(inventory, repository, tags->names, tags->count);
	for (size_t i = 0; i < tags->count; i++) {
		uint32_t tag = first + (uint32_t)i;

		inventory->tags[tag].pushed = tags->pushed[i];
		inventory->tags[tag].not_ready = tags->unready[i];
		if (tags->targets[i])
			inventory_point(inventory, tag,
					world_manifest(inventory, tags->targets[i]));
		else
			inventory->tags[tag].state = TAG_MISSING;
		free(tags->names[i]);
	}
	tags->count = 0;
}

static inline void world_line(struct inventory *inventory, struct world_tags *tags, char *line)
{
	char *words[32], *word, *place = NULL;
	size_t count = 0;

	for (word = strtok_r(line, " \t", &place); word; word = strtok_r(NULL, " \t", &place))
		words[count++] = word;
	if (count == 0)
		return;
	if (inventory->repository_count == 0)
		inventory_repository(inventory,
				     strcmp(words[0], "repository") == 0 ? words[1] : "repo");
	if (strcmp(words[0], "repository") == 0) {
		if (inventory_repository_find(inventory, words[1]) == STRTAB_NONE) {
			world_add_tags(inventory, tags);
			inventory_repository(inventory, words[1]);
		}
	} else if (strcmp(words[0], "tag") == 0 || strcmp(words[0], "dangling") == 0) {
		tags->names[tags->count] = malloc(200);
		world_tag_name(words[1], tags->names[tags->count], 200);
		tags->targets[tags->count] = count > 2 ? words[2] : NULL;
		tags->pushed[tags->count] = count > 3 ? world_date(words[3]) : DATE_ABSENT;
		tags->unready[tags->count++] = count > 4;
	} else {
		world_statement(inventory, words, count);
	}
}

static inline struct inventory *world_new(const char *text)
{
	struct inventory *inventory = inventory_new();
	char *copy = strdup(text), *line, *rest = copy;
	struct world_tags tags = { .count = 0 };

	assert(copy);
	while ((line = strsep(&rest, "\n")))
		world_line(inventory, &tags, line);
	world_add_tags(inventory, &tags);
	free(copy);
	return inventory;
}

#endif
