/* Blobs that are named by another algorithm than the one that they are stored by. */
#include "inventory/alias.h"
#include "scan_storage/load.h"
#include "storage_world.h"
#include "util/xalloc.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *sha512_of(const char *body, char digest[DIGEST_TEXT])
{
	unsigned char raw[64];

	assert_int_equal(EVP_Digest(body, strlen(body), raw, NULL, EVP_sha512(), NULL), 1);
	memcpy(digest, "sha512:", 8);
	for (size_t i = 0; i < sizeof raw; i++)
		snprintf(digest + 7 + 2 * i, 3, "%02x", raw[i]);
	return digest;
}

/* REPOSITORY's link KIND of NAMED, which holds STORED. */
static void alias_link(const struct store *store, const char *repository, const char *kind,
		       const char *named, const char *stored)
{
	CLEANUP(free_p) char *below = store_link_path(repository, kind, named);
	CLEANUP(free_p) char *path = xasprintf(V2 "%s", below);

	temporary_text(store->root, path, stored);
}

/* An image REPOSITORY:v1 whose config, TEXT, goes by sha512, without its link. */
static void store_odd_image(const struct store *store, const char *repository, const char *text,
			    char named[DIGEST_TEXT], char stored[DIGEST_TEXT])
{
	CLEANUP(free_p) char *body = NULL;
	char digest[DIGEST_TEXT];

	store_blob(store, text, stored);
	body = store_image_body(sha512_of(text, named), repository, "");
	store_manifest(store, repository, "v1", body, digest);
}

#define CONFIG "{\"created\":\"" D2020 "\"}"

static void test_a_config_is_read_through_its_link(void **state)
{
	struct store *store = *state;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT];
	const struct inventory_tag *tag = NULL;

	store_odd_image(store, "r", CONFIG, named, stored);
	alias_link(store, "r", "_layers", named, stored);
	store_load(store);
	tag = store_find_tag(store, "r", "v1");
	assert_int_equal(tag->state, TAG_READ);
	assert_int_equal(store->inventory->manifests[tag->manifest].created, T2020);
	assert_string_equal(inventory_stored_text(store->inventory, named), stored);
	assert_int_equal(store->inventory->failures, 0);
	assert_null(store_repository(store, "r")->trouble);
}

static void test_a_body_that_is_another_is_corrupt(void **state)
{
	struct store *store = *state;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT], other[DIGEST_TEXT];

	store_odd_image(store, "r", CONFIG, named, stored);
	alias_link(store, "r", "_layers", named, store_blob(store, "{}", other));
	store_load(store);
	assert_non_null(strstr(store_repository(store, "r")->trouble, "does not match its digest"));
}

static void test_the_link_of_any_repository_tells(void **state)
{
	struct store *store = *state;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT];

	store_odd_image(store, "r", CONFIG, named, stored);
	alias_link(store, "other", "_layers", named, stored);
	store_load(store);
	assert_string_equal(inventory_stored_text(store->inventory, named), stored);
	assert_null(store_repository(store, "r")->trouble);
}

static void test_no_link_tells(void **state)
{
	struct store *store = *state;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT], image[DIGEST_TEXT];

	store_odd_image(store, "r", CONFIG, named, stored);
	store_image(store, "whole", "v1", D2020, image);
	store_load(store);
	assert_non_null(strstr(store_repository(store, "r")->trouble, "no link says"));
	assert_null(store_repository(store, "whole")->trouble);
	assert_int_equal(store->inventory->failures, 1);
}

static void test_links_that_contradict_each_other(void **state)
{
	struct store *store = *state;
	char named[DIGEST_TEXT], stored[DIGEST_TEXT], other[DIGEST_TEXT];

	store_odd_image(store, "a", CONFIG, named, stored);
	store_odd_image(store, "b", CONFIG, named, stored);
	alias_link(store, "a", "_layers", named, stored);
	alias_link(store, "b", "_layers", named, store_blob(store, "{}", other));
	store_load(store);
	assert_null(store_repository(store, "a")->trouble);
	assert_non_null(strstr(store_repository(store, "b")->trouble, "names another blob"));
}

static void test_a_manifest_is_read_through_its_link(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *body = NULL;
	char config[DIGEST_TEXT], named[DIGEST_TEXT], stored[DIGEST_TEXT];

	store_layer(store, "r", store_blob(store, CONFIG, config));
	body = store_image_body(config, "odd", "");
	store_blob(store, body, stored);
	alias_link(store, "r", "_manifests/revisions", sha512_of(body, named), stored);
	store_tag(store, "r", "v1", named);
	store_load(store);
	assert_int_equal(store_find_tag(store, "r", "v1")->state, TAG_READ);
	assert_int_equal(store_find_manifest(store, "r", named)->kind, MANIFEST_IMAGE);
	assert_true(store_find_manifest(store, "r", named)->linked);
	assert_string_equal(inventory_stored_text(store->inventory, named), stored);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_config_is_read_through_its_link),
		STORE_TEST(test_a_body_that_is_another_is_corrupt),
		STORE_TEST(test_the_link_of_any_repository_tells),
		STORE_TEST(test_no_link_tells),
		STORE_TEST(test_links_that_contradict_each_other),
		STORE_TEST(test_a_manifest_is_read_through_its_link),
	};

	return cmocka_run_group_tests_name("inventory_aliases", tests, NULL, NULL);
}
