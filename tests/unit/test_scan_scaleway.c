/* What is known once Scaleway's registry was read: of manifests that no tag shows, and the catalog
 * beside the inventory. */
#include "config/config.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "scan_scaleway/load.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char all[] = "", name[] = "team";

static struct scaleway_object new_object(enum scaleway_kind kind, const char *of)
{
	return (struct scaleway_object){ .kind = kind,
					 .status = SCALEWAY_READY,
					 .id = xstrdup("00000000-0000-4000-8000-000000000000"),
					 .name = xstrdup(of) };
}

static uint32_t manifest_of(struct inventory *inventory, uint32_t repository, const char *of)
{
	char digest[DIGEST_TEXT];

	return inventory_manifest(inventory, repository, digest_of(of, strlen(of), digest));
}

/* A row: where something is mentioned that no tag shows, and what is known of it. */
static const struct {
	const char *sentence;
	bool listed;  /* its image is in the catalog */
	bool trouble; /* its list of tags had one */
	bool narrowed, partial;
	bool pending;
	uint8_t kind;
	bool gone;
} ROWS[] = {
	{ "no tag of an image that was read shows it: it is not there", .listed = true,
	  .kind = MANIFEST_MISSING },
	{ "a debt of that was paid", .listed = true, .pending = true, .kind = MANIFEST_MISSING,
	  .gone = true },
	{ "it may be in a list that had a trouble", .listed = true, .trouble = true,
	  .pending = true, .kind = MANIFEST_UNSEEN },
	{ "no image has its repository", .pending = true, .kind = MANIFEST_MISSING, .gone = true },
	{ "its repository may be in a namespace that is not read", .narrowed = true,
	  .pending = true, .kind = MANIFEST_UNSEEN },
	{ "or among the images of a list that had a trouble", .partial = true, .pending = true,
	  .kind = MANIFEST_UNSEEN },
};

static void what_no_tag_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct inventory *inventory = inventory_new();
		struct scaleway_catalog *catalog = scan_scaleway_catalog_new();
		struct config config = { .registry = { .namespace = ROWS[i].narrowed ? name : all,
						       .image = all } };
		struct scaleway_object image = new_object(SCALEWAY_IMAGE, "app");
		uint32_t shown = manifest_of(inventory, inventory_repository(inventory, "team/app"),
					     "shown");
		uint32_t other, place;

		print_message("# %s\n", ROWS[i].sentence);
		scan_scaleway_catalog_add_image(catalog, &image, 0);
		assert_null(image.id);
		inventory->manifests[shown].kind = MANIFEST_OPAQUE;
		inventory->manifests[shown].pending = true;
		place = ROWS[i].listed ? 0 : inventory_repository(inventory, "old/app");
		if (ROWS[i].trouble)
			inventory_trouble(inventory, place, "trouble");
		catalog->whole = !ROWS[i].partial && !ROWS[i].trouble;
		other = manifest_of(inventory, place, "mentioned");
		inventory->manifests[other].pending = ROWS[i].pending;
		scan_scaleway_settle(inventory, catalog, &config);
		assert_int_equal(inventory->manifests[other].kind, ROWS[i].kind);
		assert_int_equal(inventory->manifests[other].gone, ROWS[i].gone);
		assert_int_equal(inventory->manifests[shown].kind, MANIFEST_OPAQUE);
		assert_false(inventory->manifests[shown].gone);
		scan_scaleway_catalog_free(catalog);
		inventory_free(inventory);
	}
}

/* Many objects keep their numbers; texts of tags that are not there are dropped. */
static void the_catalog_grows(void **state)
{
	struct scaleway_catalog *catalog = scan_scaleway_catalog_new();
	char text[16];

	(void)state;
	assert_true(catalog->whole);
	assert_null(scan_scaleway_catalog_error(catalog, 0));
	for (uint32_t i = 0; i < 100; i++) {
		struct scaleway_object image, tag;

		snprintf(text, sizeof text, "t%u", i);
		image = new_object(SCALEWAY_IMAGE, text);
		tag = new_object(SCALEWAY_TAG, text);
		scan_scaleway_catalog_add_image(catalog, &image, i / 2);
		scan_scaleway_catalog_add_tag(catalog, &tag);
		assert_null(tag.name);
	}
	assert_int_equal(catalog->image_count, 100);
	assert_int_equal(catalog->tag_count, 100);
	assert_string_equal(catalog->tags[42].name, "t42");
	assert_string_equal(catalog->images[99].name, "t99");
	assert_int_equal(catalog->places[99], 49);
	scan_scaleway_catalog_note(catalog, 42, "first");
	scan_scaleway_catalog_note(catalog, 42, "last");
	scan_scaleway_catalog_note(catalog, 100, "nowhere");
	assert_string_equal(scan_scaleway_catalog_error(catalog, 42), "last");
	assert_null(scan_scaleway_catalog_error(catalog, 41));
	assert_null(scan_scaleway_catalog_error(catalog, 100));
	scan_scaleway_catalog_free(catalog);
	scan_scaleway_catalog_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_tag_shows),
		cmocka_unit_test(the_catalog_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
