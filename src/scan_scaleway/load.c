/* From what registry.namespace and registry.image mean to the tags of each image. */
#include "scan_scaleway/load.h"

#include "config/config.h"
#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "scaleway/api.h"
#include "scan_scaleway/catalog.h"
#include "scan_scaleway/scan.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NOTHING_READ "; nothing was read, and nothing is deleted"

struct loading {
	struct inventory *inventory;
	struct scaleway_catalog *catalog;
	struct scaleway_api *api;
	struct http *http;
	const struct config *config;
	struct scaleway_list namespaces, images; /* in scope, as far as they are read */
};

struct found {
	enum scaleway_outcome outcome;
	struct scaleway_object object; /* of OK */
	char message[512];
};

static void on_object(void *ctx, const struct scaleway_answer *answer)
{
	struct found *found = ctx;

	found->outcome = answer->outcome;
	if (answer->outcome == SCALEWAY_OK)
		found->object = scaleway_object_copy(answer->object);
	snprintf(found->message, sizeof found->message, "%s", answer->message);
}

/* Puts the KIND with ID into LIST; it stays empty where there is none. */
static int get(struct loading *loading, enum scaleway_kind kind, const char *id,
	       struct scaleway_list *list, struct err *err)
{
	struct found found = { .outcome = SCALEWAY_FAILED };

	scaleway_get(loading->api, kind, id, on_object, &found);
	if (http_run(loading->http, err) < 0) {
		scaleway_object_clear(&found.object);
		return -1;
	}
	if (found.outcome == SCALEWAY_OK) {
		list->items = xcalloc(1, sizeof *list->items);
		list->items[list->count++] = found.object;
	} else if (found.outcome != SCALEWAY_GONE) {
		return err_set(err, ERR_UNREACHABLE, "the %s %s cannot be read: %s" NOTHING_READ,
			       scaleway_kind_name(kind), id, found.message);
	}
	return 0;
}

static void on_list(void *ctx, struct scaleway_list *list)
{
	struct scaleway_list *taken = ctx;

	*taken = *list;
	*list = (struct scaleway_list){ 0 };
}

/* All namespaces, or the images of PARENT, or of the region (NULL). */
static int list_all(struct loading *loading, enum scaleway_kind kind, const char *parent,
		    struct scaleway_list *list, struct err *err)
{
	struct scaleway_list_request request = {
		.kind = kind, .parent = parent, .readings = 2, .done = on_list, .ctx = list
	};

	scaleway_list_begin(loading->api, &request);
	if (http_run(loading->http, err) < 0)
		return -1;
	if (list->trouble[0])
		return err_set(err, ERR_UNREACHABLE,
			       "the list of %ss is not complete: %s" NOTHING_READ,
			       scaleway_kind_name(kind), list->trouble);
	return 0;
}

/* Whether WORD, an id or a name, means OBJECT. */
static bool means(const char *word, const struct scaleway_object *object)
{
	return uuid_valid(word) ? strcasecmp(word, object->id) == 0
				: strcmp(word, object->name) == 0;
}

/* Leaves in LIST what WORD means, if anything. */
static void keep_only(struct scaleway_list *list, const char *word)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct scaleway_object *object = &list->items[i];

		if (means(word, object)) {
			struct scaleway_object first = list->items[count];

			list->items[count++] = *object;
			list->items[i] = first;
		}
	}
	for (size_t i = count; i < list->count; i++)
		scaleway_object_clear(&list->items[i]);
	list->count = count;
}

static int not_there(const struct loading *loading, const char *key, const char *what,
		     const char *word, struct err *err)
{
	return err_set(
		err, ERR_UNREACHABLE,
		"%s: there is no %s '%s' in region %s, or the key may not see it" NOTHING_READ, key,
		what, word, loading->config->registry.region);
}

/* The namespace that registry.namespace means; NULL: see ERR. */
static const struct scaleway_object *find_namespace(struct loading *loading, struct err *err)
{
	const char *word = loading->config->registry.namespace;
	struct scaleway_list *list = &loading->namespaces;

	if (uuid_valid(word) ? get(loading, SCALEWAY_NAMESPACE, word, list, err) < 0
			     : list_all(loading, SCALEWAY_NAMESPACE, NULL, list, err) < 0)
		return NULL;
	keep_only(list, word);
	if (list->count == 1)
		return list->items;
	(void)not_there(loading, "registry.namespace", "namespace", word, err);
	return NULL;
}

/* registry.image is an id. Another namespace than registry.namespace means is another image. */
static int find_image_by_id(struct loading *loading, struct err *err)
{
	const char *word = loading->config->registry.image;
	const char *in = loading->config->registry.namespace;
	struct scaleway_list *images = &loading->images, *namespaces = &loading->namespaces;

	if (get(loading, SCALEWAY_IMAGE, word, images, err) < 0)
		return -1;
	if (images->count == 0)
		return not_there(loading, "registry.image", "image", word, err);
	if (get(loading, SCALEWAY_NAMESPACE, images->items[0].parent, namespaces, err) < 0)
		return -1;
	if (namespaces->count == 0)
		return not_there(loading, "registry.image", "namespace of the image", word, err);
	if (*in && !means(in, &namespaces->items[0]))
		return err_set(err, ERR_UNREACHABLE,
			       "registry.image: the image %s is in the namespace %s, and not in "
			       "registry.namespace (%s)" NOTHING_READ,
			       word, namespaces->items[0].name, in);
	return 0;
}

