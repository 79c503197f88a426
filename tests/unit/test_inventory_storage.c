/* What is read from the registry's folder when nothing in it is broken. */
#include "scan_storage/load.h"

#include "storage_world.h"

#include <openssl/evp.h>

static void test_a_tagged_image(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];
	const struct inventory_tag *tag = NULL;
	const struct inventory_manifest *manifest = NULL;

	store_image(store, "team/app", "v1", D2020, digest);
	store_load(store);
	tag = store_find_tag(store, "team/app", "v1");
	assert_int_equal(tag->state, TAG_READ);
	assert_string_equal(inventory_digest(store->inventory, tag->manifest), digest);
	assert_true(date_known(tag->pushed));
	manifest = store_find_manifest(store, "team/app", digest);
	assert_int_equal(manifest->kind, MANIFEST_IMAGE);
	assert_true(manifest->linked);
	assert_int_equal(manifest->created, T2020);
	assert_int_equal(store->inventory->failures, 0);
	assert_null(store_repository(store, "team/app")->trouble);
	assert_false(store_repository(store, "team/app")->never_tagged);
}

/* The version decides which folder makes a repository; what has both is one in any case. */
static void test_which_repositories_are_listed(void **state)
{
	static const struct {
		unsigned major;
		const char *names;
	} ROWS[] = {
		{ 2, "a a/b old " },
		{ 3, "a a/b new " },
		{ 4, "a a/b new " },
		{ 0, "a a/b new old " },
	};
	struct store *store = *state;
	char digest[DIGEST_TEXT];

	store_image(store, "a", "v1", D2020, digest);
	store_image(store, "a/b", "v1", D2020, digest);
	temporary_mkdir(store->root, REPOSITORIES "old/_layers");
	temporary_mkdir(store->root, REPOSITORIES "new/_manifests/tags");
	temporary_mkdir(store->root, REPOSITORIES "_own/_layers");
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(buf_free) struct buf names = { 0 };

		inventory_free(store->inventory);
		store->inventory = inventory_new();
		store->inventory->server.major = ROWS[i].major;
		store_load(store);
		for (size_t r = 0; r < store->inventory->repository_count; r++)
			buf_format(&names, "%s ", store->inventory->repositories[r].name);
		assert_string_equal(buf_string(&names), ROWS[i].names);
		assert_int_equal(store->inventory->failures, 0);
	}
	assert_true(store_repository(store, "old")->never_tagged);
	assert_false(store_repository(store, "new")->never_tagged);
}

static void test_a_name_that_no_registry_can_be_asked_for(void **state)
{
	struct store *store = *state;

	temporary_mkdir(store->root, REPOSITORIES "Upper/_layers");
	temporary_mkdir(store->root, REPOSITORIES "good/_layers");
	store_load(store);
	assert_int_equal(store->inventory->repository_count, 1);
	assert_int_equal(store->inventory->failures, 1);
}

static void test_an_empty_storage(void **state)
{
	struct store *store = *state;

	store_load(store);
	assert_int_equal(store->inventory->repository_count, 0);
	assert_int_equal(store->inventory->blob_count, 0);
}

/* Two tags of one manifest, and the same manifest in another repository. */
static void test_what_is_shared_is_read_for_all(void **state)
{
	struct store *store = *state;
	char digest[DIGEST_TEXT];
	const struct inventory_manifest *there = NULL;

	store_image(store, "a", "v1", D2020, digest);
	store_tag(store, "a", "also", digest);
	store_revision(store, "b", digest);
	store_tag(store, "b", "copy", digest);
	temporary_mkdir(store->root, REPOSITORIES "b/_layers");
	store_load(store);
	assert_int_equal(store_find_tag(store, "a", "also")->manifest,
			 store_find_tag(store, "a", "v1")->manifest);
	there = store_find_manifest(store, "b", digest);
	assert_int_equal(there->kind, MANIFEST_IMAGE);
	/* b has no link to the config, and a has: what a digest is does not change. */
	assert_int_equal(there->created, T2020);
	assert_int_equal(store->inventory->failures, 0);
}

