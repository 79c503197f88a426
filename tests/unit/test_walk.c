/* The walk over real folders: what is told, what is not, and how deep and how wide it goes. */
#include "storage/walk.h"
#include "temporary.h"

#include "util/buf.h"
#include "util/stop_signal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>

struct heard {
	char *root;
	struct buf told;     /* "path\n" for each entry, in the order of the calls */
	struct buf troubles; /* "path: errno\n" */
	size_t entries;
	size_t longest;
	size_t descriptors; /* the most that were open at a time */
	bool count_descriptors;
	size_t end_after; /* entries; 0: never */
	void (*meddle)(struct heard *heard, const char *path);
};

static size_t open_descriptors(void)
{
	DIR *stream = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	closedir(stream);
	return count;
}

static bool hear_entry(void *ctx, const char *path, const struct stat *status)
{
	struct heard *heard = ctx;
	size_t length = strlen(path);

	heard->entries++;
	if (length > heard->longest)
		heard->longest = length;
	if (heard->count_descriptors) {
		size_t now = open_descriptors();

		heard->descriptors = now > heard->descriptors ? now : heard->descriptors;
	} else {
		buf_format(&heard->told, "%s%s\n", path, S_ISDIR(status->st_mode) ? "/" : "");
	}
	if (heard->meddle)
		heard->meddle(heard, path);
	return heard->entries != heard->end_after;
}

static void hear_trouble(void *ctx, const char *path, int error)
{
	struct heard *heard = ctx;

	buf_format(&heard->troubles, "%s: %d\n", path, error);
}

static int walk(struct heard *heard, const char *root, struct err *err)
{
	return walk_tree(root, hear_entry, hear_trouble, heard, err);
}

static bool was_told(const struct heard *heard, const char *line)
{
	CLEANUP(free_p) char *first = xasprintf("%s\n", line);
	CLEANUP(free_p) char *later = xasprintf("\n%s\n", line);
	const char *told = buf_string(&heard->told);

	return strncmp(told, first, strlen(first)) == 0 || strstr(told, later) != NULL;
}

static int setup(void **state)
{
	struct heard *heard = xcalloc(1, sizeof *heard);

	heard->root = temporary_folder();
	*state = heard;
	return 0;
}

static int teardown(void **state)
{
	struct heard *heard = *state;

	temporary_remove(heard->root);
	buf_free(&heard->told);
	buf_free(&heard->troubles);
	free(heard);
	return 0;
}

static void test_everything_is_told_once(void **state)
{
	static const char *const expected[] = { "a/",     "a/b/",  "a/b/c/", "a/b/c/one", "a/two",
						"empty/", "three", "link",   ".hidden" };
	struct heard *heard = *state;
	CLEANUP(free_p) char *link = xasprintf("%s/link", heard->root);
	const char *told = NULL;
	struct err err;

	temporary_text(heard->root, "a/b/c/one", "1");
	temporary_text(heard->root, "a/two", "2");
	temporary_text(heard->root, "three", "3");
	temporary_text(heard->root, ".hidden", "4");
	temporary_mkdir(heard->root, "empty");
	assert_int_equal(symlink("a", link), 0);
	assert_int_equal(walk(heard, heard->root, &err), 0);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_true(was_told(heard, expected[i]));
	assert_int_equal(heard->entries, sizeof expected / sizeof *expected);
	assert_int_equal(heard->troubles.length, 0);
	told = buf_string(&heard->told);
	assert_true(strstr(told, "a/b/\n") < strstr(told, "a/b/c/\n"));
	assert_true(strstr(told, "a/b/c/\n") < strstr(told, "a/b/c/one\n"));
}

static void test_root_may_be_a_link(void **state)
{
	struct heard *heard = *state;
	CLEANUP(free_p) char *link = xasprintf("%s/link", heard->root);
	struct err err;

	temporary_text(heard->root, "real/file", "1");
	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(walk(heard, link, &err), 0);
	assert_string_equal(buf_string(&heard->told), "file\n");
}

