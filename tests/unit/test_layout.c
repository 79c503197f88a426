/* The registry's folders: which revisions and blobs are found, and what counts as broken. */
#include "storage/layout.h"
#include "temporary.h"

#define V2           "docker/registry/v2/"
#define REPOSITORIES V2 "repositories/"
#define REVISIONS    REPOSITORIES "a/b/_manifests/revisions/"
#define HEX1         "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX2         "2222222222222222222222222222222222222222222222222222222222222222"
#define HEX3         "3333333333333333333333333333333333333333333333333333333333333333"

struct store {
	char *root;
	struct layout *layout;
	struct buf found; /* digests, each with a blank behind it, sorted */
	char *digests[16];
	size_t count;
	size_t end_after; /* 0: never */
};

static int setup(void **state)
{
	struct store *store = xcalloc(1, sizeof *store);
	struct err err;

	store->root = temporary_folder();
	temporary_mkdir(store->root, V2 "repositories");
	store->layout = layout_open(store->root, &err);
	assert_non_null(store->layout);
	*state = store;
	return 0;
}

static void forget_found(struct store *store)
{
	for (size_t i = 0; i < store->count; i++)
		free(store->digests[i]);
	store->count = 0;
	buf_clear(&store->found);
}

static int teardown(void **state)
{
	struct store *store = *state;

	layout_close(store->layout);
	temporary_remove(store->root);
	forget_found(store);
	buf_free(&store->found);
	free(store);
	return 0;
}

