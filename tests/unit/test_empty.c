/* Which repositories are empty and idle, and what speaks against it. */
#include "empty_world.h"

#include <fcntl.h>

#define SPECS_MAX 4

struct judge_case {
	const char *what;
	const char *specs[SPECS_MAX]; /* besides what an empty repository has */
	enum empty_state state;
	const char *reason; /* part of it */
};

static const struct judge_case CASES[] = {
	{ "as 2.x leaves it", { NULL }, EMPTY_IDLE, "" },
	{ "a nested repository", { "nested/_manifests/tags/v1/current/link=x" }, EMPTY_IDLE, "" },
	{ "a nested folder", { "nested/" }, EMPTY_IDLE, "" },
	{ "a layer's folder without its link", { LAYER HEX_A "/" }, EMPTY_IDLE, "" },
	{ "a layer by SHA-512",
	  { "_layers/sha512/" HEX_A HEX_B "/link=sha512:" HEX_A HEX_B },
	  EMPTY_IDLE,
	  "" },
	{ "a layer pushed by SHA-512",
	  { "_layers/sha512/" HEX_A HEX_B "/link=sha256:" HEX_A },
	  EMPTY_IDLE,
	  "" },
	{ "a layer by SHA-512 whose link names another of it",
	  { "_layers/sha512/" HEX_A HEX_B "/link=sha512:" HEX_B HEX_B },
	  EMPTY_STRANGE,
	  "is broken" },
	{ "a manifest",
	  { REVISION HEX_A "/link=sha256:" HEX_A },
	  EMPTY_HELD,
	  "the manifest sha256:" HEX_A },
	{ "a manifest with a broken link", { REVISION HEX_A "/link=" }, EMPTY_HELD, "manifest" },
	{ "a manifest being written", { REVISION HEX_A "/link.1.tmp=x" }, EMPTY_STRANGE, "link.1" },
	{ "a tag", { "_manifests/tags/v1/current/link=x" }, EMPTY_HELD, "the tag v1" },
	{ "a tag without a link", { "_manifests/tags/v1/index/" }, EMPTY_HELD, "the tag v1" },
	{ "an empty tag", { "_manifests/tags/v1/" }, EMPTY_HELD, "the tag v1" },
	{ "a file among the tags", { "_manifests/tags/v1=x" }, EMPTY_HELD, "the tag v1" },
	{ "an upload", { "_uploads/1/data=x" }, EMPTY_HELD, "an upload" },
	{ "an upload that just began", { "_uploads/1/" }, EMPTY_HELD, "an upload" },
	{ "a file among the uploads", { "_uploads/x=" }, EMPTY_HELD, "an upload" },
	{ "an empty link of a layer", { LAYER HEX_A "/link=" }, EMPTY_STRANGE, "is broken" },
	{ "a layer's link to another",
	  { LAYER HEX_A "/link=sha256:" HEX_B },
	  EMPTY_STRANGE,
	  "is broken" },
	{ "a layer's link with a newline",
	  { LAYER HEX_A "/link=sha256:" HEX_A "\n" },
	  EMPTY_STRANGE,
	  "is broken" },
	{ "a layer's link that is a folder", { LAYER HEX_A "/link/" }, EMPTY_STRANGE, "no file" },
	{ "a layer's link that is a link",
	  { LAYER HEX_A "/", LAYER HEX_A "/link>/etc/passwd" },
	  EMPTY_STRANGE,
	  "no file" },
	{ "something beside a layer's link", { LAYER HEX_B "/data=x" }, EMPTY_STRANGE, "data" },
	{ "a layer's folder with an odd name", { LAYER "abc/" }, EMPTY_STRANGE, "sha256:abc" },
	{ "a layer's folder in capitals",
	  { LAYER "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/" },
	  EMPTY_STRANGE,
	  "not known" },
	{ "an unknown algorithm", { "_layers/md5/" }, EMPTY_STRANGE, "md5" },
	{ "a file among the algorithms", { "_layers/sha512=x" }, EMPTY_STRANGE, "sha512" },
	{ "a link among the layers", { LAYER HEX_A ">" HEX_B }, EMPTY_STRANGE, HEX_A },
	{ "something else in _manifests", { "_manifests/notes/" }, EMPTY_STRANGE, "notes" },
	{ "a file in _manifests", { "_manifests/notes=x" }, EMPTY_STRANGE, "notes" },
	{ "a file in its folder", { "notes=x" }, EMPTY_STRANGE, "notes" },
	{ "a link to a nested repository", { "nested>../other" }, EMPTY_STRANGE, "nested" },
	{ "another folder of a registry", { "_referrers/" }, EMPTY_STRANGE, "_referrers" },
	{ "what an interrupted removal left",
	  { LAYOUT_HIDDEN "_layers/" },
	  EMPTY_STRANGE,
	  "hidden" },
	{ "of two reasons the worse",
	  { "_manifests/tags/v1/", "notes=x" },
	  EMPTY_STRANGE,
	  "notes" },
};

