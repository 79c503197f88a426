/* The names of the registry's folders. */
#include "storage/tree.h"
#include "storage_world.h"

struct names {
	const char *root;
	struct tree_names found;
	struct buf text; /* each with a blank behind it */
};

static const char *text_of(struct names *names)
{
	const char *at = names->found.text.data;

	buf_clear(&names->text);
	for (size_t i = 0; i < names->found.count; i++, at += strlen(at) + 1)
		buf_format(&names->text, "%s ", at);
	return buf_string(&names->text);
}

static void clear(struct names *names)
{
	tree_names_clear(&names->found);
	buf_free(&names->text);
}

static void expect_repositories(const struct store *store, enum tree_marker marker,
				const char *expected)
{
	CLEANUP(clear) struct names names = { 0 };
	struct err err;

	assert_int_equal(tree_repositories(store->layout, marker, &names.found, &err), 0);
	assert_string_equal(text_of(&names), expected);
}

static void test_repositories_nest_and_end_at_an_underscore(void **state)
{
	static const char *const FOLDERS[] = {
		"b/_manifests",
		"b/_layers",
		"b/c/_manifests",
		"b/c/_layers",
		"b/c/d/e/_layers",
		"old/_layers",
		"new/_manifests",
		"empty/_uploads",
		"x/y",
		"a-b/_layers",
		"a-b/_layers/z/_layers",
		"_odd/a/_layers",
		"b/_uploads/q/_manifests",
		"nest/1/_layers",
	};
	struct store *store = *state;

	for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
		CLEANUP(free_p) char *path = xasprintf(REPOSITORIES "%s", FOLDERS[i]);

		temporary_mkdir(store->root, path);
	}
	temporary_text(store->root, REPOSITORIES "stray", "x");
	temporary_text(store->root, REPOSITORIES "file/_layers", "x");
	expect_repositories(store, TREE_LAYERS, "a-b b b/c b/c/d/e nest/1 old ");
	expect_repositories(store, TREE_MANIFESTS, "b b/c new ");
	expect_repositories(store, TREE_ANY, "a-b b b/c b/c/d/e nest/1 new old ");
}

static void test_a_storage_without_repositories(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = store_path(store, "repositories");

	expect_repositories(store, TREE_ANY, "");
	assert_int_equal(rmdir(path), 0);
	expect_repositories(store, TREE_ANY, "");
}

/* 255 characters are the most that a name may have; what is longer could not be asked for. */
static void test_the_longest_name(void **state)
{
	struct store *store = *state;
	char name[256], nested[300];
	CLEANUP(free_p) char *path = NULL;
	CLEANUP(free_p) char *deep = NULL;
	CLEANUP(free_p) char *deeper = NULL;
	CLEANUP(free_p) char *expected = NULL;

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	memset(nested, 'm', sizeof nested);
	nested[100] = nested[200] = '/';
	nested[255] = '\0';
	path = xasprintf(REPOSITORIES "%s/_layers", name);
	temporary_mkdir(store->root, path);
	deep = xasprintf(REPOSITORIES "%s/_layers", nested);
	temporary_mkdir(store->root, deep);
	deeper = xasprintf(REPOSITORIES "%sm/_layers", nested);
	temporary_mkdir(store->root, deeper);
	expected = xasprintf("%s %s ", nested, name);
	expect_repositories(store, TREE_ANY, expected);
}

/* They could lead to the same repository twice, or round in a circle. */
static void test_symbolic_links_are_refused(void **state)
{
	static const char *const PLACES[] = { "again", "a/again", "a/_layers" };
	struct store *store = *state;

	temporary_mkdir(store->root, REPOSITORIES "a/_manifests");
	for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
		CLEANUP(free_p)
		char *path = xasprintf("%s/" REPOSITORIES "%s", store->root, PLACES[i]);
		CLEANUP(clear) struct names names = { 0 };
		struct err err = { 0 };

		assert_int_equal(symlink(".", path), 0);
		errno = 0;
		assert_int_equal(tree_repositories(store->layout, TREE_ANY, &names.found, &err),
				 -1);
		assert_int_equal(errno, ELOOP);
		assert_int_equal(err.kind, ERR_IO);
		assert_int_equal(unlink(path), 0);
	}
	expect_repositories(store, TREE_MANIFESTS, "a ");
}

/* Whatever lies there is a name: the registry would list it, too. */
static void test_tags_are_what_is_in_their_folder(void **state)
{
	struct store *store = *state;
	CLEANUP(clear) struct names names = { 0 };
	struct err err;

	store_tag(store, "r", "v1", "");
	store_tag(store, "r", "V0", "");
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags/hollow");
	temporary_text(store->root, REPOSITORIES "r/_manifests/tags/.stray", "");
	assert_int_equal(tree_tags(store->layout, "r", &names.found, &err), 1);
	assert_string_equal(text_of(&names), ".stray V0 hollow v1 ");
	tree_names_clear(&names.found);
	temporary_mkdir(store->root, REPOSITORIES "none/_manifests/tags");
	temporary_mkdir(store->root, REPOSITORIES "never/_manifests/revisions");
	assert_int_equal(tree_tags(store->layout, "none", &names.found, &err), 1);
	assert_int_equal(tree_tags(store->layout, "never", &names.found, &err), 0);
	assert_int_equal(tree_tags(store->layout, "nowhere", &names.found, &err), 0);
	assert_int_equal(names.found.count, 0);
}

