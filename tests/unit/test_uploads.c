/* Uploads in progress: which are found, what they take, and that nothing odd leads astray. */
#include "storage/layout.h"
#include "storage/uploads.h"
#include "temporary.h"

#include <fcntl.h>

#define REPOSITORIES "docker/registry/v2/repositories/"

struct store {
	char *root;
	struct layout *layout;
};

static int setup(void **state)
{
	struct store *store = xcalloc(1, sizeof *store);
	struct err err;

	store->root = temporary_folder();
	temporary_mkdir(store->root, REPOSITORIES);
	store->layout = layout_open(store->root, &err);
	assert_non_null(store->layout);
	*state = store;
	return 0;
}

static int teardown(void **state)
{
	struct store *store = *state;

	layout_close(store->layout);
	temporary_remove(store->root);
	free(store);
	return 0;
}

/* A file below the repositories, last written to at SECONDS. */
static void make_file(const struct store *store, const char *path, const char *text,
		      int64_t seconds)
{
	CLEANUP(free_p) char *below = xasprintf(REPOSITORIES "%s", path);
	CLEANUP(free_p) char *full = xasprintf("%s/%s", store->root, below);
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	temporary_text(store->root, below, text);
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

static void make_link(const struct store *store, const char *target, const char *path)
{
	CLEANUP(free_p) char *full = xasprintf("%s/" REPOSITORIES "%s", store->root, path);

	assert_int_equal(symlink(target, full), 0);
}

static void assert_uploads(const struct uploads *uploads, uint64_t count, uint64_t bytes,
			   int64_t newest, const char *repository)
{
	assert_int_equal(uploads->count, count);
	assert_int_equal(uploads->bytes, bytes);
	assert_int_equal(uploads->newest, newest);
	assert_string_equal(uploads->newest_repository, repository);
}

static struct uploads of_all(const struct store *store)
{
	struct uploads uploads = UPLOADS_NONE;
	struct err err;

	assert_int_equal(uploads_all(store->layout, &uploads, &err), 0);
	return uploads;
}

static void make_three(const struct store *store)
{
	make_file(store, "a/_uploads/u1/data", "12345", 100);
	make_file(store, "a/_uploads/u1/startedat", "now", 90);
	make_file(store, "a/_uploads/u1/hashstates/sha256/0", "hash", 95);
	make_file(store, "a/b/_uploads/u2/data", "1234567", 200);
	make_file(store, "a/b/_uploads/u3/data", "", 150);
}

static void test_uploads_are_added(void **state)
{
	struct store *store = *state;
	struct uploads uploads = UPLOADS_NONE;
	struct err err;

	make_file(store, "a/_uploads/u1/data", "12345", 100);
	assert_int_equal(uploads_all(store->layout, &uploads, &err), 0);
	assert_uploads(&uploads, 1, 5, 100, "a");
	assert_int_equal(uploads_all(store->layout, &uploads, &err), 0);
	assert_uploads(&uploads, 2, 10, 100, "a");
}

static void test_all_uploads_are_found(void **state)
{
	struct store *store = *state;
	struct uploads uploads = UPLOADS_NONE;

	make_three(store);
	/* Of a repository that has nothing else yet, and three that are none. */
	make_file(store, "deep/er/and/deeper/_uploads/u4/data", "x", 300);
	make_file(store, "a/_layers/_uploads/u5/data", "not counted", 900);
	make_file(store, "_other/c/_uploads/u6/data", "not counted", 900);
	make_file(store, "_uploads/u7/data", "not counted", 900);
	uploads = of_all(store);
	assert_uploads(&uploads, 4, 20, 300, "deep/er/and/deeper");
}

static void test_nothing_there(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p) char *path = xasprintf("%s/" REPOSITORIES, store->root);
	struct uploads uploads = of_all(store);

	assert_uploads(&uploads, 0, 0, INT64_MIN, "");
	assert_int_equal(rmdir(path), 0);
	uploads = of_all(store);
	assert_uploads(&uploads, 0, 0, INT64_MIN, "");
}

static void test_an_upload_without_files_counts(void **state)
{
	struct store *store = *state;
	struct uploads uploads = UPLOADS_NONE;

	temporary_mkdir(store->root, REPOSITORIES "a/_uploads/u1");
	uploads = of_all(store);
	assert_uploads(&uploads, 1, 0, INT64_MIN, "");
}

static void test_odd_entries_are_passed_over(void **state)
{
	struct store *store = *state;
	CLEANUP(free_p)
	char *fifo = xasprintf("%s/" REPOSITORIES "a/_uploads/u1/data", store->root);
	CLEANUP(free_p) char *other = xasprintf("%s/" REPOSITORIES "a/_uploads/u2", store->root);
	CLEANUP(free_p) char *third = xasprintf("%s/" REPOSITORIES "c", store->root);
	struct uploads uploads = UPLOADS_NONE;

	temporary_mkdir(store->root, REPOSITORIES "a/_uploads/u1");
	assert_int_equal(mkfifo(fifo, 0644), 0);
	assert_int_equal(mkfifo(other, 0644), 0);
	assert_int_equal(mkfifo(third, 0644), 0);
	make_file(store, "b/_uploads", "a file of that name", 100);
	make_file(store, "a/stray", "x", 100);
	uploads = of_all(store);
	assert_uploads(&uploads, 1, 0, INT64_MIN, "");
}

static void test_links_neither_loop_nor_count_twice(void **state)
{
	struct store *store = *state;
	struct uploads uploads = UPLOADS_NONE;

	make_three(store);
	make_link(store, ".", "loop");
	make_link(store, "..", "a/loop");
	make_link(store, "self", "self");
	make_link(store, "nowhere", "broken");
	make_link(store, "../../../..", "a/_uploads/u1/up");
	make_link(store, "u1", "a/_uploads/u9");
	uploads = of_all(store);
	assert_int_equal(uploads.count, 3);
	assert_int_equal(uploads.bytes, 19);
}

static void test_a_repository_behind_a_link_counts(void **state)
{
	struct store *store = *state;
	struct uploads uploads = UPLOADS_NONE;

	temporary_text(store->root, "elsewhere/_uploads/u1/data", "moved");
	make_link(store, "../../../../elsewhere", "moved");
	uploads = of_all(store);
	assert_int_equal(uploads.count, 1);
	assert_int_equal(uploads.bytes, 5);
}

static void test_what_cannot_be_read_is_an_error(void **state)
{
	static const char *const closed[] = { "a", "a/_uploads", "a/_uploads/u1",
					      "a/_uploads/u1/hashstates" };
	struct store *store = *state;
	bool is_root = geteuid() == 0;

	make_three(store);
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
		CLEANUP(free_p)
		char *path = xasprintf("%s/" REPOSITORIES "%s", store->root, closed[i]);
		struct uploads uploads = UPLOADS_NONE;
		struct err err = { 0 };
		int result = 0;

		assert_int_equal(chmod(path, 0), 0);
		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		result = uploads_all(store->layout, &uploads, &err);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(chmod(path, 0755), 0);
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.msg, REPOSITORIES "a: "));
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_uploads_are_added),
		TEST(test_all_uploads_are_found),
		TEST(test_nothing_there),
		TEST(test_an_upload_without_files_counts),
		TEST(test_odd_entries_are_passed_over),
		TEST(test_links_neither_loop_nor_count_twice),
		TEST(test_a_repository_behind_a_link_counts),
		TEST(test_what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