static void test_an_index_and_what_it_lists(void **state)
{
	struct store *store = *state;
	char child[DIGEST_TEXT], inner[DIGEST_TEXT], outer[DIGEST_TEXT], sparse[DIGEST_TEXT];
	const struct inventory_manifest *manifest = NULL;
	const struct inventory_child *children = NULL;

	store_image(store, "r", NULL, D2020, child);
	store_index(store, "r", NULL, child, inner);
	store_index(store, "r", "outer", inner, outer);
	store_index(store, "r", "sparse", "sha256:" HEX1, sparse);
	store_load(store);
	manifest = store_find_manifest(store, "r", outer);
	children = store->inventory->children;
	assert_int_equal(manifest->kind, MANIFEST_INDEX);
	assert_int_equal(manifest->child_count, 1);
	assert_string_equal(
		inventory_digest(store->inventory, children[manifest->children].manifest), inner);
	assert_int_equal(store_find_manifest(store, "r", inner)->kind, MANIFEST_INDEX);
	assert_int_equal(store_find_manifest(store, "r", child)->created, T2020);
	assert_int_equal(store_find_manifest(store, "r", sparse)->child_count, 1);
	assert_int_equal(store_find_manifest(store, "r", "sha256:" HEX1)->kind, MANIFEST_MISSING);
	assert_false(store_find_manifest(store, "r", "sha256:" HEX1)->linked);
	assert_null(store_repository(store, "r")->trouble);
}

/* A child that lies in blobs/ and is linked elsewhere only is not in this repository. */
static void test_a_child_that_another_repository_has(void **state)
{
	struct store *store = *state;
	char child[DIGEST_TEXT], index[DIGEST_TEXT];

	store_image(store, "other", "v1", D2020, child);
	store_index(store, "r", "index", child, index);
	store_load(store);
	assert_int_equal(store_find_manifest(store, "r", child)->kind, MANIFEST_MISSING);
	assert_int_equal(store_find_manifest(store, "other", child)->kind, MANIFEST_IMAGE);
}

static void test_what_no_tag_reaches(void **state)
{
	struct store *store = *state;
	char image[DIGEST_TEXT], index[DIGEST_TEXT], referrer[DIGEST_TEXT], orphan[DIGEST_TEXT];
	char config[DIGEST_TEXT];
	CLEANUP(free_p) char *subject = NULL;
	CLEANUP(free_p) char *body = NULL;
	CLEANUP(free_p) char *lost = NULL;
	const struct inventory_manifest *found = NULL;

	store_image(store, "r", NULL, D2020, image);
	store_index(store, "r", NULL, image, index);
	store_layer(store, "r", store_blob(store, "{}", config));
	subject = xasprintf(",\"subject\":{\"digest\":\"%s\",\"size\":5}", image);
	body = store_image_body(config, "referrer", subject);
	store_manifest(store, "r", NULL, body, referrer);
	lost = store_image_body(config, "orphan",
				",\"subject\":{\"digest\":\"sha256:" HEX1 "\",\"size\":5}");
	store_manifest(store, "r", NULL, lost, orphan);
	store_load(store);
	assert_int_equal(store_find_manifest(store, "r", index)->kind, MANIFEST_INDEX);
	found = store_find_manifest(store, "r", referrer);
	assert_string_equal(inventory_digest(store->inventory, found->subject), image);
	found = store_find_manifest(store, "r", orphan);
	assert_int_equal(store->inventory->manifests[found->subject].kind, MANIFEST_MISSING);
	assert_int_equal(store_repository(store, "r")->tag_count, 0);
	assert_true(store_repository(store, "r")->never_tagged);
}

/* Nobody else mentions what these names describe. */
static void test_names_that_describe(void **state)
{
	struct store *store = *state;
	char image[DIGEST_TEXT], signature[DIGEST_TEXT];
	CLEANUP(free_p) char *name = NULL;
	const struct inventory_tag *tag = NULL;

	store_image(store, "r", NULL, D2020, image);
	name = xasprintf("sha256-%s.sig", image + 7);
	store_image(store, "r", name, D2020, signature);
	store_tag(store, "r", "sha256-" HEX1 ".att", signature);
	store_load(store);
	tag = store_find_tag(store, "r", name);
	assert_string_equal(inventory_digest(store->inventory, tag->named_subject), image);
	assert_int_equal(store->inventory->manifests[tag->named_subject].kind, MANIFEST_IMAGE);
	tag = store_find_tag(store, "r", "sha256-" HEX1 ".att");
	assert_int_equal(store->inventory->manifests[tag->named_subject].kind, MANIFEST_MISSING);
	assert_null(store_repository(store, "r")->trouble);
}

