/* What the collector's lines say: those of 2.x and of 3.x. */
#include "gc/gc.h"

#include "forecast/collector_marks.h"
#include "util/strtab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

#define MARKS_A(repository) (repository ": marking manifest " A " ")

static struct gc_result new_result(void)
{
	return (struct gc_result){ .removed = strtab_new(),
				   .marks = collector_marks_new(),
				   .repositories = strtab_new(),
				   .held = strtab_new() };
}

static void manifests_are_marked_by_repository(void **state)
{
	struct gc_result result = new_result();

	(void)state;
	assert_false(gc_read_line("team/app", NULL, &result));
	/* Each version ends this line with a blank. */
	assert_false(gc_read_line("team/app: marking manifest " A " ", NULL, &result));
	assert_false(gc_read_line("team/app: marking manifest " A, NULL, &result));
	assert_false(gc_read_line("other: marking manifest " A " ", NULL, &result));
	assert_false(gc_read_line("team/app: marking blob " B, NULL, &result));
	assert_false(gc_read_line("other: marking manifest sha256:12 ", NULL, &result));
	assert_int_equal(collector_marks_count(result.marks), 2);
	assert_string_equal(collector_marks_repository(result.marks, 1), "other");
	assert_string_equal(collector_marks_digest(result.marks, 1), A);
	assert_true(collector_marks_has(result.marks, "team/app", A));
	assert_false(collector_marks_has(result.marks, "team/app", B));
	assert_false(collector_marks_has(result.marks, "team", A));
	assert_int_equal(collector_marks_holders(result.marks, A), 2);
	assert_int_equal(collector_marks_holders(result.marks, B), 0);
	gc_result_clear(&result);
}

static void repositories_stand_alone_or_before_a_manifest(void **state)
{
	static const char *const LINES[] = {
		"app",
		MARKS_A("app"),
		MARKS_A("team/other"),
		"empty",
		"Not A Name",
		"",
		"app: marking blob x",
		"no/manifest: marking manifest x",
	};
	static const char *const NAMES[] = { "app", "team/other", "empty" };
	struct gc_result result = new_result();

	(void)state;
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
		assert_false(gc_read_line(LINES[i], NULL, &result));
	assert_int_equal(strtab_count(result.repositories), sizeof NAMES / sizeof *NAMES);
	for (uint32_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		assert_string_equal(strtab_text(result.repositories, i), NAMES[i]);
	gc_result_clear(&result);
}

static void what_was_expected_to_go_and_is_marked_is_held(void **state)
{
	struct strtab *expected = strtab_new();
	struct gc_result result = new_result();

	(void)state;
	strtab_add(expected, A, strlen(A));
	strtab_add(expected, B, strlen(B));
	gc_read_line("app: marking manifest " A " ", expected, &result);
	gc_read_line("app: marking blob " B, expected, &result);
	gc_read_line("app: marking blob " C, expected, &result);
	assert_int_equal(strtab_count(result.held), 2);
	assert_int_not_equal(strtab_find(result.held, A, strlen(A)), STRTAB_NONE);
	assert_int_not_equal(strtab_find(result.held, B, strlen(B)), STRTAB_NONE);
	gc_result_clear(&result);
	strtab_free(expected);
}

static void what_goes_and_the_summary(void **state)
{
	struct gc_result result = new_result();

	(void)state;
	assert_false(gc_read_line("blob eligible for deletion: " A, NULL, &result));
	assert_false(gc_read_line("app: layer link eligible for deletion: " B, NULL, &result));
	assert_false(gc_read_line("manifest eligible for deletion: " C, NULL, &result));
	assert_true(gc_read_line("4 blobs marked, 5 blobs and 6 manifests eligible for deletion",
				 NULL, &result));
	assert_int_equal(result.blobs_deleted, 1);
	assert_int_equal(result.links_deleted, 1);
	assert_int_equal(result.blobs_marked, 4);
	assert_int_equal(result.manifests_deleted, 6);
	assert_true(gc_removed(&result, "any", A));
	assert_true(gc_removed(&result, "app", B));
	assert_false(gc_removed(&result, "other", B));
	assert_false(gc_removed(&result, "app", C));
	gc_result_clear(&result);
}

static void other_lines_say_nothing(void **state)
{
	static const char *const LINES[] = {
		"",
		":",
		": marking manifest ",
		"app: marking manifest",
		"5 blobs marked",
		"x 4 blobs marked, 5 blobs and 6 manifests eligible for deletion",
		"4 blobs marked, 5 blobs and x manifests eligible"
	};
	struct gc_result result = new_result();

	(void)state;
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
		assert_false(gc_read_line(LINES[i], NULL, &result));
	assert_int_equal(collector_marks_count(result.marks), 0);
	assert_int_equal(strtab_count(result.removed), 0);
	assert_int_equal(strtab_count(result.repositories), 0);
	gc_result_clear(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_are_marked_by_repository),
		cmocka_unit_test(repositories_stand_alone_or_before_a_manifest),
		cmocka_unit_test(what_was_expected_to_go_and_is_marked_is_held),
		cmocka_unit_test(what_goes_and_the_summary),
		cmocka_unit_test(other_lines_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
