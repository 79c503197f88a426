/* What Scaleway's API tells of a registry beside what every inventory has: ids, statuses and dates,
 * without which nothing can be deleted there. */
#ifndef SCAN_SCALEWAY_CATALOG_H
#define SCAN_SCALEWAY_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scaleway_object; /* scaleway/object.h */

struct scaleway_catalog {
	/* In scope: all of the region, or those that registry.namespace and registry.image mean. */
	struct scaleway_object *namespaces;
	size_t namespace_count;
	/* Of each repository and each tag of the inventory, by its number. Those that were added to
	 * the inventory later, as debts are, have none. */
	struct scaleway_object *images, *tags;
	size_t image_count, tag_count;
	size_t *places; /* of each image: its namespace's number among NAMESPACES */
	/* No list had a trouble, and each image's namespace is known. Only then is it known what
	 * namespaces have in them. */
	bool whole;
	/* Of each tag: why it did not go, though it was to; NULL: no tag has such a text. */
	char **errors;
	size_t room_for_images, room_for_tags;
};

/* Empty, and `whole` until something is wrong. */
struct scaleway_catalog *scan_scaleway_catalog_new(void);
void scan_scaleway_catalog_free(struct scaleway_catalog *catalog); /* NULL is fine */

/* Sets why TAG did not go: TEXT, one line for people, without secrets; copied. */
void scan_scaleway_catalog_note(struct scaleway_catalog *catalog, uint32_t tag, const char *text);
/* That text, borrowed, or NULL. */
const char *scan_scaleway_catalog_error(const struct scaleway_catalog *catalog, uint32_t tag);

/* Adds IMAGE, which is taken and zero then, with the number of its namespace. */
void scan_scaleway_catalog_add_image(struct scaleway_catalog *catalog,
				     struct scaleway_object *image, size_t place);
/* Adds TAG, which is taken and zero then. */
void scan_scaleway_catalog_add_tag(struct scaleway_catalog *catalog, struct scaleway_object *tag);

#endif
