/* Three tables, found by the numbers of their repositories' and digests' texts. */
#include "restore/list.h"

#include "oci/referrer.h"
#include "registry/reference.h"
#include "undo/journal.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <string.h>

struct restore_list *restore_list_new(void)
{
	struct restore_list *list = xcalloc(1, sizeof *list);

	list->texts = strtab_new();
	list->by_digest = u64map_new();
	list->by_name = u64map_new();
	list->blobs_by_digest = u64map_new();
	return list;
}

static void clear_manifest(struct restore_manifest *manifest)
{
	if (manifest->parsed)
		oci_manifest_clear(&manifest->content);
	free(manifest->fetched);
	free(manifest->fetched_type);
	free(manifest->children);
	free(manifest->blobs);
	free(manifest->why);
}

void restore_list_free(struct restore_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->manifest_count; i++)
		clear_manifest(&list->manifests[i]);
	for (size_t i = 0; i < list->tag_count; i++)
		free(list->tags[i].why);
	for (size_t i = 0; i < list->blob_count; i++)
		free(list->blobs[i].why);
	free(list->manifests);
	free(list->tags);
	free(list->blobs);
	strtab_free(list->texts);
	u64map_free(list->by_digest);
	u64map_free(list->by_name);
	u64map_free(list->blobs_by_digest);
	free(list);
}

static uint32_t number(struct restore_list *list, const char *text)
{
	return strtab_add(list->texts, text, strlen(text));
}

const char *restore_list_text(struct restore_list *list, const char *text)
{
	return strtab_text(list->texts, number(list, text));
}

static uint64_t key(struct restore_list *list, const char *repository, const char *name)
{
	return (uint64_t)number(list, repository) << 32 | number(list, name);
}

static uint32_t find(const struct restore_list *list, const struct u64map *map,
		     const char *repository, const char *name)
{
	uint32_t place = strtab_find(list->texts, repository, strlen(repository));
	uint32_t what = strtab_find(list->texts, name, strlen(name));

	if (place == STRTAB_NONE || what == STRTAB_NONE)
		return RESTORE_NONE;
	return u64map_get(map, (uint64_t)place << 32 | what);
}

uint32_t restore_list_find(const struct restore_list *list, const char *repository,
			   const char *digest)
{
	return find(list, list->by_digest, repository, digest);
}

uint32_t restore_list_find_tag(const struct restore_list *list, const char *repository,
			       const char *name)
{
	return find(list, list->by_name, repository, name);
}

uint32_t restore_list_manifest(struct restore_list *list, const char *repository,
			       const char *digest)
{
	uint64_t at = key(list, repository, digest);
	uint32_t id = u64map_get(list->by_digest, at);

	if (id != U64MAP_NONE)
		return id;
	id = (uint32_t)list->manifest_count;
	GROW(list->manifests, list->manifest_count, list->manifest_capacity);
	list->manifests[list->manifest_count++] =
		(struct restore_manifest){ .repository = restore_list_text(list, repository),
					   .digest = restore_list_text(list, digest) };
	u64map_set(list->by_digest, at, id);
	return id;
}

uint32_t restore_list_blob(struct restore_list *list, const char *repository,
			   const struct oci_descriptor *descriptor)
{
	uint64_t at = key(list, repository, descriptor->digest);
	uint32_t id = u64map_get(list->blobs_by_digest, at);

	if (id != U64MAP_NONE)
		return id;
	id = (uint32_t)list->blob_count;
	GROW(list->blobs, list->blob_count, list->blob_capacity);
	list->blobs[list->blob_count++] =
		(struct restore_blob){ .repository = restore_list_text(list, repository),
				       .digest = restore_list_text(list, descriptor->digest),
				       .size = descriptor->size };
	u64map_set(list->blobs_by_digest, at, id);
	return id;
}

static void add_tag(struct restore_list *list, const struct undo_run *run, uint32_t manifest,
		    const struct undo_tag *tag)
{
	const char *repository = list->manifests[manifest].repository;
	uint64_t at = key(list, repository, tag->name);

	if (tag->fate == UNDO_KEPT || u64map_get(list->by_name, at) != U64MAP_NONE)
		return;
	u64map_set(list->by_name, at, (uint32_t)list->tag_count);
	GROW(list->tags, list->tag_count, list->tag_capacity);
	list->tags[list->tag_count++] =
		(struct restore_tag){ .repository = repository,
				      .name = restore_list_text(list, tag->name),
				      .run = restore_list_text(list, run->run),
				      .manifest = manifest,
				      .created_at = tag->created_at,
				      .pushed_at = tag->pushed_at,
				      .seen_at = tag->seen_at,
				      .pulled_at = tag->pulled_at };
}

static void add_manifest(struct restore_list *list, const struct undo_run *run,
			 const struct undo_manifest *from)
{
	uint32_t id = restore_list_manifest(list, from->repository, from->digest);
	struct restore_manifest *manifest = &list->manifests[id];

	if (from->body && !manifest->body) {
		manifest->run = restore_list_text(list, run->run);
		manifest->type = from->media_type;
		manifest->body = from->body;
		manifest->body_length = from->body_length;
		manifest->schema1 = from->schema1;
	}
	manifest->deleted |= from->whole && from->fate != UNDO_KEPT;
	for (size_t t = 0; t < from->tag_count; t++)
		add_tag(list, run, id, &from->tags[t]);
}

void restore_list_add(struct restore_list *list, const struct undo_run *run)
{
	for (size_t m = 0; m < run->manifest_count; m++)
		add_manifest(list, run, &run->manifests[m]);
}

static bool is_chosen(const char *repository, const char *const *repositories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(repositories[i], repository) == 0)
			return true;
	}
	return count == 0;
}

/* Returns how much of it is wanted. */
static size_t want_entry(struct restore_list *list, const struct undo_manifest *from)
{
	uint32_t id = restore_list_find(list, from->repository, from->digest);
	size_t wanted = 0;

	for (size_t t = 0; t < from->tag_count; t++) {
		uint32_t tag = restore_list_find_tag(list, from->repository, from->tags[t].name);

		if (tag != RESTORE_NONE && list->tags[tag].manifest == id) {
			list->tags[tag].wanted = true;
			wanted++;
		}
	}
	if (!from->whole || from->tag_count > 0 || from->fate == UNDO_KEPT)
		return wanted;
	list->manifests[id].named = true;
	return wanted + 1;
}

size_t restore_list_want_run(struct restore_list *list, const struct undo_run *run,
			     const char *const *repositories, size_t count)
{
	size_t wanted = 0;

	for (size_t m = 0; m < run->manifest_count; m++) {
		if (is_chosen(run->manifests[m].repository, repositories, count))
			wanted += want_entry(list, &run->manifests[m]);
	}
	return wanted;
}

bool restore_list_want(struct restore_list *list, const struct reference *reference)
{
	uint32_t id;

	if (reference->tag) {
		id = restore_list_find_tag(list, reference->repository, reference->tag);
		if (id != RESTORE_NONE)
			list->tags[id].wanted = true;
		return id != RESTORE_NONE;
	}
	id = restore_list_find(list, reference->repository, reference->digest);
	if (id == RESTORE_NONE || !list->manifests[id].deleted)
		return false;
	list->manifests[id].named = list->manifests[id].sole = true;
	return true;
}
