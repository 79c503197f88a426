/* A storage root for tests of src/native: blobs, links and tags, written as the registry writes
 * them. */
#ifndef NATIVE_WORLD_H
#define NATIVE_WORLD_H

#include "native/marks.h"
#include "native/store.h"
#include "oci/digest.h"
#include "temporary.h"

#define V2           "docker/registry/v2/"
#define REPOSITORIES V2 "repositories/"
#define OCI_TYPE     "application/vnd.oci.image.manifest.v1+json"

struct world {
	char *root;
	struct err err;
	struct native_marks *marks; /* of the last world_mark */
};

static inline int world_setup(void **state)
{
	struct world *world = xcalloc(1, sizeof *world);

	world->root = temporary_folder();
	temporary_mkdir(world->root, V2 "repositories");
	temporary_mkdir(world->root, V2 "blobs");
	*state = world;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *world = *state;

	native_marks_free(world->marks);
	temporary_remove(world->root);
	free(world);
	return 0;
}

#define WORLD_TEST(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

static inline void world_write(const struct world *world, const char *path, const char *text)
{
	temporary_write(world->root, path, text, strlen(text));
}

static inline char *world_blob_path(const char *digest)
{
	return xasprintf(V2 "blobs/%.6s/%.2s/%s/data", digest, digest + 7, digest + 7);
}

/* Stores a blob; its digest into TEXT, returned. */
static inline const char *world_blob(const struct world *world, const char *body,
				     char text[DIGEST_TEXT])
{
	CLEANUP(free_p) char *path = world_blob_path(digest_of(body, strlen(body), text));

	world_write(world, path, body);
	return text;
}

/* PLACE: "_layers" or "_manifests/revisions". */
static inline void world_link(const struct world *world, const char *repository, const char *place,
			      const char *named, const char *stored)
{
	CLEANUP(free_p)
	char *path =
		xasprintf(REPOSITORIES "%s/%s/%.6s/%s/link", repository, place, named, named + 7);

	world_write(world, path, stored);
}

static inline void world_tag(const struct world *world, const char *repository, const char *tag,
			     const char *digest)
{
	CLEANUP(free_p)
	char *path = xasprintf(REPOSITORIES "%s/_manifests/tags/%s/current/link", repository, tag);

	world_write(world, path, digest);
}

/* A blob with a layer link. */
static inline const char *world_layer(const struct world *world, const char *repository,
				      const char *body, char text[DIGEST_TEXT])
{
	world_blob(world, body, text);
	world_link(world, repository, "_layers", text, text);
	return text;
}

/* A manifest without a link, that needs CONFIG and LAYER. */
static inline const char *world_manifest(const struct world *world, const char *config,
					 const char *layer, char text[DIGEST_TEXT])
{
	CLEANUP(free_p)
	char *body = xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE "\",\"config\":"
			       "{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"%s\"},\"layers\":"
			       "[{\"mediaType\":\"c/d\",\"size\":1,\"digest\":\"%s\"}]}",
			       config, layer);

	return world_blob(world, body, text);
}

static inline const char *world_index(const struct world *world, const char *child,
				      char text[DIGEST_TEXT])
{
	CLEANUP(free_p)
	char *body = xasprintf("{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI_TYPE
			       "\",\"size\":1,\"digest\":\"%s\"}]}",
			       child);

	return world_blob(world, body, text);
}

/* An image with a config and a layer of its own, linked in REPOSITORY; each digest into its text.
 */
struct image {
	char manifest[DIGEST_TEXT], config[DIGEST_TEXT], layer[DIGEST_TEXT];
};

static inline struct image world_image(const struct world *world, const char *repository,
				       const char *name)
{
	CLEANUP(free_p) char *config = xasprintf("config of %s", name);
	CLEANUP(free_p) char *layer = xasprintf("layer of %s", name);
	struct image image;

	world_layer(world, repository, config, image.config);
	world_layer(world, repository, layer, image.layer);
	world_manifest(world, image.config, image.layer, image.manifest);
	world_link(world, repository, "_manifests/revisions", image.manifest, image.manifest);
	return image;
}

/* Removes the file or the empty folder at PATH. */
static inline void world_remove(const struct world *world, const char *path)
{
	CLEANUP(free_p) char *full = xasprintf("%s/%s", world->root, path);

	assert_int_equal(remove(full), 0);
}

static inline void world_remove_link(const struct world *world, const char *repository,
				     const char *place, const char *digest)
{
	CLEANUP(free_p)
	char *path =
		xasprintf(REPOSITORIES "%s/%s/%.6s/%s/link", repository, place, digest, digest + 7);

	world_remove(world, path);
}

/* Marks; what native_mark returned. */
static inline int world_mark(struct world *world)
{
	struct native_store *store = native_store_open(world->root, &world->err);
	int result = -1;

	native_marks_free(world->marks);
	world->marks = NULL;
	if (store)
		result = native_mark(store, &world->marks, &world->err);
	native_store_close(store);
	return result;
}

static inline unsigned world_flags(const struct world *world, const char *digest)
{
	uint32_t number = native_digests_find_text(world->marks->digests, digest);

	return number == NATIVE_NONE ? 0 : world->marks->flags[number];
}

static inline bool world_marked(const struct world *world, const char *digest)
{
	return (world_flags(world, digest) & NATIVE_MARKED) != 0;
}

/* Why REPOSITORY is unclear; "" when it is not. */
static inline const char *world_unclear(const struct world *world, const char *repository)
{
	for (size_t i = 0; i < world->marks->repository_count; i++) {
		if (strcmp(world->marks->repositories[i].name, repository) == 0)
			return world->marks->repositories[i].unclear
				       ? world->marks->repositories[i].unclear
				       : "";
	}
	return "there is no such repository";
}

#endif
