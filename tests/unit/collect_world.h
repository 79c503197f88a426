/* A small storage of a registry that is collected, with a state, and a clock that only moves when
 * told: what must be whole, what must go, and pushes that come in between. */
#ifndef TESTS_COLLECT_WORLD_H
#define TESTS_COLLECT_WORLD_H

#include "native/candidates.h"
#include "native/collect.h"
#include "native/journal.h"
#include "native/marks.h"
#include "native/store.h"
#include "native/trash.h"
#include "oci/digest.h"
#include "state/state.h"
#include "storage/layout.h"
#include "temporary.h"

#include "util/buf.h"
#include "util/log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

#define HOURS  3600
#define GRACE  (20 * HOURS)
#define V2     LAYOUT_FOLDER "/"
#define IMAGES 16

/* An image that must be whole, with one layer that matters. */
struct native_image {
	const char *repository, *tag;
	char manifest[DIGEST_TEXT], config[DIGEST_TEXT], layer[DIGEST_TEXT];
};

struct native_world {
	char *root;
	char *storage;
	struct native_store *store;
	struct state *state;
	struct native_collection collection;
	int64_t now; /* seconds that are added to the clock of the storage */
	struct native_image images[IMAGES];
	size_t image_count;
};

static inline char *native_world_path(const struct native_world *world, const char *path)
{
	return xasprintf("%s/%s", world->storage, path);
}

static inline bool native_world_has(const struct native_world *world, const char *path)
{
	CLEANUP(free_p) char *full = native_world_path(world, path);
	struct stat status;

	return lstat(full, &status) == 0;
}

static inline char *native_blob_path(const char *digest)
{
	char path[LAYOUT_BLOB_PATH];

	layout_blob_path(digest, path);
	return xasprintf(V2 "%s", path);
}

static inline bool native_has_blob(const struct native_world *world, const char *digest)
{
	CLEANUP(free_p) char *path = native_blob_path(digest);

	return native_world_has(world, path);
}

/* What REGISTRY's commit does: stored unless it is there. */
static inline const char *native_put_blob(const struct native_world *world, const char *text,
					  char digest[DIGEST_TEXT])
{
	CLEANUP(free_p) char *path = NULL;

	digest_of(text, strlen(text), digest);
	path = native_blob_path(digest);
	if (!native_world_has(world, path))
		temporary_text(world->storage, path, text);
	return digest;
}

static inline char *native_link_path(const char *repository, const char *kind, const char *named)
{
	int algorithm = (int)strcspn(named, ":");

	return xasprintf(V2 "repositories/%s/%s/%.*s/%s/link", repository, kind, algorithm, named,
			 named + algorithm + 1);
}

static inline void native_put_link(const struct native_world *world, const char *repository,
				   const char *kind, const char *named, const char *stored)
{
	CLEANUP(free_p) char *path = native_link_path(repository, kind, named);

	temporary_text(world->storage, path, stored);
}

static inline bool native_has_link(const struct native_world *world, const char *repository,
				   const char *digest)
{
	CLEANUP(free_p) char *path = native_link_path(repository, "_layers", digest);

	return native_world_has(world, path);
}

/* Manifest, revision and tag of an image whose config and layer have TEXTS; no link of a layer. */
static inline struct native_image *native_put_manifest(struct native_world *world,
						       const char *repository, const char *tag,
						       const char *config, const char *layer)
{
	struct native_image *image = &world->images[world->image_count++];
	CLEANUP(free_p) char *body = NULL;
	CLEANUP(free_p) char *path = NULL;

	*image = (struct native_image){ .repository = repository, .tag = tag };
	digest_of(config, strlen(config), image->config);
	digest_of(layer, strlen(layer), image->layer);
	body = xasprintf(
		"{\"schemaVersion\":2,"
		"\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{"
		"\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\","
		"\"size\":%zu},\"layers\":[{"
		"\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%s\","
		"\"size\":%zu}]}",
		image->config, strlen(config), image->layer, strlen(layer));
	native_put_blob(world, body, image->manifest);
	native_put_link(world, repository, "_manifests/revisions", image->manifest,
			image->manifest);
	path = xasprintf(V2 "repositories/%s/_manifests/tags/%s/current/link", repository, tag);
	temporary_text(world->storage, path, image->manifest);
	return image;
}

