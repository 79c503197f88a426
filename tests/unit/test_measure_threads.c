/* Measuring by several threads finds what one thread finds, and that is what was written. */
#include "measure/measure.h"
#include "random_tree.h"
#include "temporary.h"

#include "util/proc.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>

#define BLOBS  "docker/registry/v2/blobs/sha256/"
#define THIRTY "000000000000000000000000000000"

/* What the machine says it has; the walk starts a thread for each of them. */
static int cores = 1;
/* Larger sizes than a file system here can give a file. */
static bool pretend_huge;

static const int core_counts[] = { 1, 2, 8 };
#define CORE_COUNTS (sizeof core_counts / sizeof *core_counts)

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	(void)pid;
	CPU_ZERO_S(size, set);
	for (int i = 0; i < cores; i++)
		CPU_SET_S(i, size, set);
	return 0;
}

int fstatat(int dirfd, const char *restrict path, struct stat *restrict status, int flags)
{
	int result = (int)syscall(SYS_newfstatat, dirfd, path, status, flags);

	if (result == 0 && pretend_huge && S_ISREG(status->st_mode))
		status->st_size = INT64_MAX;
	return result;
}

static int setup(void **state)
{
	*state = temporary_folder();
	return 0;
}

static int teardown(void **state)
{
	temporary_remove(*state);
	return 0;
}

static struct measurement measure(const char *root, int by_cores)
{
	struct measurement result;
	struct err err;

	cores = by_cores;
	assert_int_equal(measure_folder(root, &result, &err), 0);
	return result;
}

static uint64_t du_bytes(const char *root)
{
	const char *const argv[] = { "du", "-s", "-x", "-B1", root, NULL };
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf errors = { 0 };
	struct proc_result result;
	struct err err;

	assert_int_equal(proc_capture(argv, 60, 4096, &out, &errors, &result, &err), 0);
	assert_int_equal(result.end, PROC_EXITED);
	assert_int_equal(result.status, 0);
	return strtoull(buf_string(&out), NULL, 10);
}

/* With links between any two folders, so that one thread meets what another has counted. */
static void test_random_trees(void **state)
{
	for (uint64_t seed = 100; seed < 106; seed++) {
		CLEANUP(free_p) char *root = xasprintf("%s/%d", (char *)*state, (int)seed);
		struct random_tree *tree = NULL;
		uint64_t allocated = 0;

		assert_int_equal(mkdir(root, 0755), 0);
		tree = random_tree_new(root, seed);
		sync();
		allocated = du_bytes(root);
		for (size_t i = 0; i < CORE_COUNTS; i++) {
			struct measurement result = measure(root, core_counts[i]);

			assert_int_equal(result.files, tree->files);
			assert_int_equal(result.bytes, tree->bytes);
			assert_int_equal(result.allocated, allocated);
			assert_int_equal(result.unreadable, 0);
			measure_clear(&result);
		}
		random_tree_free(tree);
	}
}

static void test_one_file_in_many_folders(void **state)
{
	const char *root = *state;
	CLEANUP(free_p) char *one = xasprintf("%s/one", root);

	temporary_text(root, "one", "1234567");
	for (int i = 0; i < 400; i++) {
		CLEANUP(free_p) char *folder = xasprintf("%d/%d", i % 20, i);
		CLEANUP(free_p) char *name = xasprintf("%s/%s/link", root, folder);

		temporary_mkdir(root, folder);
		assert_int_equal(link(one, name), 0);
	}
	for (size_t i = 0; i < CORE_COUNTS; i++) {
		struct measurement result = measure(root, core_counts[i]);

		assert_int_equal(result.files, 1);
		assert_int_equal(result.bytes, 7);
		measure_clear(&result);
	}
}

static void test_all_blobs_are_known(void **state)
{
	enum { BLOB_COUNT = 2000, GONE = 300 };
	const char *root = *state;
	struct measurement before[CORE_COUNTS];
	uint64_t expected = 0;

	for (int i = 0; i < BLOB_COUNT; i++) {
		CLEANUP(free_p)
		char *path = xasprintf(BLOBS "%02x/%02x%032x" THIRTY "/data", i % 256, i % 256, i);

		temporary_write(root, path, path, i % 60);
	}
	for (size_t i = 0; i < CORE_COUNTS; i++)
		before[i] = measure(root, core_counts[i]);
	for (int i = 0; i < GONE; i++) {
		CLEANUP(free_p)
		char *path = xasprintf("%s/" BLOBS "%02x/%02x%032x" THIRTY "/data", root, i % 256,
				       i % 256, i);

		assert_int_equal(unlink(path), 0);
		expected += i % 60;
	}
	for (size_t i = 0; i < CORE_COUNTS; i++) {
		struct measurement after = measure(root, core_counts[CORE_COUNTS - 1 - i]);
		uint64_t freed = 0;
		uint64_t added = 0;
		uint64_t count = 0;

		assert_true(measure_compare(&before[i], &after, &freed, &added, &count));
		assert_int_equal(freed, expected);
		assert_int_equal(added, 0);
		assert_int_equal(count, GONE);
		measure_clear(&after);
		measure_clear(&before[i]);
	}
}

static void test_unreadable_folders_are_counted(void **state)
{
	enum { FOLDERS = 100 };
	const char *root = *state;
	bool is_root = geteuid() == 0;

	for (int i = 0; i < FOLDERS; i++) {
		CLEANUP(free_p) char *folder = xasprintf("%d/closed-%d", i % 10, i);
		CLEANUP(free_p) char *full = xasprintf("%s/%s", root, folder);

		temporary_mkdir(root, folder);
		assert_int_equal(chmod(full, 0), 0);
	}
	for (size_t i = 0; i < CORE_COUNTS; i++) {
		struct measurement result;

		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		result = measure(root, core_counts[i]);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(result.unreadable, FOLDERS);
		assert_non_null(strstr(result.first_unreadable, "/closed-"));
		assert_non_null(strstr(result.first_unreadable, strerror(EACCES)));
		measure_clear(&result);
	}
}

static void test_sums_that_overflow_are_unknown(void **state)
{
	const char *root = *state;

	for (int i = 0; i < 40; i++) {
		CLEANUP(free_p) char *path = xasprintf("%d/file", i);

		temporary_text(root, path, "");
	}
	pretend_huge = true;
	for (size_t i = 0; i < CORE_COUNTS; i++) {
		struct measurement result = measure(root, core_counts[i]);

		assert_true(result.bytes == MEASURE_UNKNOWN);
		assert_int_equal(result.files, 40);
		measure_clear(&result);
	}
	pretend_huge = false;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_random_trees),
		TEST(test_one_file_in_many_folders),
		TEST(test_all_blobs_are_known),
		TEST(test_unreadable_folders_are_counted),
		TEST(test_sums_that_overflow_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