/* An alias as DIGEST=STORED. */
static bool hear(void *ctx, const char *digest, const char *stored)
{
	struct store *store = ctx;

	assert_in_range(store->count, 0, 15);
	store->digests[store->count++] =
		strcmp(digest, stored) == 0 ? xstrdup(digest) : xasprintf("%s=%s", digest, stored);
	return store->count != store->end_after;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int look(struct store *store, const char *repository, struct err *err)
{
	int result = 0;

	forget_found(store);
	*err = (struct err){ 0 };
	result = layout_revisions(store->layout, repository, hear, store, err);
	if (store->count > 0)
		qsort(store->digests, store->count, sizeof *store->digests, compare_texts);
	for (size_t i = 0; i < store->count; i++)
		buf_format(&store->found, "%s ", store->digests[i]);
	return result;
}

static void test_open_wants_a_registry(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *elsewhere = xasprintf("%s/docker", store->root);
	struct err err = { 0 };

	assert_null(layout_open(elsewhere, &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, "docker/docker/registry/v2"));
}

static void test_revisions_are_found(void **state)
{
	struct store *store = *state;
	struct err err;

	temporary_text(store->root, REVISIONS "sha256/" HEX1 "/link", "sha256:" HEX1);
	temporary_text(store->root, REVISIONS "sha256/" HEX2 "/link", "sha256:" HEX2);
	temporary_text(store->root, REVISIONS "sha512/" HEX1 HEX2 "/link", "sha512:" HEX1 HEX2);
	assert_int_equal(look(store, "a/b", &err), 0);
	assert_int_equal(store->count, 3);
	assert_string_equal(store->digests[0], "sha256:" HEX1);
	assert_string_equal(store->digests[1], "sha256:" HEX2);
	assert_string_equal(store->digests[2], "sha512:" HEX1 HEX2);
}

static void test_an_alias_comes_with_what_is_stored(void **state)
{
	struct store *store = *state;
	struct err err;

	temporary_text(store->root, REVISIONS "sha512/" HEX1 HEX2 "/link", "sha256:" HEX3);
	assert_int_equal(look(store, "a/b", &err), 0);
	assert_string_equal(buf_string(&store->found), "sha512:" HEX1 HEX2 "=sha256:" HEX3 " ");
}

static void test_a_nested_repository_is_another(void **state)
{
	struct store *store = *state;
	struct err err;

	temporary_text(store->root, REVISIONS "sha256/" HEX1 "/link", "sha256:" HEX1);
	assert_int_equal(look(store, "a", &err), 0);
	assert_int_equal(store->count, 0);
	assert_int_equal(look(store, "absent", &err), 0);
	assert_int_equal(store->count, 0);
}

static void test_leftovers_are_passed_over(void **state)
{
	struct store *store = *state;
	struct err err;

	temporary_text(store->root, REVISIONS "sha256/" HEX1 "/link", "sha256:" HEX1);
	temporary_text(store->root, REVISIONS "sha256/" HEX2 "/link.0f3a.tmp", "");
	temporary_mkdir(store->root, REVISIONS "sha256/" HEX3);
	temporary_text(store->root, REVISIONS "sha256/stray", "x");
	temporary_text(store->root, REVISIONS "stray", "x");
	assert_int_equal(look(store, "a/b", &err), 0);
	assert_string_equal(buf_string(&store->found), "sha256:" HEX1 " ");
}

static void test_the_caller_ends_early(void **state)
{
	struct store *store = *state;
	struct err err;

	temporary_text(store->root, REVISIONS "sha256/" HEX1 "/link", "sha256:" HEX1);
	temporary_text(store->root, REVISIONS "sha256/" HEX2 "/link", "sha256:" HEX2);
	store->end_after = 1;
	assert_int_equal(look(store, "a/b", &err), 0);
	assert_int_equal(store->count, 1);
}

static void test_broken_revisions_are_errors(void **state)
{
	static const struct {
		const char *what;
		const char *folder;
		const char *link;
		const char *reason;
	} rows[] = {
		{ "an empty link", "sha256/" HEX1, "", "is empty" },
		{ "another digest", "sha256/" HEX1, "sha256:" HEX2, "another digest" },
		{ "a newline behind it", "sha256/" HEX1, "sha256:" HEX1 "\n", "not a digest" },
		{ "a digest cut short", "sha256/" HEX1, "sha256:1111", "not a digest" },
		{ "upper case", "sha256/" HEX1, "SHA256:" HEX1, "not a digest" },
		{ "an algorithm that is unknown", "sha224/" HEX1, "sha224:" HEX1, "not a digest" },
		{ "a digest below another algorithm's name, too short for it", "sha512/" HEX1,
		  "sha256:" HEX1, "another digest" },
		{ "a digest below no algorithm's name", "odd/" HEX1, "sha256:" HEX1,
		  "another digest" },
		{ "a folder that is no digest", "sha256/lost+found", "sha256:" HEX1,
		  "another digest" },
	};
	struct store *store = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(free_p)
		char *repository = xasprintf("broken%zu", i);
		CLEANUP(free_p)
		char *path = xasprintf(V2 "repositories/%s/_manifests/revisions/%s/link",
				       repository, rows[i].folder);
		struct err err;

		temporary_text(store->root, path, rows[i].link);
		if (look(store, repository, &err) != -1 || !strstr(err.msg, rows[i].reason) ||
		    !strstr(err.msg, path))
			fail_msg("%s: \"%s\"", rows[i].what, err.msg);
		assert_int_equal(err.kind, ERR_IO);
	}
}

/* Whoever finds no index there takes its parts for such that nobody lists. */
static void test_files_in_the_place_of_folders_are_errors(void **state)
{
	static const char *const files[] = { "", "/sha256", "/sha512", ("/sha256/" HEX1) };
	struct store *store = *state;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		CLEANUP(free_p) char *repository = xasprintf("file%zu", i);
		CLEANUP(free_p)
		char *path = xasprintf(V2 "repositories/%s/_manifests/revisions%s", repository,
				       files[i]);
		struct err err = { 0 };

		temporary_text(store->root, path, "x");
		if (look(store, repository, &err) != -1 || !strstr(err.msg, "Not a directory"))
			fail_msg("%s: \"%s\"", path, err.msg);
		assert_int_equal(err.kind, ERR_IO);
	}
}