/* A whole push: each blob, its link, then the manifest. */
static inline void native_push(struct native_world *world, const char *repository, const char *tag,
			       const char *config, const char *layer)
{
	char digest[DIGEST_TEXT];

	native_put_link(world, repository, "_layers", native_put_blob(world, config, digest),
			digest);
	native_put_link(world, repository, "_layers", native_put_blob(world, layer, digest),
			digest);
	native_put_manifest(world, repository, tag, config, layer);
}

static inline void native_world_open(struct native_world *world)
{
	CLEANUP(free_p) char *folder = xasprintf("%s/state", world->root);
	struct state_options options = { .folder = folder,
					 .url = "http://registry.example",
					 .container = "registry",
					 .host_storage = "" };
	struct err err = { 0 };

	world->store = native_store_open(world->storage, &err);
	if (!world->store)
		fail_msg("%s", err.msg);
	world->state = state_open(&options, &err);
	if (!world->state)
		fail_msg("%s", err.msg);
	world->collection = (struct native_collection){ .store = world->store,
							.state = world->state,
							.run = "20260101T000000Z-1",
							.grace_seconds = GRACE };
}

static inline void native_world_close(struct native_world *world)
{
	native_store_close(world->store);
	if (world->state)
		state_close(world->state);
	world->store = NULL;
	world->state = NULL;
}

/* With two images that stay. All of it is old by the clock. What a child process pushes is known to
 * its parent, too. */
static inline struct native_world *native_world_new(void)
{
	struct native_world *world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(world, MAP_FAILED);
	world->root = temporary_folder();
	world->storage = xasprintf("%s/storage", world->root);
	temporary_mkdir(world->root, "storage/" V2 "blobs/sha256");
	native_push(world, "a", "kept", "config a", "layer a");
	native_push(world, "team/b", "kept", "config b", "layer a");
	native_world_open(world);
	world->now = 100 * HOURS;
	return world;
}

static inline void native_world_free(struct native_world *world)
{
	native_world_close(world);
	temporary_remove(world->root);
	free(world->storage);
	munmap(world, sizeof *world);
}

static inline struct timespec native_world_now(const struct native_world *world)
{
	struct timespec now;
	struct err err = { 0 };

	if (native_store_now(world->store, &now, &err) != 0)
		fail_msg("%s", err.msg);
	now.tv_sec += world->now;
	return now;
}

static inline struct native_marks *native_world_mark(const struct native_world *world)
{
	struct native_marks *marks = NULL;
	struct err err = { 0 };

	if (native_mark(world->store, &marks, &err) != 0)
		fail_msg("%s", err.msg);
	return marks;
}

static inline struct native_journal *native_world_journal(const struct native_world *world)
{
	struct err err = { 0 };
	struct native_journal *journal = native_journal_load(world->state, &err);

	if (!journal)
		fail_msg("%s", err.msg);
	return journal;
}

/* What one collection did. */
struct native_result {
	struct native_recovered recovered;
	struct native_detached detached;
	struct native_swept swept;
	struct native_settled settled;
	struct native_healed healed;
	struct native_emptied emptied;
	size_t young, waiting, unreadable;
};

/* Called at points of a collection that are no changes. */
enum native_point { NATIVE_POINT_MARKED, NATIVE_POINT_MINUTE, NATIVE_POINT_SECOND };

struct native_visit {
	void (*at)(void *ctx, enum native_point point);
	void *ctx;
	unsigned trash_days;
};

