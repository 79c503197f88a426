/* The walk by several threads where it is deep, wide, closed, vanishing or stopped. */
#include "walk_ears.h"

#include "util/stop_signal.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>

static bool has_trouble(const struct world *world, const char *line)
{
	for (size_t i = 0; i < MOST; i++)
		if (strstr(buf_string(&world->ears[i].troubles), line))
			return true;
	return false;
}

static unsigned open_descriptors(void)
{
	DIR *stream = opendir("/proc/self/fd");
	unsigned count = 0;

	/* Not an assertion: this is not the thread that may fail. */
	if (!stream)
		abort();
	while (readdir(stream))
		count++;
	closedir(stream);
	return count;
}

static void count_descriptors(struct ear *ear, const char *path)
{
	unsigned now = open_descriptors();
	unsigned most = atomic_load(&ear->world->descriptors);

	(void)path;
	while (now > most && !atomic_compare_exchange_weak(&ear->world->descriptors, &most, now))
		;
}

/* LEVELS folders, one in the other, each with WIDTH others of which each has a file. Their names
 * are long, so that a few hundred are more than is read at once. */
static void make_deep(const char *root, int levels, int width)
{
	static const char name[] = "a-name-that-is-forty-characters-long-000";
	int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < levels; i++) {
		int next = -1;

		for (int j = 0; j < width; j++) {
			CLEANUP(free_p) char *side = xasprintf("%0200d", j);
			CLEANUP(free_p) char *leaf = xasprintf("%s/leaf", side);

			assert_int_equal(mkdirat(folder, side, 0755), 0);
			assert_int_equal(mknodat(folder, leaf, S_IFREG | 0644, 0), 0);
		}
		assert_int_equal(mkdirat(folder, name, 0755), 0);
		next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(folder);
		folder = next;
	}
	close(folder);
}

static void test_deep_and_wide(void **state)
{
	static const struct {
		int levels;
		int width;
	} rows[] = { { 300, 2 }, { 18, 300 } };
	struct world *world = *state;
	char *root = world->root;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CLEANUP(free_p) char *below = xasprintf("%s/%zu", root, i);

		assert_int_equal(mkdir(below, 0755), 0);
		make_deep(below, rows[i].levels, rows[i].width);
		world->root = below;
		for (size_t j = 0; j < THREAD_COUNTS; j++) {
			unsigned before = open_descriptors();
			unsigned expected = (unsigned)(rows[i].levels * (2 * rows[i].width + 1));
			struct err err;

			world->meddle = i == 0 ? count_descriptors : NULL;
			atomic_store(&world->descriptors, before + 1);
			assert_int_equal(walk(world, thread_counts[j], &err), 0);
			assert_int_equal(atomic_load(&world->calls), expected);
			assert_int_equal(all_troubles(world), 0);
			/* 16 of each thread, the root, and one of each that counts. */
			assert_in_range(atomic_load(&world->descriptors), before + 1,
					before + 2 + 17 * thread_counts[j]);
			assert_int_equal(open_descriptors(), before);
		}
	}
	world->root = root;
}

static void test_unreadable_folders_are_told_once(void **state)
{
	enum { FOLDERS = 60 };
	struct world *world = *state;
	bool is_root = geteuid() == 0;

	for (int i = 0; i < FOLDERS; i++) {
		CLEANUP(free_p) char *path = xasprintf("%d/%d/closed", i % 7, i);
		CLEANUP(free_p) char *full = xasprintf("%s/%s", world->root, path);

		temporary_mkdir(world->root, path);
		assert_int_equal(chmod(full, 0), 0);
	}
	for (size_t i = 0; i < THREAD_COUNTS; i++) {
		struct err err;
		int result = 0;

		if (is_root)
			assert_int_equal(seteuid(NOBODY), 0);
		result = walk(world, thread_counts[i], &err);
		if (is_root)
			assert_int_equal(seteuid(0), 0);
		assert_int_equal(result, 0);
		assert_int_equal(all_troubles(world), FOLDERS);
		for (int j = 0; j < FOLDERS; j++) {
			CLEANUP(free_p)
			char *line = xasprintf("%d/%d/closed: %d\n", j % 7, j, EACCES);

			assert_true(has_trouble(world, line));
		}
	}
}

static void remove_doomed(struct ear *ear, const char *path)
{
	CLEANUP(free_p) char *full = xasprintf("%s/%s", ear->world->root, path);

	if (strstr(path, "doomed") && remove(full) != 0)
		abort();
}

static void test_what_vanishes_is_passed_over(void **state)
{
	struct world *world = *state;

	world->meddle = remove_doomed;
	for (size_t i = 0; i < THREAD_COUNTS; i++) {
		struct err err;

		for (int j = 0; j < 100; j++) {
			CLEANUP(free_p) char *folder = xasprintf("%d/doomed-%d", j % 10, j);
			CLEANUP(free_p) char *file = xasprintf("%d/stays/%d-doomed", j % 10, j);

			temporary_mkdir(world->root, folder);
			temporary_text(world->root, file, "");
		}
		assert_int_equal(walk(world, thread_counts[i], &err), 0);
		assert_int_equal(atomic_load(&world->calls), 10 + 10 + 100 + 100);
		assert_int_equal(all_troubles(world), 0);
	}
}

static void test_callback_ends_it_for_all(void **state)
{
	struct world *world = *state;
	struct random_tree *tree = random_tree_new(world->root, 9);

	for (unsigned last = 1; last < tree->count; last += tree->count / 10) {
		struct err err = { 0 };

		world->end_after = last;
		assert_int_equal(walk(world, 8, &err), -1);
		assert_int_equal(err.kind, ERR_STOPPED);
		assert_in_range(atomic_load(&world->calls), last, tree->count);
	}
	random_tree_free(tree);
}

static void stop_at_the_tenth(struct ear *ear, const char *path)
{
	(void)path;
	if (ear->count == 10)
		kill(getpid(), SIGTERM);
}

/* In a child of its own, because what was stopped stays so. */
static void test_stop_signal_ends_it_for_all(void **state)
{
	enum { FILES = 8000 };
	struct world *world = *state;

	for (int i = 0; i < FILES; i++) {
		char name[32];

		snprintf(name, sizeof name, "%d/%d", i % 20, i);
		temporary_text(world->root, name, "");
	}
	for (size_t i = 0; i < THREAD_COUNTS; i++) {
		int status = 0;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			struct err err = { 0 };
			bool good = false;

			stop_signal_init();
			world->meddle = stop_at_the_tenth;
			good = walk(world, thread_counts[i], &err) == -1 &&
			       err.kind == ERR_STOPPED && atomic_load(&world->calls) >= 10 &&
			       atomic_load(&world->calls) < FILES;
			_exit(good ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_deep_and_wide),
		TEST(test_unreadable_folders_are_told_once),
		TEST(test_what_vanishes_is_passed_over),
		TEST(test_callback_ends_it_for_all),
		TEST(test_stop_signal_ends_it_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