static int find_images_of_namespace(struct loading *loading, struct err *err)
{
	const char *word = loading->config->registry.image;
	const struct scaleway_object *in = find_namespace(loading, err);

	if (!in || list_all(loading, SCALEWAY_IMAGE, in->id, &loading->images, err) < 0)
		return -1;
	if (!*word)
		return 0;
	keep_only(&loading->images, word);
	return loading->images.count == 1
		       ? 0
		       : not_there(loading, "registry.image", "image", word, err);
}

/* Images first: each that is listed has a namespace that was there then. */
static int find_all(struct loading *loading, struct err *err)
{
	return list_all(loading, SCALEWAY_IMAGE, NULL, &loading->images, err) < 0 ||
			       list_all(loading, SCALEWAY_NAMESPACE, NULL, &loading->namespaces,
					err) < 0
		       ? -1
		       : 0;
}

static int find_images(struct loading *loading, struct err *err)
{
	const struct config *config = loading->config;

	progress("listing the images");
	if (uuid_valid(config->registry.image))
		return find_image_by_id(loading, err);
	if (*config->registry.namespace)
		return find_images_of_namespace(loading, err);
	return find_all(loading, err);
}

/* IMAGE's namespace, or NULL: it is not listed. */
static const struct scaleway_object *namespace_of(const struct loading *loading,
						  const struct scaleway_object *image)
{
	for (size_t i = 0; i < loading->namespaces.count; i++) {
		if (strcmp(loading->namespaces.items[i].id, image->parent) == 0)
			return &loading->namespaces.items[i];
	}
	return NULL;
}

/* An image that cannot be told apart, or called by a name, is left alone. */
static void leave_out(struct loading *loading, const struct scaleway_object *image, const char *why)
{
	loading->catalog->whole = false;
	loading->inventory->failures++;
	log_warning("image %s (%s) is left alone: %s", image->name, image->id, why);
}

static void add_image(struct loading *loading, struct scaleway_object *image)
{
	struct inventory *inventory = loading->inventory;
	const struct scaleway_object *in = namespace_of(loading, image);
	CLEANUP(free_p) char *name = NULL;

	if (!in) {
		leave_out(loading, image, "its namespace is not listed");
		return;
	}
	name = xasprintf("%s/%s", in->name, image->name);
	if (!api_repository_valid(name)) {
		inventory_fault_name(inventory, name);
	} else if (inventory_repository_find(inventory, name) != INVENTORY_NONE) {
		leave_out(loading, image, "another one has its name");
	} else {
		inventory_repository(inventory, name);
		scan_scaleway_catalog_add_image(loading->catalog, image,
						(size_t)(in - loading->namespaces.items));
	}
}

static void take_lists(struct loading *loading)
{
	struct scaleway_catalog *catalog = loading->catalog;

	for (size_t i = 0; i < loading->images.count; i++)
		add_image(loading, &loading->images.items[i]);
	catalog->namespaces = loading->namespaces.items;
	catalog->namespace_count = loading->namespaces.count;
	loading->namespaces = (struct scaleway_list){ 0 };
}

static int read_tags(struct loading *loading, struct err *err)
{
	struct scan_scaleway scan = {
		.inventory = loading->inventory,
		.catalog = loading->catalog,
		.api = loading->api,
		.http = loading->http,
		.window = (size_t)loading->config->registry.max_concurrent_requests,
	};

	return scan_scaleway_tags(&scan, err);
}

int scan_scaleway_load(struct inventory *inventory, struct scaleway_catalog *catalog,
		       struct scaleway_api *api, struct http *http, const struct config *config,
		       struct err *err)
{
	struct loading loading = { .inventory = inventory,
				   .catalog = catalog,
				   .api = api,
				   .http = http,
				   .config = config };
	int result;

	inventory->opaque = true;
	inventory->pushes_known = true;
	inventory->server.tag_delete = TAG_DELETE_NO;
	result = find_images(&loading, err);
	if (result == 0) {
		take_lists(&loading);
		result = read_tags(&loading, err);
	}
	scaleway_list_clear(&loading.namespaces);
	scaleway_list_clear(&loading.images);
	return result;
}

/* Whether all tags that REPOSITORY has are known. */
static bool is_known(const struct inventory *inventory, const struct scaleway_catalog *catalog,
		     const struct config *config, uint32_t repository)
{
	bool everywhere = !*config->registry.namespace && !*config->registry.image;

	if (repository < catalog->image_count)
		return !inventory->repositories[repository].trouble;
	return everywhere && catalog->whole;
}

void scan_scaleway_settle(struct inventory *inventory, const struct scaleway_catalog *catalog,
			  const struct config *config)
{
	for (size_t m = 0; m < inventory->manifest_count; m++) {
		struct inventory_manifest *manifest = &inventory->manifests[m];

		if (manifest->kind != MANIFEST_UNSEEN ||
		    !is_known(inventory, catalog, config, manifest->repository))
			continue;
		manifest->kind = MANIFEST_MISSING;
		manifest->gone |= manifest->pending;
	}
}
