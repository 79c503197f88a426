/* A registry's folder made of small texts, and what is read from it. */
#ifndef STORAGE_WORLD_H
#define STORAGE_WORLD_H

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scan_storage/load.h"
#include "storage/layout.h"
#include "temporary.h"
#include "util/date.h"

#define V2           "docker/registry/v2/"
#define REPOSITORIES V2 "repositories/"
#define HEX1         "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX2         "2222222222222222222222222222222222222222222222222222222222222222"
#define HEX3         "3333333333333333333333333333333333333333333333333333333333333333"
#define TYPE_IMAGE   "application/vnd.oci.image.manifest.v1+json"
#define TYPE_INDEX   "application/vnd.oci.image.index.v1+json"
#define TYPE_CONFIG  "application/vnd.oci.image.config.v1+json"
#define D2020        "2020-01-01T00:00:00Z"
#define T2020        INT64_C(1577836800)

struct store {
	char *root;
	struct layout *layout;
	struct inventory *inventory;
	struct err err;
};

static inline int store_setup(void **state)
{
	struct store *store = xcalloc(1, sizeof *store);

	store->root = temporary_folder();
	temporary_mkdir(store->root, V2 "repositories");
	store->layout = layout_open(store->root, &store->err);
	assert_non_null(store->layout);
	store->inventory = inventory_new();
	*state = store;
	return 0;
}

static inline int store_teardown(void **state)
{
	struct store *store = *state;

	inventory_free(store->inventory);
	layout_close(store->layout);
	temporary_remove(store->root);
	free(store);
	return 0;
}

#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, store_setup, store_teardown)

/* ROOT/docker/registry/v2/PATH; the caller's. */
static inline char *store_path(const struct store *store, const char *path)
{
	return xasprintf("%s/" V2 "%s", store->root, path);
}

/* The blob of BODY; its digest goes to DIGEST, which is returned. */
static inline const char *store_blob(const struct store *store, const char *body,
				     char digest[DIGEST_TEXT])
{
	const char *hex = digest_of(body, strlen(body), digest) + 7;
	CLEANUP(free_p) char *path = xasprintf(V2 "blobs/sha256/%.2s/%s/data", hex, hex);

	temporary_text(store->root, path, body);
	return digest;
}

/* The path of the link of DIGEST under KIND (_layers, _manifests/revisions), below v2. */
static inline char *store_link_path(const char *repository, const char *kind, const char *digest)
{
	int algorithm = (int)strcspn(digest, ":");

	return xasprintf("repositories/%s/%s/%.*s/%s/link", repository, kind, algorithm, digest,
			 digest + algorithm + 1);
}

static inline void store_link(const struct store *store, const char *repository, const char *kind,
			      const char *digest)
{
	CLEANUP(free_p) char *below = store_link_path(repository, kind, digest);
	CLEANUP(free_p) char *path = xasprintf(V2 "%s", below);

	temporary_text(store->root, path, digest);
}

#define store_layer(store, repository, digest) store_link(store, repository, "_layers", digest)
#define store_revision(store, repository, digest) \
	store_link(store, repository, "_manifests/revisions", digest)

static inline void store_tag(const struct store *store, const char *repository, const char *tag,
			     const char *link)
{
	CLEANUP(free_p)
	char *path = xasprintf(REPOSITORIES "%s/_manifests/tags/%s/current/link", repository, tag);

	temporary_text(store->root, path, link);
}

/* A manifest of any BODY, under TAG unless that is NULL. */
static inline const char *store_manifest(const struct store *store, const char *repository,
					 const char *tag, const char *body,
					 char digest[DIGEST_TEXT])
{
	CLEANUP(free_p) char *layers = xasprintf(REPOSITORIES "%s/_layers", repository);

	temporary_mkdir(store->root, layers);
	store_blob(store, body, digest);
	store_revision(store, repository, digest);
	if (tag)
		store_tag(store, repository, tag, digest);
	return digest;
}

/* The body of an image manifest with CONFIG; NAME makes it another one. */
static inline char *store_image_body(const char *config, const char *name, const char *more)
{
	return xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" TYPE_IMAGE
			 "\",\"config\":{\"mediaType\":\"" TYPE_CONFIG
			 "\",\"digest\":\"%s\",\"size\":5},\"layers\":[],"
			 "\"annotations\":{\"name\":\"%s\"}%s}",
			 config, name, more);
}

/* An image with a config of its own that was created at CREATED. */
static inline const char *store_image(const struct store *store, const char *repository,
				      const char *tag, const char *created,
				      char digest[DIGEST_TEXT])
{
	CLEANUP(free_p)
	char *text = xasprintf("{\"created\":\"%s\",\"author\":\"%s/%s\"}", created, repository,
			       tag ? tag : "");
	CLEANUP(free_p) char *body = NULL;
	char config[DIGEST_TEXT];

	store_layer(store, repository, store_blob(store, text, config));
	body = store_image_body(config, tag ? tag : "", "");
	return store_manifest(store, repository, tag, body, digest);
}

/* The body of an index of COUNT CHILDREN. */
static inline char *store_index_body(const char *const *children, size_t count)
{
	struct buf body = { 0 };

	buf_format(&body, "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_INDEX "\",\"manifests\":[");
	for (size_t i = 0; i < count; i++)
		buf_format(&body,
			   "%s{\"mediaType\":\"" TYPE_IMAGE "\",\"digest\":\"%s\",\"size\":5}",
			   i ? "," : "", children[i]);
	buf_format(&body, "]}");
	return body.data;
}

static inline const char *store_index(const struct store *store, const char *repository,
				      const char *tag, const char *child, char digest[DIGEST_TEXT])
{
	CLEANUP(free_p) char *body = store_index_body(&child, 1);

	return store_manifest(store, repository, tag, body, digest);
}

static inline void store_load(struct store *store)
{
	if (scan_storage_load(store->inventory, store->layout, &store->err) != 0)
		fail_msg("%s", store->err.msg);
	assert_true(store->inventory->from_storage);
}

/* What is known of a repository, tag or manifest; each must be there. */
static inline const struct inventory_repository *store_repository(const struct store *store,
								  const char *name)
{
	uint32_t id = inventory_repository_find(store->inventory, name);

	if (id == INVENTORY_NONE)
		fail_msg("no repository %s", name);
	return &store->inventory->repositories[id];
}

static inline const struct inventory_tag *store_find_tag(const struct store *store,
							 const char *repository, const char *name)
{
	const struct inventory_repository *place = store_repository(store, repository);

	for (uint32_t i = 0; i < place->tag_count; i++) {
		const struct inventory_tag *tag = &store->inventory->tags[place->first_tag + i];

		if (strcmp(tag->name, name) == 0)
			return tag;
	}
	fail_msg("no tag %s:%s", repository, name);
	return NULL;
}

static inline const struct inventory_manifest *store_find_manifest(const struct store *store,
								   const char *repository,
								   const char *digest)
{
	uint32_t place = inventory_repository_find(store->inventory, repository);
	uint32_t id = inventory_manifest_find(store->inventory, place, digest);

	if (id == INVENTORY_NONE)
		fail_msg("no manifest %s in %s", digest, repository);
	return &store->inventory->manifests[id];
}

static inline const struct inventory_blob *store_find_blob(const struct store *store,
							   const char *digest)
{
	uint32_t id = inventory_blob(store->inventory, digest, 0);

	return &store->inventory->blobs[id];
}

#endif
