/* Removals of empty repositories: killed at every step, and disturbed by a push at every step. */
#include "empty_attempt.h"

#include "storage/tree.h"

#define NESTED  "team/app/nested"
#define HIDING  3 /* steps that hide */
#define DECIDED 7 /* a step by which it is decided: three hide, one waits, three decide */

static struct empty_world new_world(void)
{
	struct empty_world world = empty_world_new();

	empty_world_empty(&world, REPOSITORY);
	empty_world_image(&world, NESTED);
	return world;
}

static bool has_remains(const struct empty_world *world)
{
	struct tree_names names = { 0 };
	struct err err = { 0 };
	bool found = false;

	assert_int_equal(tree_repositories(world->layout, TREE_REMAINS, &names, &err), 0);
	found = names.count > 0;
	if (found)
		assert_string_equal(names.text.data, REPOSITORY);
	tree_names_clear(&names);
	return found;
}

/* As the next run does. */
static void recover(const struct empty_world *world)
{
	struct empty_removal removal = { .layout = world->layout };
	struct err err = { 0 };

	if (!has_remains(world))
		return;
	if (empty_recover(&removal, REPOSITORY, &err) < 0)
		fail_msg("%s", err.msg);
	assert_false(has_remains(world));
}

static void assert_list(const struct empty_world *world, const char *repository,
			const char *expected)
{
	CLEANUP(free_p) char *list = empty_world_list(world, repository);

	assert_string_equal(list, expected);
}

static char *list_nested(const struct empty_world *world)
{
	CLEANUP(free_p) char *list = empty_world_list(world, NESTED);

	return xasprintf("/nested\n%s", list);
}

/* All that was there, or nothing but the nested repository. */
static void assert_whole_or_gone(const struct empty_world *world, const char *before,
				 const char *nested)
{
	CLEANUP(free_p) char *list = empty_world_list(world, REPOSITORY);
	CLEANUP(free_p) char *below = list_nested(world);

	assert_string_equal(below, nested);
	if (strstr(list, "/_"))
		assert_true(strcmp(list, before) == 0 ||
			    !empty_world_has(world, REPOSITORY, "_manifests"));
}

static void test_removed(void **state)
{
	struct empty_world world = new_world();
	CLEANUP(free_p) char *nested = empty_world_list(&world, NESTED);
	struct attempt attempt = run_child((struct attempt){ .world = &world }, remove_it);

	(void)state;
	assert_int_equal(attempt.result, 1);
	assert_false(attempt.broken);
	assert_false(has_remains(&world));
	assert_list(&world, NESTED, nested);
	assert_false(empty_world_has(&world, REPOSITORY, "_manifests"));
	assert_false(empty_world_has(&world, REPOSITORY, "_layers"));
	assert_false(empty_world_has(&world, REPOSITORY, "_uploads"));
	empty_world_free(&world);
}

static void remove_named(const struct empty_world *world, const char *repository)
{
	struct empty_removal removal = { .layout = world->layout };
	struct empty_verdict verdict = empty_judge(world->layout, repository, empty_world_soon());
	struct err err = { 0 };

	assert_int_equal(verdict.state, EMPTY_IDLE);
	assert_int_equal(empty_hide(&removal, repository, &verdict, &err), 1);
	assert_int_equal(empty_remove(&removal, repository, &verdict, &err), 1);
}

static void test_folders_above_go_while_they_are_empty(void **state)
{
	struct empty_world world = empty_world_new();

	(void)state;
	empty_world_empty(&world, "a/b/c/d");
	empty_world_empty(&world, "a/x");
	empty_world_make(&world, "only", "_layers/");
	remove_named(&world, "a/b/c/d");
	assert_false(empty_world_has(&world, "a", "b"));
	assert_true(empty_world_has(&world, "a/x", "_manifests"));
	remove_named(&world, "only");
	remove_named(&world, "a/x");
	assert_list(&world, ".", "");
	assert_true(empty_world_has(&world, ".", ""));
	empty_world_free(&world);
}