static void assert_verdict(const struct empty_verdict *verdict, enum empty_state state,
			   const char *reason)
{
	if (verdict->state != state || !strstr(verdict->reason, reason))
		print_message("# state %d: %s\n", (int)verdict->state, verdict->reason);
	assert_int_equal(verdict->state, state);
	assert_non_null(strstr(verdict->reason, reason));
	assert_int_equal(*verdict->reason == '\0', state == EMPTY_IDLE);
}

static void test_what_is_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const struct judge_case *row = &CASES[i];
		struct empty_world world = empty_world_new();
		struct empty_verdict verdict;

		print_message("# %s\n", row->what);
		empty_world_empty(&world, "team/app");
		for (size_t s = 0; s < SPECS_MAX && row->specs[s]; s++)
			empty_world_make(&world, "team/app", row->specs[s]);
		verdict = empty_judge(world.layout, "team/app", empty_world_soon());
		assert_verdict(&verdict, row->state, row->reason);
		empty_world_free(&world);
	}
}

static void test_parts_that_are_not_there(void **state)
{
	struct empty_world world = empty_world_new();
	struct empty_verdict verdict;

	(void)state;
	empty_world_make(&world, "layers", "_layers/");
	verdict = empty_judge(world.layout, "layers", empty_world_soon());
	assert_verdict(&verdict, EMPTY_IDLE, "");
	empty_world_make(&world, "manifests", "_manifests/");
	verdict = empty_judge(world.layout, "manifests", empty_world_soon());
	assert_verdict(&verdict, EMPTY_IDLE, "");
	empty_world_make(&world, "none", "nested/_layers/");
	verdict = empty_judge(world.layout, "none", empty_world_soon());
	assert_verdict(&verdict, EMPTY_STRANGE, "no folder of a repository");
	verdict = empty_judge(world.layout, "absent", empty_world_soon());
	assert_verdict(&verdict, EMPTY_STRANGE, "No such file");
	empty_world_free(&world);
}

static void test_names_that_lead_elsewhere(void **state)
{
	static const char *const NAMES[] = { "",        ".",    "..",   "../blobs", "a/../b",
					     "_layers", "/etc", "a//b", "a/" };
	struct empty_world world = empty_world_new();

	(void)state;
	empty_world_empty(&world, "a");
	empty_world_empty(&world, "b");
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		struct empty_verdict verdict =
			empty_judge(world.layout, NAMES[i], empty_world_soon());

		assert_verdict(&verdict, EMPTY_STRANGE, "no name of a repository");
	}
	empty_world_free(&world);
}

