/* One repository read again from the folder, before something in it is deleted (S6). */
#include "config/config.h"
#include "scan_storage/load.h"

#include "storage_world.h"

struct looks {
	struct inventory *fresh;
	char old[DIGEST_TEXT], young[DIGEST_TEXT];
};

static struct looks *new_looks(struct store *store)
{
	struct looks *looks = xcalloc(1, sizeof *looks);

	store_image(store, "r", "old", D2020, looks->old);
	store_image(store, "r", "young", "2021-01-01T00:00:00Z", looks->young);
	store_load(store);
	looks->fresh = inventory_new();
	inventory_repository(looks->fresh, "r");
	return looks;
}

static void free_looks(struct looks **looks)
{
	inventory_free((*looks)->fresh);
	free(*looks);
}

static const char *look_again(struct store *store, struct looks *looks,
			      const struct string_list *protected_tags)
{
	static const struct string_list NONE = { 0 };
	const struct storage_look look = { .fresh = looks->fresh,
					   .known = store->inventory,
					   .protected_tags =
						   protected_tags ? protected_tags : &NONE };

	if (scan_storage_look(&look, store->layout, &store->err) != 0)
		fail_msg("%s", store->err.msg);
	assert_true(looks->fresh->from_storage);
	return looks->fresh->repositories[0].trouble;
}

/* The fresh tag NAME, or NULL. */
static const struct inventory_tag *find_tag(const struct looks *looks, const char *name)
{
	for (size_t t = 0; t < looks->fresh->tag_count; t++) {
		if (strcmp(looks->fresh->tags[t].name, name) == 0)
			return &looks->fresh->tags[t];
	}
	return NULL;
}

static const struct inventory_manifest *find_manifest(const struct looks *looks, const char *digest)
{
	uint32_t id = inventory_manifest_find(looks->fresh, 0, digest);

	assert_int_not_equal(id, INVENTORY_NONE);
	return &looks->fresh->manifests[id];
}

static void write_data(const struct store *store, const char *digest, const char *text)
{
	CLEANUP(free_p)
	char *path = xasprintf(V2 "blobs/sha256/%.2s/%s/data", digest + 7, digest + 7);

	temporary_text(store->root, path, text);
}

/* What a digest is does not change: the bodies are not read again, and no blob is counted. */
static void test_what_is_known_is_copied(void **state)
{
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);

	write_data(store, looks->old, "overwritten");
	assert_null(look_again(store, looks, NULL));
	assert_int_equal(looks->fresh->tag_count, 2);
	assert_int_equal(find_tag(looks, "old")->state, TAG_READ);
	assert_int_equal(find_manifest(looks, looks->old)->kind, MANIFEST_IMAGE);
	assert_int_equal(find_manifest(looks, looks->old)->created, T2020);
	assert_true(find_manifest(looks, looks->old)->linked);
	assert_int_equal(looks->fresh->repository_count, 1);
	assert_true(looks->fresh->blob_count < store->inventory->blob_count);
}

/* What was deleted, or was not understood, is not known. */
static void test_what_is_gone_or_was_unreadable_is_read_again(void **state)
{
	static const struct {
		enum manifest_kind kind;
		bool gone;
	} ROWS[] = { { MANIFEST_IMAGE, true },
		     { MANIFEST_UNREADABLE, false },
		     { MANIFEST_MISSING, false } };
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);
	uint32_t id = inventory_manifest_find(store->inventory, 0, looks->old);

	write_data(store, looks->old, "overwritten");
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		store->inventory->manifests[id].kind = ROWS[i].kind;
		store->inventory->manifests[id].gone = ROWS[i].gone;
		assert_non_null(look_again(store, looks, NULL));
		assert_int_equal(find_tag(looks, "old")->state, TAG_UNREADABLE);
		inventory_free(looks->fresh);
		looks->fresh = inventory_new();
		inventory_repository(looks->fresh, "r");
	}
}

