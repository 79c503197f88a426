/* A walk by several threads, each of which hears its own part of it. */
#ifndef TESTS_WALK_EARS_H
#define TESTS_WALK_EARS_H

#include "random_tree.h"
#include "storage/walk.h"
#include "temporary.h"

#include "util/buf.h"

#include <stdatomic.h>
#include <stdbool.h>

#define MOST WALK_THREADS_MAX

struct line {
	unsigned number; /* in the order of all calls */
	char *text;      /* the path, with a slash at the end of a folder's */
};

struct world;

/* What one thread heard. */
struct ear {
	struct world *world;
	struct line *lines;
	size_t count;
	size_t capacity;
	struct buf troubles; /* "path: errno\n" */
};

struct world {
	char *root;
	struct ear ears[MOST];
	atomic_uint calls;
	atomic_uint descriptors; /* the most that were open at a time */
	unsigned end_after;      /* calls; 0: never */
	void (*meddle)(struct ear *ear, const char *path);
};

static const unsigned thread_counts[] = { 1, 2, 8 };
#define THREAD_COUNTS (sizeof thread_counts / sizeof *thread_counts)

static inline bool hear_entry(void *ctx, const char *path, const struct stat *status)
{
	struct ear *ear = ctx;
	struct world *world = ear->world;
	unsigned number = atomic_fetch_add(&world->calls, 1) + 1;

	GROW(ear->lines, ear->count, ear->capacity);
	ear->lines[ear->count++] =
		(struct line){ number,
			       xasprintf("%s%s", path, S_ISDIR(status->st_mode) ? "/" : "") };
	if (world->meddle)
		world->meddle(ear, path);
	return number != world->end_after;
}

static inline void hear_trouble(void *ctx, const char *path, int error)
{
	buf_format(&((struct ear *)ctx)->troubles, "%s: %d\n", path, error);
}

static inline void forget(struct world *world)
{
	for (size_t i = 0; i < MOST; i++) {
		struct ear *ear = &world->ears[i];

		for (size_t j = 0; j < ear->count; j++)
			free(ear->lines[j].text);
		ear->count = 0;
		buf_clear(&ear->troubles);
	}
	atomic_store(&world->calls, 0);
}

static inline int walk(struct world *world, unsigned threads, struct err *err)
{
	void *contexts[MOST];

	forget(world);
	for (size_t i = 0; i < MOST; i++) {
		world->ears[i].world = world;
		contexts[i] = &world->ears[i];
	}
	return walk_tree_by_threads(world->root, hear_entry, hear_trouble, contexts, threads, err);
}

static inline size_t all_troubles(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < MOST; i++)
		for (const char *at = buf_string(&world->ears[i].troubles); *at; at++)
			count += *at == '\n';
	return count;
}

static inline int setup(void **state)
{
	struct world *world = xcalloc(1, sizeof *world);

	world->root = temporary_folder();
	*state = world;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *world = *state;

	forget(world);
	for (size_t i = 0; i < MOST; i++) {
		free(world->ears[i].lines);
		buf_free(&world->ears[i].troubles);
	}
	temporary_remove(world->root);
	free(world);
	return 0;
}

#endif