static void test_revisions_are_folders_with_the_name_of_a_digest(void **state)
{
	struct store *store = *state;
	CLEANUP(clear) struct names names = { 0 };
	struct err err;

	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/revisions/sha256/" HEX1);
	store_revision(store, "r", "sha512:" HEX1 HEX2);
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/revisions/sha256/short");
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/revisions/sha384/" HEX1);
	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/revisions/sha256/" HEX1 "2");
	assert_int_equal(tree_revisions(store->layout, "r", &names.found, &err), 0);
	assert_string_equal(text_of(&names), "sha256:" HEX1 " sha512:" HEX1 HEX2 " ");
	assert_int_equal(tree_revisions(store->layout, "none", &names.found, &err), 0);
	assert_int_equal(names.found.count, 2);
}

static void expect_blobs(const struct store *store, const char *folder, const char *expected)
{
	CLEANUP(clear) struct names names = { 0 };
	CLEANUP(buf_free) struct buf sizes = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err;
	const char *at = NULL;

	assert_int_equal(tree_blobs(store->layout, folder, &names.found, &sizes, &err), 0);
	assert_int_equal(sizes.length, names.found.count * sizeof(uint64_t));
	at = names.found.text.data;
	for (size_t i = 0; i < names.found.count; i++, at += strlen(at) + 1) {
		uint64_t size = 0;

		memcpy(&size, sizes.data + i * sizeof size, sizeof size);
		buf_format(&text, "%.12s=%d ", at, (int)size);
	}
	assert_string_equal(buf_string(&text), expected);
}

static void test_blobs_and_their_bytes(void **state)
{
	struct store *store = *state;
	CLEANUP(clear) struct names names = { 0 };
	CLEANUP(free_p) char *pipe = store_path(store, "blobs/sha256/33/" HEX3 "/data");
	struct err err;

	temporary_text(store->root, V2 "blobs/sha256/11/" HEX1 "/data", "12345");
	temporary_text(store->root, V2 "blobs/sha256/22/" HEX2 "/data", "");
	temporary_text(store->root, V2 "blobs/sha256/22/" HEX3 "/data.7.tmp", "x");
	temporary_mkdir(store->root, V2 "blobs/sha256/33/" HEX3);
	assert_int_equal(mkfifo(pipe, 0644), 0);
	temporary_mkdir(store->root, V2 "blobs/sha256/44");
	temporary_text(store->root, V2 "blobs/sha512/11/" HEX1 HEX2 "/data", "123");
	temporary_text(store->root, V2 "blobs/sha512/stray", "123");
	temporary_text(store->root, V2 "blobs/stray", "123");
	assert_int_equal(tree_blob_folders(store->layout, &names.found, &err), 0);
	assert_int_equal(names.found.count, 5);
	expect_blobs(store, "sha256/11", "sha256:11111=5 ");
	expect_blobs(store, "sha256/22", "sha256:22222=0 ");
	expect_blobs(store, "sha256/33", "");
	expect_blobs(store, "sha256/44", "");
	expect_blobs(store, "sha256/55", "");
	expect_blobs(store, "sha512/11", "sha512:11111=3 ");
}

static void test_no_blobs_at_all(void **state)
{
	struct store *store = *state;
	struct tree_names names = { 0 };
	struct err err;

	assert_int_equal(tree_blob_folders(store->layout, &names, &err), 0);
	assert_int_equal(names.count, 0);
}

static int list_as(const struct store *store, int what, struct err *err)
{
	struct tree_names names = { 0 };
	struct buf sizes = { 0 };
	int result = 0;

	switch (what) {
	case 0:
		result = tree_repositories(store->layout, TREE_ANY, &names, err);
		break;
	case 1:
		result = tree_tags(store->layout, "r", &names, err);
		break;
	case 2:
		result = tree_revisions(store->layout, "r", &names, err);
		break;
	case 3:
		result = tree_blob_folders(store->layout, &names, err);
		break;
	default:
		result = tree_blobs(store->layout, "sha256/11", &names, &sizes, err);
		break;
	}
	tree_names_clear(&names);
	buf_free(&sizes);
	return result;
}

static void test_what_others_may_not_list(void **state)
{
	static const char *const CLOSED[] = { "repositories/r", "repositories/r/_manifests/tags",
					      "repositories/r/_manifests/revisions/sha256",
					      "blobs/sha256", "blobs/sha256/11/" HEX1 };
	struct store *store = *state;
	bool is_root = geteuid() == 0;

	temporary_mkdir(store->root, REPOSITORIES "r/_manifests/tags");
	store_revision(store, "r", "sha256:" HEX1);
	temporary_text(store->root, V2 "blobs/sha256/11/" HEX1 "/data", "x");
	for (int i = 0; i < (int)(sizeof CLOSED / sizeof *CLOSED); i++) {
		CLEANUP(free_p) char *path = store_path(store, CLOSED[i]);
		struct err err = { 0 };
		int result = 0, error = 0;

		assert_int_equal(chmod(path, 0), 0);
		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		result = list_as(store, i, &err);
		error = errno;
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(path, 0755), 0);
		assert_int_equal(result, -1);
		assert_int_equal(error, EACCES);
		assert_int_equal(err.kind, ERR_IO);
		if (!strstr(err.msg, "run as root"))
			fail_msg("%s: %s", CLOSED[i], err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_repositories_nest_and_end_at_an_underscore),
		STORE_TEST(test_a_storage_without_repositories),
		STORE_TEST(test_the_longest_name),
		STORE_TEST(test_symbolic_links_are_refused),
		STORE_TEST(test_tags_are_what_is_in_their_folder),
		STORE_TEST(test_revisions_are_folders_with_the_name_of_a_digest),
		STORE_TEST(test_blobs_and_their_bytes),
		STORE_TEST(test_no_blobs_at_all),
		STORE_TEST(test_what_others_may_not_list),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