static void test_root_that_cannot_be_opened(void **state)
{
	static const char *const names[] = { "absent", "file" };
	struct heard *heard = *state;

	temporary_text(heard->root, "file", "1");
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(free_p) char *path = xasprintf("%s/%s", heard->root, names[i]);
		struct err err = { 0 };

		assert_int_equal(walk(heard, path, &err), -1);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.msg, path));
	}
	assert_int_equal(heard->entries, 0);
}

/* LEVELS folders, one in the other; in each of them a file and a folder with a file as well. */
static void make_deep(const char *root, const char *name, int levels)
{
	int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < levels; i++) {
		int next = -1;

		assert_true(folder >= 0);
		assert_int_equal(mkdirat(folder, name, 0755), 0);
		assert_int_equal(mkdirat(folder, "side", 0755), 0);
		assert_int_equal(mknodat(folder, "side/leaf", S_IFREG | 0644, 0), 0);
		assert_int_equal(mknodat(folder, "leaf", S_IFREG | 0644, 0), 0);
		next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(folder);
		folder = next;
	}
	close(folder);
}

static void test_deeper_than_a_path_can_be(void **state)
{
	enum { LEVELS = 400 };
	static const char name[] = "a-name-that-is-forty-characters-long-000";
	struct heard *heard = *state;
	size_t before = open_descriptors();
	struct err err;

	make_deep(heard->root, name, LEVELS);
	heard->count_descriptors = true;
	assert_int_equal(walk(heard, heard->root, &err), 0);
	assert_int_equal(heard->entries, 4 * LEVELS);
	assert_int_equal(heard->troubles.length, 0);
	assert_int_equal(heard->longest, LEVELS * sizeof name - 1);
	assert_in_range(heard->descriptors, before + 1, before + 20);
	assert_int_equal(open_descriptors(), before);
}

static void test_wide_folder(void **state)
{
	enum { FILES = 5000 };
	struct heard *heard = *state;
	int folder = open(heard->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err;

	for (int i = 0; i < FILES; i++) {
		char name[64];

		snprintf(name, sizeof name, "%040d", i);
		assert_int_equal(mkdirat(folder, name, 0755), 0);
	}
	close(folder);
	assert_int_equal(walk(heard, heard->root, &err), 0);
	assert_int_equal(heard->entries, FILES);
	assert_int_equal(heard->troubles.length, 0);
}

/* /dev has other file systems in it on every Linux: devpts at least. */
static void test_other_file_systems_are_not_entered(void **state)
{
	struct heard *heard = *state;
	struct stat dev;
	struct stat pts;
	struct err err;

	assert_int_equal(stat("/dev", &dev), 0);
	assert_int_equal(stat("/dev/pts", &pts), 0);
	assert_true(dev.st_dev != pts.st_dev);
	assert_int_equal(walk(heard, "/dev", &err), 0);
	assert_true(was_told(heard, "null"));
	assert_false(was_told(heard, "pts/"));
	assert_false(was_told(heard, "pts/ptmx"));
}

static void test_unreadable_folder_is_told(void **state)
{
	struct heard *heard = *state;
	CLEANUP(free_p) char *closed = xasprintf("%s/closed", heard->root);
	CLEANUP(free_p) char *expected = xasprintf("closed: %d\n", EACCES);
	bool is_root = geteuid() == 0;
	struct err err;
	int result = 0;

	temporary_text(heard->root, "closed/file", "1");
	temporary_text(heard->root, "open/file", "1");
	assert_int_equal(chmod(closed, 0), 0);
	if (is_root)
		assert_int_equal(seteuid(NOBODY), 0);
	result = walk(heard, heard->root, &err);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(closed, 0700), 0);
	assert_int_equal(result, 0);
	assert_string_equal(buf_string(&heard->troubles), expected);
	assert_true(was_told(heard, "open/file"));
	assert_false(was_told(heard, "closed/file"));
}

static void remove_doomed(struct heard *heard, const char *path)
{
	CLEANUP(free_p) char *full = xasprintf("%s/%s", heard->root, path);

	if (strncmp(path, "doomed", 6) == 0)
		assert_int_equal(rmdir(full), 0);
}

