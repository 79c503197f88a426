/* The file that says how many images to keep in which repository. */
#include "list_text.h"
#include "lists/keep_counts.h"
#include "temporary.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void files_are_read_as_people_write_them(void **state)
{
	static const char *const texts[] = {
		"mysql 5\nteam/app 0\n",
		"\xef\xbb\xbfmysql 5\r\nteam/app\t0\r\n",
		"# keep\n\n mysql   005 # five\n#x 1\nteam/app 0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct notes faults = { 0 };
		struct keep_counts *file =
			keep_counts_parse("/repos", texts[i], strlen(texts[i]), &faults);

		assert_notes(&faults, "");
		assert_non_null(file);
		assert_int_equal(keep_counts_count(file), 2);
		assert_string_equal(keep_counts_name(file, 0), "mysql");
		assert_string_equal(keep_counts_name(file, 1), "team/app");
		assert_int_equal(keep_counts_keep(file, "mysql"), 5);
		assert_int_equal(keep_counts_keep(file, "team/app"), 0);
		assert_int_equal(keep_counts_keep(file, "team"), -1);
		assert_int_equal(keep_counts_keep(file, ""), -1);
		keep_counts_free(file);
	}
	keep_counts_free(NULL);
}

static void faults_name_their_lines(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ "", "/repos: lists no repository" },
		{ "#a 1\n", "/repos: lists no repository" },
		{ "a 1\nb\n",
		  "/repos: line 2: expected a repository and the number of images to keep" },
		{ "a 1 2",
		  "/repos: line 1: expected a repository and the number of images to keep" },
		{ "a -1\nb x\n\nc 1.5",
		  "/repos: line 1: \"-1\" is no number of images, 0 to 1000000000\n"
		  "/repos: line 2: \"x\" is no number of images, 0 to 1000000000\n"
		  "/repos: line 4: \"1.5\" is no number of images, 0 to 1000000000" },
		{ "a 1000000001",
		  "/repos: line 1: \"1000000001\" is no number of images, 0 to 1000000000" },
		{ "a 99999999999999999999999",
		  "/repos: line 1: \"99999999999999999999999\" is no number of images, 0 to "
		  "1000000000" },
		{ "a 1\nb 1\r\na 1", "/repos: line 3: a is on line 1 already" },
		{ "App 1", "/repos: line 1: \"App\" can be no repository: small letters, digits, "
			   "'.', '_', '-' and '/'" },
		{ "host:5000/app 1", "/repos: line 1: \"host:5000/app\" can be no repository: "
				     "small letters, digits, '.', '_', '-' and '/'" },
		{ "a 1\x7f", "/repos: line 1: NUL or another control character" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct notes faults = { 0 };

		print_message("# %s\n", cases[i].text);
		assert_null(
			keep_counts_parse("/repos", cases[i].text, strlen(cases[i].text), &faults));
		assert_notes(&faults, cases[i].faults);
	}
}

static void numbers_reach_to_their_limit(void **state)
{
	static const char text[] = "a 1000000000";
	struct notes faults = { 0 };
	struct keep_counts *file = keep_counts_parse("/repos", text, strlen(text), &faults);

	(void)state;
	assert_int_equal(keep_counts_keep(file, "a"), 1000000000);
	keep_counts_free(file);
}

static void only_files_that_nobody_else_can_write_are_read(void **state)
{
	char *folder = temporary_folder();
	CLEANUP(free_p) char *path = xasprintf("%s/repos", folder);
	CLEANUP(free_p) char *absent = xasprintf("%s: No such file or directory", path);
	CLEANUP(free_p)
	char *open = xasprintf("%s: it can be written by others than its owner; run: chmod go-w %s",
			       path, path);
	struct notes faults = { 0 };
	struct keep_counts *file;

	(void)state;
	assert_null(keep_counts_load(path, &faults));
	assert_notes(&faults, absent);
	temporary_text(folder, "repos", "mysql 5\n");
	assert_int_equal(chmod(path, 0664), 0);
	assert_null(keep_counts_load(path, &faults));
	assert_notes(&faults, open);
	assert_int_equal(chmod(path, 0644), 0);
	file = keep_counts_load(path, &faults);
	assert_notes(&faults, "");
	assert_int_equal(keep_counts_keep(file, "mysql"), 5);
	keep_counts_free(file);
	temporary_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_people_write_them),
		cmocka_unit_test(faults_name_their_lines),
		cmocka_unit_test(numbers_reach_to_their_limit),
		cmocka_unit_test(only_files_that_nobody_else_can_write_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