static inline int native_finish(struct native_world *world, struct native_journal *journal,
				const struct native_visit *visit, struct native_result *result,
				struct err *err)
{
	struct native_marks *marks = native_world_mark(world);
	struct timespec now = native_world_now(world);
	int failed = 0;

	if (visit && visit->at)
		visit->at(visit->ctx, NATIVE_POINT_SECOND);
	failed = native_settle(&world->collection, journal, marks, &result->settled, err);
	if (failed == 0 && result->settled.needed > 0) {
		native_marks_free(marks);
		marks = native_world_mark(world);
	}
	if (failed == 0)
		failed = native_heal(&world->collection, journal, marks, &result->healed, err);
	native_marks_free(marks);
	if (failed == 0)
		failed = native_conclude(&world->collection, journal, err);
	if (failed == 0)
		failed = native_empty_trash(&world->collection, visit ? visit->trash_days : 0, &now,
					    &result->emptied, err);
	return failed;
}

/* One run's collection, as the head of native/collect.h has it. */
static inline int native_collect(struct native_world *world, const struct native_visit *visit,
				 struct native_result *result, struct err *err)
{
	struct native_journal *journal = NULL;
	struct native_marks *marks = NULL;
	struct native_choice choice = { 0 };
	struct timespec now = native_world_now(world);
	int failed = 0;

	*result = (struct native_result){ 0 };
	if (native_recover(&world->collection, &result->recovered, err) != 0)
		return -1;
	journal = native_world_journal(world);
	marks = native_world_mark(world);
	if (visit && visit->at)
		visit->at(visit->ctx, NATIVE_POINT_MARKED);
	failed = native_choose(world->store, marks, journal, &now, world->collection.grace_seconds,
			       &choice, err);
	result->young = choice.young;
	result->waiting = choice.waiting;
	result->unreadable = choice.unreadable;
	if (failed == 0)
		failed = native_detach(&world->collection, journal, &choice, marks, &now,
				       &result->detached, err);
	if (failed == 0)
		failed = native_sweep(&world->collection, journal, &choice, &result->swept, err);
	native_choice_free(&choice);
	native_marks_free(marks);
	if (failed == 0 && visit && visit->at)
		visit->at(visit->ctx, NATIVE_POINT_MINUTE);
	if (failed == 0)
		failed = native_finish(world, journal, visit, result, err);
	native_journal_free(journal);
	return failed;
}

static inline struct native_result native_collect_well(struct native_world *world,
						       const struct native_visit *visit)
{
	struct native_result result;
	struct err err = { 0 };

	if (native_collect(world, visit, &result, &err) != 0)
		fail_msg("%s", err.msg);
	return result;
}

static inline void native_blob_is(const struct native_world *world, const char *digest,
				  const char *story)
{
	CLEANUP(free_p) char *path = native_blob_path(digest);
	CLEANUP(free_p) char *full = native_world_path(world, path);
	char text[2000] = "";
	FILE *file = fopen(full, "re");
	size_t length = 0;

	if (!file)
		fail_msg("%s: blob %s is gone", story, digest);
	length = fread(text, 1, sizeof text, file);
	fclose(file);
	if (!digest_matches(digest, text, length))
		fail_msg("%s: blob %s is damaged", story, digest);
}

/* Every image can be pulled: its blobs are whole, and its layers linked. */
static inline void native_all_whole(const struct native_world *world, const char *story)
{
	for (size_t i = 0; i < world->image_count; i++) {
		const struct native_image *image = &world->images[i];
		const char *const layers[] = { image->config, image->layer };

		native_blob_is(world, image->manifest, story);
		for (size_t n = 0; n < 2; n++) {
			native_blob_is(world, layers[n], story);
			if (!native_has_link(world, image->repository, layers[n]))
				fail_msg("%s: %s:%s has no link of %s", story, image->repository,
					 image->tag, layers[n]);
		}
	}
}

#endif