static void test_vanished_folders_are_passed_over(void **state)
{
	struct heard *heard = *state;
	struct err err;

	temporary_mkdir(heard->root, "doomed-1");
	temporary_mkdir(heard->root, "doomed-2");
	temporary_text(heard->root, "stays/file", "1");
	heard->meddle = remove_doomed;
	assert_int_equal(walk(heard, heard->root, &err), 0);
	assert_int_equal(heard->entries, 4);
	assert_int_equal(heard->troubles.length, 0);
}

/* At the first of the two files, both go: of the other only the name was read before. */
static void remove_files(struct heard *heard, const char *path)
{
	CLEANUP(free_p) char *one = xasprintf("%s/one", heard->root);
	CLEANUP(free_p) char *two = xasprintf("%s/two", heard->root);

	(void)path;
	assert_int_equal(unlink(one), 0);
	assert_int_equal(unlink(two), 0);
}

static void test_vanished_files_are_passed_over(void **state)
{
	struct heard *heard = *state;
	struct err err;

	temporary_text(heard->root, "one", "1");
	temporary_text(heard->root, "two", "2");
	heard->meddle = remove_files;
	assert_int_equal(walk(heard, heard->root, &err), 0);
	assert_int_equal(heard->entries, 1);
	assert_int_equal(heard->troubles.length, 0);
}

static void swap_for_a_link(struct heard *heard, const char *path)
{
	CLEANUP(free_p) char *full = xasprintf("%s/%s", heard->root, path);

	if (strcmp(path, "inside/swapped") != 0)
		return;
	assert_int_equal(rmdir(full), 0);
	assert_int_equal(symlink("../outside", full), 0);
}

static void test_folder_swapped_for_a_link_is_not_followed(void **state)
{
	struct heard *heard = *state;
	struct err err;

	temporary_text(heard->root, "outside/secret", "1");
	temporary_mkdir(heard->root, "inside/swapped");
	heard->meddle = swap_for_a_link;
	assert_int_equal(walk(heard, heard->root, &err), 0);
	assert_true(was_told(heard, "inside/swapped/"));
	assert_false(was_told(heard, "inside/swapped/secret"));
	assert_int_equal(heard->troubles.length, 0);
}

static void test_callback_ends_the_walk(void **state)
{
	struct heard *heard = *state;
	struct err err = { 0 };

	temporary_text(heard->root, "a/one", "1");
	temporary_text(heard->root, "b/two", "2");
	temporary_text(heard->root, "c/three", "3");
	for (size_t last = 1; last <= 6; last++) {
		heard->entries = 0;
		heard->end_after = last;
		assert_int_equal(walk(heard, heard->root, &err), -1);
		assert_int_equal(err.kind, ERR_STOPPED);
		assert_int_equal(heard->entries, last);
	}
}

static void raise_at_the_tenth(struct heard *heard, const char *path)
{
	(void)path;
	if (heard->entries == 10)
		raise(SIGTERM);
}

/* In a child of its own, because what was stopped stays so. Its exit status is the verdict. */
static void test_stop_signal_ends_the_walk(void **state)
{
	struct heard *heard = *state;
	int status = 0;
	pid_t child = 0;

	for (int i = 0; i < 2000; i++) {
		char name[32];

		snprintf(name, sizeof name, "%d/%d", i % 10, i);
		temporary_text(heard->root, name, "");
	}
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct err err = { 0 };
		bool good = false;

		stop_signal_init();
		heard->meddle = raise_at_the_tenth;
		good = walk(heard, heard->root, &err) == -1 && err.kind == ERR_STOPPED &&
		       heard->entries >= 10 && heard->entries < 600;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_everything_is_told_once),
		TEST(test_root_may_be_a_link),
		TEST(test_root_that_cannot_be_opened),
		TEST(test_deeper_than_a_path_can_be),
		TEST(test_wide_folder),
		TEST(test_other_file_systems_are_not_entered),
		TEST(test_unreadable_folder_is_told),
		TEST(test_vanished_folders_are_passed_over),
		TEST(test_vanished_files_are_passed_over),
		TEST(test_folder_swapped_for_a_link_is_not_followed),
		TEST(test_callback_ends_the_walk),
		TEST(test_stop_signal_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