static void test_schema1_is_read_as_the_version_reads_it(void **state)
{
	static const char BODY[] =
		"{\"schemaVersion\":1,\"name\":\"r\",\"tag\":\"v1\",\"fsLayers\":[{\"blobSum\":"
		"\"sha256:" HEX1 "\"}],\"history\":[{\"v1Compatibility\":\"{\\\"created\\\":"
		"\\\"" D2020 "\\\"}\"}]}";
	struct store *store = *state;
	char digest[DIGEST_TEXT];

	store_manifest(store, "r", "v1", BODY, digest);
	store->inventory->server.major = 2;
	store_load(store);
	assert_int_equal(store_find_manifest(store, "r", digest)->kind, MANIFEST_SCHEMA1);
	assert_int_equal(store_find_manifest(store, "r", digest)->created, T2020);
	assert_int_equal(store_find_tag(store, "r", "v1")->state, TAG_READ);
	inventory_free(store->inventory);
	store->inventory = inventory_new();
	store->inventory->server.major = 3;
	store_load(store);
	assert_int_equal(store_find_tag(store, "r", "v1")->state, TAG_UNREADABLE);
	assert_non_null(strstr(store_repository(store, "r")->trouble, "schema1"));
	assert_int_equal(store->inventory->failures, 1);
}

static void test_sha512(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *body = store_image_body("sha256:" HEX1, "long", "");
	unsigned char raw[64];
	char digest[DIGEST_TEXT] = "sha512:";
	CLEANUP(free_p) char *blob = NULL;

	assert_int_equal(EVP_Digest(body, strlen(body), raw, NULL, EVP_sha512(), NULL), 1);
	for (size_t i = 0; i < sizeof raw; i++)
		snprintf(digest + 7 + 2 * i, 3, "%02x", raw[i]);
	blob = xasprintf(V2 "blobs/sha512/%.2s/%s/data", digest + 7, digest + 7);
	temporary_text(store->root, blob, body);
	store_revision(store, "r", digest);
	store_tag(store, "r", "v1", digest);
	temporary_mkdir(store->root, REPOSITORIES "r/_layers");
	store_load(store);
	assert_int_equal(store_find_tag(store, "r", "v1")->state, TAG_READ);
	assert_int_equal(store_find_manifest(store, "r", digest)->kind, MANIFEST_IMAGE);
	assert_int_equal(store_find_blob(store, digest)->stored, strlen(body));
}

/* What is owed is looked up wherever it is said to be. */
static void test_debts(void **state)
{
	static const struct {
		const char *repository;
		bool trouble;
	} ABSENT[] = { { "nowhere", false }, { "../../../escape", true }, { "r", false } };
	struct store *store = *state;
	struct inventory *inventory = store->inventory;
	char image[DIGEST_TEXT];
	uint32_t id = 0;

	store_image(store, "r", NULL, D2020, image);
	id = inventory_manifest(inventory, inventory_repository(inventory, "r"), image);
	inventory->manifests[id].pending = true;
	for (size_t i = 0; i < sizeof ABSENT / sizeof *ABSENT; i++)
		inventory_manifest(inventory, inventory_repository(inventory, ABSENT[i].repository),
				   "sha256:" HEX1);
	store_load(store);
	assert_int_equal(store_find_manifest(store, "r", image)->kind, MANIFEST_IMAGE);
	assert_true(store_find_manifest(store, "r", image)->pending);
	for (size_t i = 0; i < sizeof ABSENT / sizeof *ABSENT; i++) {
		const char *name = ABSENT[i].repository;

		if (!!store_repository(store, name)->trouble != ABSENT[i].trouble)
			fail_msg("%s: %s", name, store_repository(store, name)->trouble);
		assert_int_equal(store_find_manifest(store, name, "sha256:" HEX1)->kind,
				 MANIFEST_MISSING);
	}
	assert_true(store_repository(store, "nowhere")->never_tagged);
}

static void test_blobs(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *body = NULL;
	char config[DIGEST_TEXT], digest[DIGEST_TEXT], garbage[DIGEST_TEXT];

	store_layer(store, "r", store_blob(store, "{}", config));
	body = xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" TYPE_IMAGE
			 "\",\"config\":{\"mediaType\":\"" TYPE_CONFIG
			 "\",\"digest\":\"%s\",\"size\":2},\"layers\":[{\"mediaType\":\"x/y\","
			 "\"digest\":\"sha256:" HEX1 "\",\"size\":77}]}",
			 config);
	store_manifest(store, "r", "v1", body, digest);
	store_blob(store, "garbage", garbage);
	store_load(store);
	assert_int_equal(store->inventory->blob_count, 4);
	assert_int_equal(store_find_blob(store, config)->stored, 2);
	assert_int_equal(store_find_blob(store, digest)->stored, strlen(body));
	assert_int_equal(store_find_blob(store, garbage)->stored, 7);
	assert_int_equal(store_find_blob(store, garbage)->size, 7);
	assert_true(store_find_blob(store, "sha256:" HEX1)->stored == INVENTORY_ABSENT);
	assert_int_equal(store_find_blob(store, "sha256:" HEX1)->size, 77);
}