static void test_what_changed_is_seen(void **state)
{
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);
	CLEANUP(free_p)
	char *young = store_path(store, "repositories/r/_manifests/tags/young/"
					"current/link");
	char index[DIGEST_TEXT], fresh[DIGEST_TEXT];

	store_tag(store, "r", "moved", looks->young);
	store_tag(store, "r", "old", looks->young);
	store_index(store, "r", NULL, looks->old, index);
	store_image(store, "r", "fresh", "2022-01-01T00:00:00Z", fresh);
	assert_int_equal(unlink(young), 0);
	assert_null(look_again(store, looks, NULL));
	assert_string_equal(inventory_digest(looks->fresh, find_tag(looks, "old")->manifest),
			    looks->young);
	assert_int_equal(find_tag(looks, "moved")->state, TAG_READ);
	assert_int_equal(find_tag(looks, "young")->state, TAG_MISSING);
	assert_int_equal(find_manifest(looks, index)->kind, MANIFEST_INDEX);
	assert_int_equal(find_manifest(looks, fresh)->created, INT64_C(1640995200));
}

static void test_a_debt_that_was_paid_meanwhile(void **state)
{
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);
	CLEANUP(free_p) char *link = store_link_path("r", "_manifests/revisions", looks->old);
	CLEANUP(free_p) char *path = store_path(store, link);
	uint32_t id = inventory_manifest(looks->fresh, 0, looks->old);

	looks->fresh->manifests[id].pending = true;
	assert_int_equal(unlink(path), 0);
	assert_null(look_again(store, looks, NULL));
	assert_int_equal(find_manifest(looks, looks->old)->kind, MANIFEST_MISSING);
	assert_true(find_manifest(looks, looks->old)->pending);
	assert_int_equal(find_tag(looks, "old")->state, TAG_MISSING);
}

/* A revision that is broken now is trouble, though the manifest is known. */
static void test_what_broke_meanwhile(void **state)
{
	static const char *const BROKEN[] = {
		"repositories/r/_manifests/tags/old/current/link",
		"repositories/r/_manifests/tags/new/current/link",
		"repositories/r/_manifests/revisions/sha256/" HEX1 "/link",
	};
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);
	CLEANUP(free_p) char *own = store_link_path("r", "_manifests/revisions", looks->old);

	for (size_t i = 0; i <= sizeof BROKEN / sizeof *BROKEN; i++) {
		CLEANUP(free_p)
		char *path =
			xasprintf(V2 "%s", i < sizeof BROKEN / sizeof *BROKEN ? BROKEN[i] : own);
		CLEANUP(free_p) char *full = xasprintf("%s/%s", store->root, path);

		temporary_text(store->root, path, "");
		if (!look_again(store, looks, NULL))
			fail_msg("%s: no trouble", path);
		assert_int_equal(unlink(full), 0);
		inventory_free(looks->fresh);
		looks->fresh = inventory_new();
		inventory_repository(looks->fresh, "r");
	}
}

static void test_protected_names_that_are_listed_or_absent_are_no_trouble(void **state)
{
	char *names[] = { (char[]){ "latest" }, (char[]){ "young" }, (char[]){ "no/tag" }, NULL };
	const struct string_list protected_tags = { names, 3 };
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);

	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/latest/index");
	assert_null(look_again(store, looks, &protected_tags));
}

static void test_a_repository_that_is_gone(void **state)
{
	struct store *store = *state;
	CLEANUP(free_looks) struct looks *looks = new_looks(store);
	CLEANUP(free_p) char *here = store_path(store, "repositories/r");
	CLEANUP(free_p) char *there = store_path(store, "repositories/s");

	assert_int_equal(rename(here, there), 0);
	assert_null(look_again(store, looks, NULL));
	assert_int_equal(looks->fresh->tag_count, 0);
	assert_true(looks->fresh->repositories[0].never_tagged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_what_is_known_is_copied),
		STORE_TEST(test_what_is_gone_or_was_unreadable_is_read_again),
		STORE_TEST(test_what_changed_is_seen),
		STORE_TEST(test_a_debt_that_was_paid_meanwhile),
		STORE_TEST(test_what_broke_meanwhile),
		STORE_TEST(test_protected_names_that_are_listed_or_absent_are_no_trouble),
		STORE_TEST(test_a_repository_that_is_gone),
	};

	return cmocka_run_group_tests_name("scan_storage_look", tests, NULL, NULL);
}
