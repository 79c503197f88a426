/* Collections that are killed, disturbed by pushes, or both, between any two of their changes: what
 * is kept is whole afterwards, and what is garbage goes in the end (S12).
 *
 * POINTS=200 tries more of the many pairs of a push and a kill; FAULT_SEED=N the same ones again.
 */
#include "collect_world.h"

#include "util/text.h"

#define KILLED 9
#define RUNS   2 /* phase 1, and a grace later phase 2 */

enum push {
	PUSH_NONE,
	PUSH_WHOLE,  /* blobs that are missing, links, manifest */
	PUSH_CACHED, /* the server's cache answers for the layer: a manifest alone */
	PUSH_LATE,   /* the server had seen the blob: its link and the manifest */
	PUSHES,
};

static const char *const NAMES[] = { "no push", "a whole push", "a cached push", "a late push" };

struct attempt {
	struct native_world *world;
	enum push push;
	int push_at; /* the number of a step, 0 for never */
	int die_at;
	/* What happened; shared with the child. */
	int steps;
	bool pushed, too_late, second;
	int run;
	bool moving; /* phase 2 is at work: the links of what it moves return, too */
	bool strict; /* what was pushed must be whole once the next run has begun */
};

static const char *const GARBAGE[] = { "garbage 1", "garbage 2", "garbage 3", "garbage 4" };

static void add_garbage(const struct native_world *world)
{
	char digests[4][DIGEST_TEXT];

	for (size_t i = 0; i < 4; i++)
		native_put_blob(world, GARBAGE[i], digests[i]);
	native_put_link(world, "a", "_layers", digests[0], digests[0]);
	native_put_link(world, "a", "_layers", digests[1], digests[1]);
	native_put_link(world, "team/b", "_layers", digests[1], digests[1]);
	native_put_link(world, "c/d/e", "_layers", digests[1], digests[1]);
	native_put_link(world, "c/d/e", "_layers", digests[3], digests[3]);
}

/* Of a layer that is garbage: in one repository, or two. */
static void push(struct attempt *attempt)
{
	struct native_world *world = attempt->world;
	const char *layer = GARBAGE[attempt->push_at % 2];
	char digest[DIGEST_TEXT], config[DIGEST_TEXT];

	attempt->pushed = true;
	attempt->strict = attempt->push != PUSH_CACHED || attempt->run == 1 || attempt->moving;
	/* After the second mark, only a server that lost its cache and looks anew can push. */
	attempt->too_late = attempt->second && attempt->push != PUSH_WHOLE;
	if (attempt->too_late)
		return;
	if (attempt->push == PUSH_WHOLE) {
		native_push(world, "a", "pushed", "pushed config", layer);
		return;
	}
	digest_of(layer, strlen(layer), digest);
	native_put_link(world, "a", "_layers", native_put_blob(world, "pushed config", config),
			config);
	if (attempt->push == PUSH_LATE)
		native_put_link(world, "a", "_layers", digest, digest);
	native_put_manifest(world, "a", "pushed", "pushed config", layer);
}

static void step(void *ctx, const char *what)
{
	struct attempt *attempt = ctx;

	attempt->moving |= attempt->run == 2 && text_begins(what, "mkdir " LAYOUT_TRASH);
	attempt->steps++;
	if (attempt->steps == attempt->push_at && attempt->push != PUSH_NONE)
		push(attempt);
	if (attempt->steps == attempt->die_at)
		_exit(KILLED);
}

static void at_point(void *ctx, enum native_point point)
{
	struct attempt *attempt = ctx;

	attempt->second = point == NATIVE_POINT_SECOND;
	step(ctx, "");
}

/* The process that is killed. */
static void collect_twice(struct attempt *attempt)
{
	struct native_world own = *attempt->world;
	struct native_visit visit = { .at = at_point, .ctx = attempt };

	native_world_open(&own);
	own.collection.step = step;
	own.collection.ctx = attempt;
	for (int i = 0; i < RUNS; i++) {
		attempt->second = false;
		attempt->run = i + 1;
		own.collection.run = i == 0 ? "run-1" : "run-2";
		(void)native_collect_well(&own, &visit);
		own.now += 30 * HOURS;
	}
	native_world_close(&own);
}

