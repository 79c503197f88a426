/* Which file is read, who may own and write it, and what depends on the user. */
#include "config_file.h"

#include <sys/wait.h>

/* FORMAT has one %s for the path of the file. */
static void assert_file_notes(const struct notes *notes, const char *format)
{
	CLEANUP(free_p) char *before = xstrdup(format);
	char *at = strchr(before, '@');
	struct buf wanted = { 0 };
	const char *from = before;

	for (; at; from = at + 1, at = strchr(from, '@')) {
		buf_add(&wanted, from, (size_t)(at - from));
		buf_text(&wanted, file);
	}
	buf_text(&wanted, from);
	assert_notes(notes, buf_string(&wanted));
	buf_free(&wanted);
}

static void the_file_is_not_writable_by_others(void **state)
{
	static const char text[] =
		"{\"registry\":{\"url\":\"http://h\",\"container\":\"c\","
		"\"user\":\"u\",\"password\":\"s3cret\"}," CLEANUP_ "," PATHS "}";
	static const struct {
		mode_t mode;
		const char *faults, *warnings;
	} cases[] = {
		{ 0600, "", "" },
		{ 0400, "", "" },
		{ 0640, "", "" },
		{ 0644, "", "registry.password: everybody can read it; run: chmod o-r @" },
		{ 0604, "", "registry.password: everybody can read it; run: chmod o-r @" },
		{ 0620, "@: it can be written by others than its owner; run: chmod go-w @", "" },
		{ 0602, "@: it can be written by others than its owner; run: chmod go-w @", "" },
		{ 0666, "@: it can be written by others than its owner; run: chmod go-w @", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded loaded;

		write_file(text, sizeof text - 1, cases[i].mode);
		loaded = load_file(file);
		print_message("# mode %o\n", (unsigned)cases[i].mode);
		assert_file_notes(&loaded.faults, cases[i].faults);
		assert_file_notes(&loaded.warnings, cases[i].warnings);
		clear(&loaded);
	}
}

static void without_a_password_everybody_may_read_it(void **state)
{
	static const char text[] = "{" REGISTRY "," CLEANUP_ "," PATHS "}";
	struct loaded loaded;

	(void)state;
	write_file(text, sizeof text - 1, 0644);
	loaded = load_file(file);
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	clear(&loaded);
}

static void other_kinds_of_files_are_refused(void **state)
{
	struct loaded loaded;
	CLEANUP(free_p) char *wanted = NULL;

	(void)state;
	loaded = load_file(folder);
	wanted = xasprintf("%s: not a regular file", folder);
	assert_notes(&loaded.faults, wanted);
	clear(&loaded);

	unlink(file);
	loaded = load_file(file);
	assert_file_notes(&loaded.faults, "@: No such file or directory");
	clear(&loaded);

	/* A pipe nobody writes to must not block. */
	assert_int_equal(mkfifo(file, 0600), 0);
	loaded = load_file(file);
	assert_file_notes(&loaded.faults, "@: not a regular file");
	clear(&loaded);
	unlink(file);
}

static void a_long_file_is_refused(void **state)
{
	size_t length = 1024 * 1024 + 1;
	char *text = test_malloc(length);
	struct loaded loaded;

	(void)state;
	memset(text, ' ', length);
	write_file(text, length, 0600);
	loaded = load_file(file);
	assert_notes(&loaded.faults, "line 1: the text is longer than 1048576 bytes");
	clear(&loaded);
	test_free(text);
}

/* Runs CHECK in a child, where it may become another user or change the environment. */
static void in_a_child(void (*check)(void))
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		check();
		_exit(0);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect(bool good, int number)
{
	if (!good)
		_exit(number);
}

static void check_strangers_file(void)
{
	struct loaded loaded;

	expect(chown(file, 4711, 0) == 0, 1);
	loaded = load_file(file);
	expect(loaded.status == -1 && loaded.faults.count == 1, 2);
	expect(strstr(loaded.faults.lines[0],
		      ": it must belong to root or to the user who runs this") != NULL,
	       3);
	clear(&loaded);
	/* The stranger may use it. */
	expect(seteuid(4711) == 0, 4);
	loaded = load_file(file);
	expect(loaded.status == 0, 5);
	clear(&loaded);
}

static void a_strangers_file_is_refused(void **state)
{
	static const char text[] = "{" REGISTRY "," CLEANUP_ "," PATHS "}";

	(void)state;
	assert_int_equal(geteuid(), 0);
	assert_int_equal(chmod(folder, 0711), 0);
	write_file(text, sizeof text - 1, 0600);
	in_a_child(check_strangers_file);
	assert_int_equal(chown(file, 0, 0), 0);
}

static void expect_state(const char *wanted, int number)
{
	struct loaded loaded = load_file(file);

	expect(loaded.status == 0 && strcmp(loaded.config.paths.state, wanted) == 0, number);
	clear(&loaded);
}

static void check_state_folder(void)
{
	setenv("XDG_STATE_HOME", "/x", 1);
	expect_state("/var/lib/clean-registry", 1);
	expect(seteuid(4711) == 0, 2);
	expect_state("/x/clean-registry", 3);
	setenv("HOME", "/h", 1);
	setenv("XDG_STATE_HOME", "relative", 1);
	expect_state("/h/.local/state/clean-registry", 4);
	unsetenv("XDG_STATE_HOME");
	expect_state("/h/.local/state/clean-registry", 5);
}

static void check_no_home(void)
{
	struct loaded loaded;

	expect(seteuid(4711) == 0, 1);
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	loaded = load_file(file);
	expect(loaded.status == -1 && loaded.faults.count == 1, 2);
	expect(strcmp(loaded.faults.lines[0],
		      "paths.state: required, because this user has no home folder") == 0,
	       3);
	clear(&loaded);
}

static void the_state_folder_depends_on_the_user(void **state)
{
	static const char text[] = "{" REGISTRY "," CLEANUP_ "," PATHS "}";

	(void)state;
	assert_int_equal(geteuid(), 0);
	assert_int_equal(chmod(folder, 0711), 0);
	write_file(text, sizeof text - 1, 0644);
	in_a_child(check_state_folder);
	in_a_child(check_no_home);
}

static void check_default_path(void)
{
	expect(chdir(folder) == 0, 1);
	expect(strcmp(config_default_path(), "./config.json") == 0, 2);
	expect(unlink("config.json") == 0, 3);
	if (access(SYSCONFDIR "/clean-registry/config.json", F_OK) == 0)
		expect(strcmp(config_default_path(), SYSCONFDIR "/clean-registry/config.json") == 0,
		       4);
	else
		expect(config_default_path() == NULL, 5);
}

static void the_folder_one_is_in_comes_first(void **state)
{
	(void)state;
	write_file("{}", 2, 0600);
	in_a_child(check_default_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_is_not_writable_by_others),
		cmocka_unit_test(without_a_password_everybody_may_read_it),
		cmocka_unit_test(other_kinds_of_files_are_refused),
		cmocka_unit_test(a_long_file_is_refused),
		cmocka_unit_test(a_strangers_file_is_refused),
		cmocka_unit_test(the_state_folder_depends_on_the_user),
		cmocka_unit_test(the_folder_one_is_in_comes_first),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