static int count_steps(enum push push_kind)
{
	struct empty_world world = new_world();
	struct attempt attempt = run_child(
		(struct attempt){ .world = &world, .push = push_kind, .push_at = 1 }, remove_it);

	empty_world_free(&world);
	return attempt.steps;
}

/* Killed at every step, and killed once more at every step of what the next run makes of it. */
static void test_killed_at_every_step(void **state)
{
	int steps = count_steps(PUSH_NOTHING), finished = 0, put_back = 0;

	(void)state;
	assert_true(steps > 15);
	for (int die = 1; die <= steps; die++) {
		int again = 0;
		struct attempt second = { 0 };

		do {
			struct empty_world world = new_world();
			CLEANUP(free_p) char *before = empty_world_list(&world, REPOSITORY);
			CLEANUP(free_p) char *nested = list_nested(&world);
			struct attempt attempt = { .world = &world, .die_at = die };

			attempt = run_child(attempt, remove_it);
			assert_false(attempt.broken);
			assert_int_equal(attempt.result, 2);
			second = run_child((struct attempt){ .world = &world, .die_at = ++again },
					   recover_it);
			assert_false(second.broken);
			recover(&world);
			assert_whole_or_gone(&world, before, nested);
			finished += second.result == 1;
			put_back += second.result == 0;
			empty_world_free(&world);
			/* Every step of the first few, every second of the others. */
			again += die > DECIDED;
		} while (second.result == 2);
	}
	assert_true(finished > 5);
	assert_true(put_back > 3);
}

/* What was pushed is there; so is what it relies on. */
static void assert_pushed(const struct attempt *attempt)
{
	static const char *const FILES[PUSHES][3] = {
		[PUSH_UPLOAD] = { "_uploads/1/startedat" },
		[PUSH_IMAGE] = { LAYER HEX_A "/link", REVISION HEX_C "/link",
				 "_manifests/tags/v1/current/link" },
		[PUSH_MANIFEST] = { LAYER HEX_B "/link", REVISION HEX_C "/link",
				    "_manifests/tags/v1/current/link" },
		[PUSH_LATE] = { LAYER HEX_B "/link", REVISION HEX_A "/link" },
		[PUSH_LAYER] = { LAYER HEX_B "/link" },
	};

	assert_true(attempt->pushed);
	for (size_t i = 0; i < 3 && FILES[attempt->push][i]; i++) {
		if (!has(attempt, FILES[attempt->push][i]))
			fail_msg("push %d at step %d, killed at %d: %s is lost", (int)attempt->push,
				 attempt->push_at, attempt->die_at, FILES[attempt->push][i]);
	}
	if (attempt->pushed_late)
		return;
	assert_true(has(attempt, LAYER HEX_B "/link"));
	assert_true(has(attempt, LAYER HEX_C "/link"));
}

static struct attempt try(enum push kind, int push_at, int die_at)
{
	struct empty_world world = new_world();
	CLEANUP(free_p) char *nested = list_nested(&world);
	CLEANUP(free_p) char *after = NULL;
	struct attempt attempt = {
		.world = &world, .push = kind, .push_at = push_at, .die_at = die_at
	};

	attempt = run_child(attempt, remove_it);
	/* One that relies on what was there does not come after the wait. */
	if (may_come_late(kind) || push_at <= attempt.wait_step || attempt.wait_step == 0) {
		recover(&world);
		assert_false(has_remains(&world));
		assert_pushed(&attempt);
		after = list_nested(&world);
		assert_string_equal(after, nested);
		/* What comes in while it is hidden is seen at once. */
		if (die_at == 0 && push_at <= HIDING && kind != PUSH_LATE)
			assert_int_equal(attempt.wait_step, 0);
		if (die_at == 0)
			assert_int_equal(attempt.result, attempt.pushed_late ? 1 : 0);
	}
	empty_world_free(&world);
	return attempt;
}

