/* The walk by several threads: it tells what one thread would tell, in whatever order. */
#include "walk_ears.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>

/* How many threads may be made before making one fails. */
static unsigned threads_left = UINT_MAX;

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
		   void *(*start)(void *), void *restrict argument)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	if (threads_left == 0)
		return EAGAIN;
	threads_left--;
	return real(thread, attributes, start, argument);
}

static int compare_text(const void *left, const void *right)
{
	return strcmp(((const struct line *)left)->text, ((const struct line *)right)->text);
}

/* What all heard, sorted by path; the caller frees it, the texts stay the ears'. */
static struct line *all_lines(const struct world *world, size_t *count)
{
	struct line *lines = xcalloc(atomic_load(&world->calls) + 1, sizeof *lines);

	*count = 0;
	for (size_t i = 0; i < MOST; i++)
		for (size_t j = 0; j < world->ears[i].count; j++)
			lines[(*count)++] = world->ears[i].lines[j];
	qsort(lines, *count, sizeof *lines, compare_text);
	return lines;
}

static int compare_strings(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void test_random_trees_are_told_whole_by_any_number(void **state)
{
	struct world *world = *state;

	for (uint64_t seed = 1; seed <= 6; seed++) {
		CLEANUP(free_p) char *root = world->root;
		CLEANUP(free_p) char *below = xasprintf("%s/%d", root, (int)seed);
		struct random_tree *tree = NULL;

		assert_int_equal(mkdir(below, 0755), 0);
		tree = random_tree_new(below, seed);
		world->root = below;
		qsort(tree->entries, tree->count, sizeof *tree->entries, compare_strings);
		for (size_t i = 0; i < THREAD_COUNTS; i++) {
			CLEANUP(free_p) struct line *lines = NULL;
			size_t count = 0;
			struct err err;

			assert_int_equal(walk(world, thread_counts[i], &err), 0);
			lines = all_lines(world, &count);
			assert_int_equal(count, tree->count);
			for (size_t j = 0; j < count; j++)
				assert_string_equal(lines[j].text, tree->entries[j]);
			assert_int_equal(all_troubles(world), 0);
		}
		random_tree_free(tree);
		world->root = steal(&root);
	}
}

static void test_folders_are_told_before_what_is_in_them(void **state)
{
	struct world *world = *state;
	struct random_tree *tree = random_tree_new(world->root, 77);
	CLEANUP(free_p) struct line *lines = NULL;
	size_t checked = 0;
	size_t count = 0;
	struct err err;

	assert_int_equal(walk(world, 8, &err), 0);
	lines = all_lines(world, &count);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(free_p) char *parent = xstrdup(lines[i].text);
		struct line key = { 0, parent };
		const struct line *found = NULL;

		parent[strlen(parent) - 1] = '\0';
		if (!strrchr(parent, '/'))
			continue;
		strrchr(parent, '/')[1] = '\0';
		found = bsearch(&key, lines, count, sizeof *lines, compare_text);
		assert_non_null(found);
		assert_true(found->number < lines[i].number);
		checked++;
	}
	assert_in_range(checked, 50, RANDOM_TREE_MOST);
	random_tree_free(tree);
}

/* The first thread gives the second every chance to come. */
static void wait_for_the_second(struct ear *ear, const char *path)
{
	struct world *world = ear->world;

	(void)path;
	for (int i = 0; i < 10000 && ear == &world->ears[0] && ear->count > 200 &&
			atomic_load(&world->calls) == ear->count;
	     i++)
		sched_yield();
}

static void test_work_is_shared(void **state)
{
	struct world *world = *state;
	struct err err;

	for (int i = 0; i < 200; i++) {
		CLEANUP(free_p) char *path = xasprintf("%d/file", i);

		temporary_text(world->root, path, "");
	}
	world->meddle = wait_for_the_second;
	assert_int_equal(walk(world, 2, &err), 0);
	assert_true(world->ears[0].count > 0);
	assert_true(world->ears[1].count > 0);
	assert_int_equal(world->ears[0].count + world->ears[1].count, 400);
}

static void test_fewer_threads_than_asked_for(void **state)
{
	struct world *world = *state;
	struct random_tree *tree = random_tree_new(world->root, 5);
	struct err err;

	for (unsigned left = 0; left < 3; left++) {
		threads_left = left;
		assert_int_equal(walk(world, 8, &err), 0);
		threads_left = UINT_MAX;
		assert_int_equal(atomic_load(&world->calls), tree->count);
		assert_int_equal(world->ears[left + 1].count, 0);
	}
	random_tree_free(tree);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_random_trees_are_told_whole_by_any_number),
		TEST(test_folders_are_told_before_what_is_in_them),
		TEST(test_work_is_shared),
		TEST(test_fewer_threads_than_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