static void run_child(struct attempt *attempt, const char *story)
{
	pid_t child = 0;
	int status = 0;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		collect_twice(attempt);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != KILLED))
		fail_msg("%s: ended with %d", story, status);
}

static size_t count_garbage(const struct native_world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < 4; i++) {
		char digest[DIGEST_TEXT];

		count += native_has_blob(
			world, (digest_of(GARBAGE[i], strlen(GARBAGE[i]), digest), digest));
	}
	return count;
}

/* What was kept before is whole at any moment; what was pushed, too, once the next run has begun.
 * What a cache answered although links were taken long ago is whole when it has ended. */
static void check(struct attempt *attempt, const char *story)
{
	struct native_world *world = attempt->world;
	size_t images = world->image_count;
	struct native_recovered recovered;
	struct native_journal *journal = NULL;
	struct err err = { 0 };

	world->image_count = 2;
	native_all_whole(world, story);
	world->image_count = images;
	native_world_open(world);
	world->collection.run = "run-3";
	if (native_recover(&world->collection, &recovered, &err) != 0)
		fail_msg("%s: %s", story, err.msg);
	if (attempt->strict)
		native_all_whole(world, story);
	for (int i = 0; i < 3; i++) {
		world->now += 30 * HOURS;
		(void)native_collect_well(world, NULL);
		native_all_whole(world, story);
	}
	if (count_garbage(world) != (attempt->pushed && !attempt->too_late))
		fail_msg("%s: %zu of the garbage are left", story, count_garbage(world));
	assert_false(native_world_has(world, LAYOUT_TRASH));
	journal = native_world_journal(world);
	assert_int_equal(journal->count, 0);
	native_journal_free(journal);
}

/* How many steps there were. */
static int try(enum push kind, int push_at, int die_at)
{
	struct attempt *attempt = mmap(NULL, sizeof *attempt, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CLEANUP(free_p)
	char *story = xasprintf("%s at step %d, killed at %d", NAMES[kind], push_at, die_at);
	int steps = 0;

	assert_ptr_not_equal(attempt, MAP_FAILED);
	*attempt = (struct attempt){
		.world = native_world_new(), .push = kind, .push_at = push_at, .die_at = die_at
	};
	native_world_close(attempt->world);
	add_garbage(attempt->world);
	run_child(attempt, story);
	steps = attempt->steps;
	check(attempt, story);
	native_world_free(attempt->world);
	munmap(attempt, sizeof *attempt);
	return steps;
}

static void test_killed_at_every_step(void **state)
{
	int steps = try(PUSH_NONE, 0, 0);

	(void)state;
	assert_in_range(steps, 20, 200);
	print_message("# %d steps\n", steps);
	for (int die_at = 1; die_at <= steps; die_at++)
		assert_int_equal(try(PUSH_NONE, 0, die_at), die_at);
}

static void test_pushed_at_every_step(void **state)
{
	int steps = try(PUSH_NONE, 0, 0);

	(void)state;
	for (enum push kind = PUSH_WHOLE; kind < PUSHES; kind++)
		for (int push_at = 1; push_at <= steps; push_at++)
			(void)try(kind, push_at, 0);
}

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static void test_pushed_and_killed(void **state)
{
	unsigned long points = from_environment("POINTS", 20);
	unsigned long seed = from_environment("FAULT_SEED", (unsigned long)time(NULL));
	unsigned short random[3] = { 0x330e, (unsigned short)seed, (unsigned short)(seed >> 16) };
	int steps = try(PUSH_NONE, 0, 0);

	(void)state;
	/* Soon after the push, systematically. */
	for (int push_at = 1; push_at <= steps; push_at++)
		for (int after = 0; after < 12; after += 3)
			(void)try(PUSH_WHOLE + (push_at + after) % (PUSHES - 1), push_at,
				  push_at + after);
	print_message("# FAULT_SEED=%lu\n", seed);
	for (unsigned long i = 0; i < points; i++) {
		int push_at = 1 + (int)(nrand48(random) % steps);
		int die_at = push_at + (int)(nrand48(random) % (steps - push_at + 4));

		(void)try(PUSH_WHOLE + i % (PUSHES - 1), push_at, die_at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_every_step),
		cmocka_unit_test(test_pushed_at_every_step),
		cmocka_unit_test(test_pushed_and_killed),
	};

	/* Thousands of fsyncs would only take their time. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