/* A push comes in at every step; then the removal goes on, or is killed at a later step. */
static void test_disturbed_at_every_step(void **state)
{
	int steps = count_steps(PUSH_NOTHING);

	(void)state;
	for (enum push kind = PUSH_UPLOAD; kind < PUSHES; kind++) {
		for (int push_at = 1; push_at <= steps; push_at++) {
			struct attempt attempt = try(kind, push_at, 0);
			bool may_be = may_come_late(kind) || attempt.wait_step == 0 ||
				      push_at <= attempt.wait_step;

			/* Of the many steps that only remove, and of the kinds of pushes, some
			 * will do. */
			may_be &= kind != PUSH_UPLOAD && kind != PUSH_LAYER;
			for (int die = push_at; may_be && die <= attempt.steps;
			     die += die < DECIDED ? 1 : 4)
				(void)try(kind, push_at, die);
		}
	}
}

/* Files of the same name that differ stay where they are, and both are named. */
static void test_what_cannot_be_joined_is_named(void **state)
{
	struct empty_world world = new_world();
	struct empty_removal removal = { .layout = world.layout };
	struct err err = { 0 };

	(void)state;
	empty_world_make(&world, REPOSITORY, "_manifests/tags/v1/current/link=sha256:" HEX_B);
	empty_world_make(&world, REPOSITORY,
			 LAYOUT_HIDDEN "_manifests/tags/v1/current/link=sha256:" HEX_A);
	empty_world_make(&world, REPOSITORY,
			 LAYOUT_HIDDEN "_manifests/tags/v2/current/link=sha256:" HEX_A);
	assert_int_equal(empty_recover(&removal, REPOSITORY, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.msg, REPOSITORY "/" LAYOUT_HIDDEN "_manifests could not be put "
						   "back as _manifests (link: File exists)"));
	assert_true(empty_world_has(&world, REPOSITORY,
				    LAYOUT_HIDDEN "_manifests/tags/v1/current/link"));
	assert_true(empty_world_has(&world, REPOSITORY, "_manifests/tags/v1/current/link"));
	assert_true(empty_world_has(&world, REPOSITORY, "_manifests/tags/v2/current/link"));
	empty_world_free(&world);
}

/* Decided, but something is in it that nobody judged. */
static void test_what_is_not_understood_is_put_back(void **state)
{
	static const char *const SPECS[] = {
		LAYOUT_GONE REVISION HEX_A "/link=sha256:" HEX_A,
		LAYOUT_GONE "_layers/notes=x",
		LAYOUT_GONE LAYER HEX_A "/link>/etc/passwd",
		LAYOUT_GONE "_uploads/1/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof SPECS / sizeof *SPECS; i++) {
		struct empty_world world = empty_world_new();
		struct empty_removal removal = { .layout = world.layout };
		size_t at = strcspn(SPECS[i], "=>");
		CLEANUP(free_p) char *path = xstrndup(SPECS[i], at);
		struct err err = { 0 };

		empty_world_make(&world, REPOSITORY, LAYOUT_GONE LAYER HEX_A "/");
		empty_world_make(&world, REPOSITORY, LAYOUT_GONE LAYER HEX_B "/link=sha256:" HEX_B);
		empty_world_make(&world, REPOSITORY, SPECS[i]);
		assert_int_equal(empty_recover(&removal, REPOSITORY, &err), -1);
		assert_true(empty_world_has(&world, REPOSITORY, path + strlen(LAYOUT_GONE)));
		assert_true(empty_world_has(&world, REPOSITORY, LAYER HEX_B "/link"));
		assert_false(has_remains(&world));
		empty_world_free(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_folders_above_go_while_they_are_empty),
		cmocka_unit_test(test_killed_at_every_step),
		cmocka_unit_test(test_disturbed_at_every_step),
		cmocka_unit_test(test_what_cannot_be_joined_is_named),
		cmocka_unit_test(test_what_is_not_understood_is_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
