/* Indexes that no tag reaches: what the storage adds to an inventory (S3). */
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "scan_storage/unlisted.h"
#include "storage/layout.h"
#include "temporary.h"

#define V2    "docker/registry/v2/"
#define CHILD "sha256:1111111111111111111111111111111111111111111111111111111111111111"

struct store {
	char *root;
	struct layout *layout;
	struct inventory *inventory;
	char inner[DIGEST_TEXT], outer[DIGEST_TEXT];
};

/* Writes an index that lists DIGEST, with its revision link; its own digest goes to OWN. */
static void add_index(const char *root, const char *digest, char own[DIGEST_TEXT])
{
	CLEANUP(free_p)
	char *body = xasprintf("{\"schemaVersion\":2,\"mediaType\":"
			       "\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{"
			       "\"digest\":\"%s\",\"size\":5}]}",
			       digest);
	const char *hex = digest_of(body, strlen(body), own) + 7;
	CLEANUP(free_p) char *blob = xasprintf(V2 "blobs/sha256/%.2s/%s/data", hex, hex);
	CLEANUP(free_p)
	char *link = xasprintf(V2 "repositories/app/_manifests/revisions/sha256/%s/link", hex);

	temporary_text(root, blob, body);
	temporary_text(root, link, own);
}

static int setup(void **state)
{
	struct store *store = xcalloc(1, sizeof *store);
	struct err err;

	store->root = temporary_folder();
	add_index(store->root, CHILD, store->inner);
	add_index(store->root, store->inner, store->outer);
	store->layout = layout_open(store->root, &err);
	assert_non_null(store->layout);
	store->inventory = inventory_new();
	inventory_repository(store->inventory, "app");
	*state = store;
	return 0;
}

static int teardown(void **state)
{
	struct store *store = *state;

	inventory_free(store->inventory);
	layout_close(store->layout);
	temporary_remove(store->root);
	free(store);
	return 0;
}

static uint8_t kind_of(const struct store *store, const char *digest)
{
	uint32_t id = inventory_manifest_find(store->inventory, 0, digest);

	assert_int_not_equal(id, INVENTORY_NONE);
	return store->inventory->manifests[id].kind;
}

/* The outer one mentions the inner one before that is met: as if it had been read first. */
static void test_an_index_that_is_mentioned_first_is_read_all_the_same(void **state)
{
	struct store *store = *state;

	inventory_manifest(store->inventory, 0, store->inner);
	assert_true(scan_storage_unlisted(store->inventory, store->layout, 0));
	assert_int_equal(kind_of(store, store->outer), MANIFEST_INDEX);
	assert_int_equal(kind_of(store, store->inner), MANIFEST_INDEX);
	assert_int_equal(kind_of(store, CHILD), MANIFEST_UNSEEN);
	assert_null(store->inventory->repositories[0].trouble);
}

/* A tag whose manifest is not among the revisions: this is another registry's folder. */
static void test_a_folder_that_is_not_the_registrys_is_noticed(void **state)
{
	static char name[] = "v1";
	char *names[] = { name };
	struct store *store = *state;
	uint32_t manifest = inventory_manifest(store->inventory, 0, CHILD);

	store->inventory->manifests[manifest].kind = MANIFEST_IMAGE;
	inventory_tags(store->inventory, 0, names, 1);
	inventory_point(store->inventory, 0, manifest);
	assert_false(scan_storage_unlisted(store->inventory, store->layout, 0));
}

static void test_the_registrys_own_folder_is_known(void **state)
{
	static char name[] = "v1";
	char *names[] = { name };
	struct store *store = *state;
	uint32_t manifest = inventory_manifest(store->inventory, 0, store->outer);

	store->inventory->manifests[manifest].kind = MANIFEST_INDEX;
	inventory_tags(store->inventory, 0, names, 1);
	inventory_point(store->inventory, 0, manifest);
	assert_true(scan_storage_unlisted(store->inventory, store->layout, 0));
	assert_int_equal(kind_of(store, store->inner), MANIFEST_INDEX);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_index_that_is_mentioned_first_is_read_all_the_same),
		TEST(test_a_folder_that_is_not_the_registrys_is_noticed),
		TEST(test_the_registrys_own_folder_is_known),
	};

	return cmocka_run_group_tests_name("scan_storage_unlisted", tests, NULL, NULL);
}