/* What was read is not asked of the disk; all else is, and nothing but its files counts. */
static void test_sizes_of_blobs(void **state)
{
	static char large[100000];
	struct store *store = *state;
	CLEANUP(free_p) char *body = NULL;
	char config[DIGEST_TEXT], digest[DIGEST_TEXT], other[DIGEST_TEXT];

	memset(large, ' ', sizeof large - 1);
	memcpy(large, "{}", 2);
	store_layer(store, "r", store_blob(store, large, config));
	body = store_image_body(config, "large", "");
	store_manifest(store, "r", "v1", body, digest);
	/* A manifest that another body lies in the place of. */
	store_revision(store, "r", "sha256:" HEX2);
	temporary_text(store->root, V2 "blobs/sha256/22/" HEX2 "/data", body);
	/* No blobs: a folder without a file, and one with a folder. */
	temporary_mkdir(store->root, V2 "blobs/sha256/11/" HEX1);
	temporary_mkdir(store->root, V2 "blobs/sha256/33/" HEX3 "/data");
	digest_of("x", 1, other);
	temporary_text(store->root, V2 "blobs/sha256/2d/no digest/data", "x");
	store_load(store);
	assert_int_equal(store_find_blob(store, config)->stored, sizeof large - 1);
	assert_int_equal(store_find_blob(store, digest)->stored, strlen(body));
	assert_int_equal(store_find_blob(store, "sha256:" HEX2)->stored, strlen(body));
	assert_true(store_find_blob(store, "sha256:" HEX1)->stored == INVENTORY_ABSENT);
	assert_true(store_find_blob(store, "sha256:" HEX3)->stored == INVENTORY_ABSENT);
	assert_int_equal(inventory_blob_find(store->inventory, other), INVENTORY_NONE);
	assert_int_equal(store_find_manifest(store, "r", "sha256:" HEX2)->kind,
			 MANIFEST_UNREADABLE);
}

/* More than any thread reads at once, with what each phase meets. */
static void test_many(void **state)
{
	struct store *store = *state;
	const struct inventory *inventory = NULL;
	char shared[DIGEST_TEXT];

	for (int i = 0; i < 400; i++) {
		CLEANUP(free_p) char *repository = xasprintf("team%d/app", i % 11);
		CLEANUP(free_p) char *tag = xasprintf("t%d", i);
		CLEANUP(free_p) char *index = xasprintf("index%d", i);
		char digest[DIGEST_TEXT], own[DIGEST_TEXT];

		store_image(store, repository, tag, D2020, digest);
		if (i == 0)
			memcpy(shared, digest, sizeof shared);
		store_revision(store, repository, shared);
		if (i % 7 == 0)
			store_index(store, repository, index, digest, own);
		if (i % 50 == 0)
			store_tag(store, repository, "broken", "");
	}
	store_load(store);
	inventory = store->inventory;
	assert_int_equal(inventory->repository_count, 11);
	assert_int_equal(inventory->tag_count, 400 + 58 + 8);
	assert_int_equal(inventory->failures, 8);
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		const struct inventory_tag *tag = &inventory->tags[t];

		if (strcmp(tag->name, "broken") == 0)
			assert_int_equal(tag->state, TAG_UNREADABLE);
		else
			assert_int_equal(tag->state, TAG_READ);
	}
	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		assert_true(inventory->manifests[m].linked);
		if (inventory->manifests[m].kind == MANIFEST_IMAGE)
			assert_int_equal(inventory->manifests[m].created, T2020);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_tagged_image),
		STORE_TEST(test_which_repositories_are_listed),
		STORE_TEST(test_a_name_that_no_registry_can_be_asked_for),
		STORE_TEST(test_an_empty_storage),
		STORE_TEST(test_what_is_shared_is_read_for_all),
		STORE_TEST(test_an_index_and_what_it_lists),
		STORE_TEST(test_a_child_that_another_repository_has),
		STORE_TEST(test_what_no_tag_reaches),
		STORE_TEST(test_names_that_describe),
		STORE_TEST(test_schema1_is_read_as_the_version_reads_it),
		STORE_TEST(test_sha512),
		STORE_TEST(test_debts),
		STORE_TEST(test_blobs),
		STORE_TEST(test_sizes_of_blobs),
		STORE_TEST(test_many),
	};

	return cmocka_run_group_tests_name("inventory_storage", tests, NULL, NULL);
}