static void test_links_to_repositories(void **state)
{
	static const char *const NAMES[] = { "link", "to/b" };
	struct empty_world world = empty_world_new();

	(void)state;
	empty_world_empty(&world, "a");
	empty_world_empty(&world, "deep/b");
	empty_world_make(&world, ".", "link>a");
	empty_world_make(&world, ".", "to>deep");
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		struct empty_verdict verdict =
			empty_judge(world.layout, NAMES[i], empty_world_soon());

		assert_verdict(&verdict, EMPTY_STRANGE, "cannot be opened");
	}
	empty_world_make(&world, "c", "_manifests/");
	empty_world_make(&world, "c", "_layers>../a/_layers");
	assert_int_equal(empty_judge(world.layout, "c", empty_world_soon()).state, EMPTY_STRANGE);
	empty_world_free(&world);
}

static void touch(const struct empty_world *world, const char *path, int64_t seconds)
{
	CLEANUP(free_p) char *whole = empty_world_path(world, "a", path);
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, whole, times, 0), 0);
}

/* Each of these alone makes it young by its mtime, and not by the ctime that this changes. */
static void test_youngest_counts(void **state)
{
	static const char *const PATHS[] = { "_manifests",   "_manifests/tags",   REVISION,
					     REVISION HEX_A, "_layers",           LAYER,
					     LAYER HEX_B,    LAYER HEX_B "/link", "_uploads" };

	(void)state;
	for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
		struct empty_world world = empty_world_new();
		int64_t future = empty_world_soon() + HOUR;
		struct empty_verdict verdict;

		empty_world_empty(&world, "a");
		touch(&world, PATHS[i], future);
		verdict = empty_judge(world.layout, "a", future - 1);
		assert_verdict(&verdict, EMPTY_YOUNG, "was written or changed at");
		assert_int_equal(verdict.youngest, future * 1000000000);
		verdict = empty_judge(world.layout, "a", future);
		assert_verdict(&verdict, EMPTY_IDLE, "");
		empty_world_free(&world);
	}
}

/* A copy keeps mtimes, and has young ctimes. */
static void test_changed_lately(void **state)
{
	static const char *const PATHS[] = { "_manifests",
					     "_manifests/tags",
					     REVISION,
					     "_manifests/revisions",
					     REVISION HEX_A,
					     "_layers",
					     LAYER,
					     LAYER HEX_B,
					     LAYER HEX_B "/link",
					     LAYER HEX_C,
					     LAYER HEX_C "/link",
					     "_uploads" };
	struct empty_world world = empty_world_new();
	struct empty_verdict verdict;

	(void)state;
	empty_world_empty(&world, "a");
	for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
		touch(&world, PATHS[i], 1000);
	verdict = empty_judge(world.layout, "a", (int64_t)time(NULL) - HOUR);
	assert_verdict(&verdict, EMPTY_YOUNG, "was written or changed at");
	empty_world_free(&world);
}

/* As nobody, whom root's rights do not help. */
static int judge_as_nobody(const struct empty_world *world)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
			_exit(99);
		_exit((int)empty_judge(world->layout, "a", empty_world_soon()).state);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_what_cannot_be_read(void **state)
{
	static const char *const PATHS[] = { "_manifests", "_manifests/tags",   REVISION HEX_A,
					     LAYER HEX_B,  LAYER HEX_B "/link", "_uploads",
					     "." };

	(void)state;
	for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
		struct empty_world world = empty_world_new();
		CLEANUP(free_p) char *path = empty_world_path(&world, "a", PATHS[i]);

		empty_world_empty(&world, "a");
		assert_int_equal(judge_as_nobody(&world), EMPTY_IDLE);
		assert_int_equal(chmod(path, 0), 0);
		assert_int_equal(judge_as_nobody(&world), EMPTY_STRANGE);
		assert_int_equal(chmod(path, 0700), 0);
		empty_world_free(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_empty),
		cmocka_unit_test(test_parts_that_are_not_there),
		cmocka_unit_test(test_names_that_lead_elsewhere),
		cmocka_unit_test(test_links_to_repositories),
		cmocka_unit_test(test_youngest_counts),
		cmocka_unit_test(test_changed_lately),
		cmocka_unit_test(test_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