static void test_odd_links_are_errors(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p)
	char *fifo = xasprintf("%s/" V2 "repositories/pipe/_manifests/revisions/sha256/%s/link",
			       store->root, HEX1);
	char big[5000];
	struct err err;

	memset(big, 'x', sizeof big);
	temporary_mkdir(store->root, V2 "repositories/pipe/_manifests/revisions/sha256/" HEX1);
	assert_int_equal(mkfifo(fifo, 0644), 0);
	assert_int_equal(look(store, "pipe", &err), -1);
	temporary_mkdir(store->root,
			V2 "repositories/folder/_manifests/revisions/sha256/" HEX1 "/link");
	assert_int_equal(look(store, "folder", &err), -1);
	temporary_write(store->root,
			V2 "repositories/big/_manifests/revisions/sha256/" HEX1 "/link", big,
			sizeof big);
	assert_int_equal(look(store, "big", &err), -1);
}

static void test_unreadable_revisions_are_errors(void **state)
{
	static const char *const closed[] = { "", "/_manifests/revisions",
					      "/_manifests/revisions/sha256",
					      "/_manifests/revisions/sha256/" HEX1,
					      "/_manifests/revisions/sha256/" HEX1 "/link" };
	struct store *store = *state;
	bool is_root = geteuid() == 0;

	temporary_text(store->root, REVISIONS "sha256/" HEX1 "/link", "sha256:" HEX1);
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
		CLEANUP(free_p)
		char *path = xasprintf("%s/" V2 "repositories/a/b%s", store->root, closed[i]);
		struct err err;
		int result = 0;

		assert_int_equal(chmod(path, 0), 0);
		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		result = look(store, "a/b", &err);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(path, 0755), 0);
		assert_int_equal(result, -1);
		assert_non_null(strstr(err.msg, strerror(EACCES)));
	}
}

static void test_names_that_lead_elsewhere_are_errors(void **state)
{
	static const char *const names[] = { "",           "/",     "..",       "../a",
					     "a/../b",     "a//b",  "a/b/",     "/a/b",
					     "_manifests", "a/./b", "a/_layers" };
	struct store *store = *state;
	struct err err;

	temporary_text(store->root, REVISIONS "sha256/" HEX1 "/link", "sha256:" HEX1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(look(store, names[i], &err), -1);
		assert_int_equal(store->count, 0);
	}
}

static void test_blobs_are_read(void **state)
{
	struct store *store = *state;
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };

	temporary_text(store->root, V2 "blobs/sha256/11/" HEX1 "/data", "body");
	temporary_mkdir(store->root, V2 "blobs/sha256/22/" HEX2);
	temporary_mkdir(store->root, V2 "blobs/sha256/33/" HEX3 "/data");
	buf_text(&out, "before ");
	assert_int_equal(layout_read_blob(store->layout, "sha256:" HEX1, 4, &out, &err), 1);
	assert_string_equal(buf_string(&out), "before body");
	assert_int_equal(layout_read_blob(store->layout, "sha256:" HEX1, 3, &out, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_int_equal(layout_read_blob(store->layout, "sha256:" HEX2, 9, &out, &err), 0);
	assert_int_equal(layout_read_blob(store->layout, "sha512:" HEX2 HEX1, 9, &out, &err), 0);
	assert_int_equal(layout_read_blob(store->layout, "sha256:" HEX3, 9, &out, &err), -1);
	assert_int_equal(layout_read_blob(store->layout, "sha256:../../x", 9, &out, &err), -1);
	assert_int_equal(layout_read_blob(store->layout, "no digest", 9, &out, &err), -1);
	assert_string_equal(buf_string(&out), "before body");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_open_wants_a_registry),
		TEST(test_revisions_are_found),
		TEST(test_an_alias_comes_with_what_is_stored),
		TEST(test_a_nested_repository_is_another),
		TEST(test_leftovers_are_passed_over),
		TEST(test_the_caller_ends_early),
		TEST(test_broken_revisions_are_errors),
		TEST(test_files_in_the_place_of_folders_are_errors),
		TEST(test_odd_links_are_errors),
		TEST(test_unreadable_revisions_are_errors),
		TEST(test_names_that_lead_elsewhere_are_errors),
		TEST(test_blobs_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
