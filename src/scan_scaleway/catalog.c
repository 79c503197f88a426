/* Objects of the API in arrays that grow with the inventory. */
#include "scan_scaleway/catalog.h"

#include "scaleway/object.h"
#include "util/xalloc.h"

struct scaleway_catalog *scan_scaleway_catalog_new(void)
{
	struct scaleway_catalog *catalog = xcalloc(1, sizeof *catalog);

	catalog->whole = true;
	return catalog;
}

static void clear(struct scaleway_object *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		scaleway_object_clear(&objects[i]);
	free(objects);
}

void scan_scaleway_catalog_free(struct scaleway_catalog *catalog)
{
	if (!catalog)
		return;
	for (size_t i = 0; catalog->errors && i < catalog->tag_count; i++)
		free(catalog->errors[i]);
	free(catalog->errors);
	clear(catalog->namespaces, catalog->namespace_count);
	clear(catalog->images, catalog->image_count);
	clear(catalog->tags, catalog->tag_count);
	free(catalog->places);
	free(catalog);
}

void scan_scaleway_catalog_note(struct scaleway_catalog *catalog, uint32_t tag, const char *text)
{
	if (tag >= catalog->tag_count)
		return;
	if (!catalog->errors)
		catalog->errors = xcalloc(catalog->tag_count, sizeof *catalog->errors);
	free(catalog->errors[tag]);
	catalog->errors[tag] = xstrdup(text);
}

const char *scan_scaleway_catalog_error(const struct scaleway_catalog *catalog, uint32_t tag)
{
	return catalog->errors && tag < catalog->tag_count ? catalog->errors[tag] : NULL;
}

void scan_scaleway_catalog_add_image(struct scaleway_catalog *catalog,
				     struct scaleway_object *image, size_t place)
{
	GROW(catalog->images, catalog->image_count, catalog->room_for_images);
	catalog->places =
		xreallocarray(catalog->places, catalog->room_for_images, sizeof *catalog->places);
	catalog->places[catalog->image_count] = place;
	catalog->images[catalog->image_count++] = *image;
	*image = (struct scaleway_object){ 0 };
}

void scan_scaleway_catalog_add_tag(struct scaleway_catalog *catalog, struct scaleway_object *tag)
{
	GROW(catalog->tags, catalog->tag_count, catalog->room_for_tags);
	catalog->tags[catalog->tag_count++] = *tag;
	*tag = (struct scaleway_object){ 0 };
}
