/* Manifests by "REPOSITORY@DIGEST", tags by "REPOSITORY:NAME". */
#include "undo/index.h"

#include "util/date.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <string.h>

/* Where a tag was told last. */
struct place {
	size_t manifest;
	size_t tag;
};

struct undo_index {
	struct strtab *manifests; /* by number: the same as in the run's manifests */
	struct strtab *tags;
	struct place *places; /* by number of the tag */
	size_t place_count, place_capacity;
	size_t manifest_capacity, collection_capacity;
};

struct undo_run *undo_index_new_run(void)
{
	struct undo_run *run = xcalloc(1, sizeof *run);

	run->index = xcalloc(1, sizeof *run->index);
	run->index->manifests = strtab_new();
	run->index->tags = strtab_new();
	run->started_at = run->ended_at = DATE_ABSENT;
	run->tags_deleted = run->freed_bytes = UNDO_UNKNOWN;
	return run;
}

static void clear_tag(struct undo_tag *tag)
{
	free(tag->name);
	string_list_clear(&tag->reasons);
}

void undo_index_renew(struct undo_manifest *manifest)
{
	struct undo_manifest kept = { .repository = manifest->repository,
				      .digest = manifest->digest };

	for (size_t t = 0; t < manifest->tag_count; t++)
		clear_tag(&manifest->tags[t]);
	free(manifest->tags);
	free(manifest->media_type);
	free(manifest->body);
	free(manifest->subject);
	string_list_clear(&manifest->reasons);
	string_list_clear(&manifest->children);
	*manifest = kept;
}

void undo_run_forget_manifests(struct undo_run *run)
{
	for (size_t m = 0; m < run->manifest_count; m++) {
		undo_index_renew(&run->manifests[m]);
		free(run->manifests[m].repository);
		free(run->manifests[m].digest);
	}
	free(run->manifests);
	strtab_free(run->index->manifests);
	strtab_free(run->index->tags);
	free(run->index->places);
	run->manifests = NULL;
	run->manifest_count = 0;
	*run->index = (struct undo_index){ .manifests = strtab_new(),
					   .tags = strtab_new(),
					   .collection_capacity = run->index->collection_capacity };
}

void undo_run_free(struct undo_run *run)
{
	if (!run)
		return;
	undo_run_forget_manifests(run);
	for (size_t c = 0; c < run->collection_count; c++)
		free(run->collections[c].method);
	free(run->collections);
	strtab_free(run->index->manifests);
	strtab_free(run->index->tags);
	free(run->index);
	free(run->path);
	free(run->registry);
	free(run->command);
	free(run);
}

static uint32_t find(const struct strtab *table, const char *repository, char between,
		     const char *name)
{
	CLEANUP(free_p) char *key = xasprintf("%s%c%s", repository, between, name);

	return strtab_find(table, key, strlen(key));
}

const struct undo_manifest *undo_run_find(const struct undo_run *run, const char *repository,
					  const char *digest)
{
	uint32_t number = find(run->index->manifests, repository, '@', digest);

	return number == STRTAB_NONE ? NULL : &run->manifests[number];
}

struct undo_manifest *undo_index_manifest(struct undo_run *run, const char *repository,
					  const char *digest)
{
	CLEANUP(free_p) char *key = xasprintf("%s@%s", repository, digest);
	uint32_t number = strtab_add(run->index->manifests, key, strlen(key));

	if (number == run->manifest_count) {
		GROW(run->manifests, run->manifest_count, run->index->manifest_capacity);
		run->manifests[run->manifest_count++] =
			(struct undo_manifest){ .repository = xstrdup(repository),
						.digest = xstrdup(digest) };
	}
	return &run->manifests[number];
}

struct undo_tag *undo_index_tag(struct undo_run *run, struct undo_manifest *manifest, char *name)
{
	struct undo_index *index = run->index;
	CLEANUP(free_p) char *key = xasprintf("%s:%s", manifest->repository, name);
	uint32_t number = strtab_add(index->tags, key, strlen(key));

	if (number == index->place_count) {
		GROW(index->places, index->place_count, index->place_capacity);
		index->place_count++;
	}
	index->places[number] =
		(struct place){ (size_t)(manifest - run->manifests), manifest->tag_count };
	/* Few have more than one: grown by doubling. */
	if ((manifest->tag_count & (manifest->tag_count - 1)) == 0)
		manifest->tags = xreallocarray(manifest->tags,
					       manifest->tag_count ? 2 * manifest->tag_count : 1,
					       sizeof *manifest->tags);
	manifest->tags[manifest->tag_count] = (struct undo_tag){ .name = name };
	return &manifest->tags[manifest->tag_count++];
}

struct undo_tag *undo_index_find_tag(const struct undo_run *run, const char *repository,
				     const char *name)
{
	uint32_t number = find(run->index->tags, repository, ':', name);
	struct place place;

	if (number == STRTAB_NONE)
		return NULL;
	place = run->index->places[number];
	/* The manifest may have been told anew, with other tags. */
	if (place.tag >= run->manifests[place.manifest].tag_count ||
	    strcmp(run->manifests[place.manifest].tags[place.tag].name, name) != 0)
		return NULL;
	return &run->manifests[place.manifest].tags[place.tag];
}

struct undo_collection *undo_index_collection(struct undo_run *run)
{
	GROW(run->collections, run->collection_count, run->index->collection_capacity);
	run->collections[run->collection_count] = (struct undo_collection){ .at = DATE_ABSENT,
									    .until = DATE_ABSENT,
									    .blobs = UNDO_UNKNOWN,
									    .freed = UNDO_UNKNOWN };
	return &run->collections[run->collection_count++];
}
