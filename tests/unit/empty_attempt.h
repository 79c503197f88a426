/* Removals of an empty repository in a child process, which a step may end as kill -9 does, or in
 * which a push comes in. */
#ifndef TESTS_EMPTY_ATTEMPT_H
#define TESTS_EMPTY_ATTEMPT_H

#include "empty_world.h"

#include <fcntl.h>
#include <sys/mman.h>

#define REPOSITORY "team/app"

enum push {
	PUSH_NOTHING,
	PUSH_UPLOAD,   /* begins an upload */
	PUSH_IMAGE,    /* a whole image with a layer of its own */
	PUSH_MANIFEST, /* the end of a push that saw the layers of before */
	PUSH_LATE,     /* the same, of which a file was opened before it was renamed */
	PUSH_LAYER,    /* a layer of before is linked once more */
	PUSHES
};

/* Two of them can be at work after the caller has waited; the others saw what was hidden. */
static inline bool may_come_late(enum push push)
{
	return push == PUSH_UPLOAD || push == PUSH_IMAGE;
}

/* What a child that removes does, and what it tells its parent. */
struct attempt {
	const struct empty_world *world;
	enum push push;
	int push_at, die_at; /* numbers of steps, 0: never */
	int steps;
	int wait_step; /* the one between hiding and removing */
	bool broken;
	bool decided; /* from now on it is not put back */
	bool pushed, pushed_late;
	int result; /* of the removal; 2: it has not ended */
};

static inline void put(const struct attempt *attempt, const char *spec)
{
	empty_world_make(attempt->world, REPOSITORY, spec);
}

static inline bool has(const struct attempt *attempt, const char *path)
{
	return empty_world_has(attempt->world, REPOSITORY, path);
}

static inline void push_late(const struct attempt *attempt)
{
	if (has(attempt, LAYOUT_HIDDEN "_manifests"))
		put(attempt, LAYOUT_HIDDEN REVISION HEX_A "/link=sha256:" HEX_A);
	else
		put(attempt, REVISION HEX_A "/link=sha256:" HEX_A);
}

static inline void push_layer(const struct attempt *attempt)
{
	CLEANUP(free_p)
	char *path = empty_world_path(attempt->world, REPOSITORY, LAYER HEX_B "/link");
	struct timespec times[2] = { { .tv_sec = 4000000000 }, { .tv_sec = 4000000000 } };

	put(attempt, LAYER HEX_B "/link=sha256:" HEX_B);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static inline void push(struct attempt *attempt)
{
	switch (attempt->push) {
	case PUSH_UPLOAD:
		put(attempt, "_uploads/1/startedat=now");
		break;
	case PUSH_IMAGE:
		put(attempt, LAYER HEX_A "/link=sha256:" HEX_A);
		/* fall through */
	case PUSH_MANIFEST:
		put(attempt, REVISION HEX_C "/link=sha256:" HEX_C);
		put(attempt, "_manifests/tags/v1/current/link=sha256:" HEX_C);
		break;
	case PUSH_LATE:
		push_late(attempt);
		break;
	case PUSH_LAYER:
		push_layer(attempt);
		break;
	default:
		return;
	}
	attempt->pushed = true;
	attempt->pushed_late = attempt->decided;
}

static inline void on_step(void *ctx, const char *what)
{
	struct attempt *attempt = ctx;

	attempt->steps++;
	attempt->decided |= strstr(what, LAYOUT_GONE) != NULL;
	/* The collectors take offence at that. */
	if (attempt->push == PUSH_NOTHING && has(attempt, "_manifests") && !has(attempt, "_layers"))
		attempt->broken = true;
	if (attempt->steps == attempt->push_at)
		push(attempt);
	if (attempt->steps == attempt->die_at)
		_exit(0);
}

static inline void remove_it(struct attempt *attempt)
{
	struct empty_removal removal = { attempt->world->layout, on_step, attempt };
	struct empty_verdict verdict =
		empty_judge(attempt->world->layout, REPOSITORY, empty_world_soon());
	struct err err = { 0 };

	attempt->result = empty_hide(&removal, REPOSITORY, &verdict, &err);
	if (attempt->result != 1)
		return;
	attempt->result = 2;
	on_step(attempt, "wait");
	attempt->wait_step = attempt->steps;
	attempt->result = empty_remove(&removal, REPOSITORY, &verdict, &err);
}

static inline void recover_it(struct attempt *attempt)
{
	struct empty_removal removal = { attempt->world->layout, on_step, attempt };
	struct err err = { 0 };

	attempt->result = empty_recover(&removal, REPOSITORY, &err);
}

/* In a child, which a step may end as kill -9 does. */
static inline struct attempt run_child(struct attempt attempt, void (*work)(struct attempt *))
{
	struct attempt *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = 0;
	int status = 0;

	assert_true(shared != MAP_FAILED);
	*shared = attempt;
	shared->result = 2;
	child = fork();
	if (child == 0) {
		work(shared);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	attempt = *shared;
	munmap(shared, sizeof *shared);
	return attempt;
}

#endif
