/* util/sweep: what a kill left of new files goes, and nothing else. */
#include "util/sweep.h"

#include "temporary.h"
#include "util/file.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

static char *folder;

static int set_up(void **state)
{
	(void)state;
	folder = temporary_folder();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	temporary_remove(folder);
	return 0;
}

static bool is_there(const char *name)
{
	CLEANUP(free_p) char *path = xasprintf("%s/%s", folder, name);
	struct stat status;

	return lstat(path, &status) == 0;
}

/* A process that begins to write NAME and is killed, once it has or (AT_ONCE false) by the caller.
 */
static pid_t begin(const char *name, bool at_once)
{
	CLEANUP(free_p) char *path = xasprintf("%s/%s", folder, name);
	int ready[2], status;
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct file_new file;
		struct err err;

		if (file_new_open(&file, path, 0600, &err) != 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	if (at_once) {
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
	}
	return child;
}

static unsigned count(void)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry = NULL;
	unsigned found = 0;

	assert_non_null(entries);
	while ((entry = readdir(entries)))
		found += entry->d_name[0] != '.';
	closedir(entries);
	return found;
}

static void what_a_kill_left_goes(void **state)
{
	(void)state;
	begin("debts", true);
	begin("cache", true);
	begin("debts", true);
	assert_int_equal(count(), 3);
	sweep_folder(folder, "cache");
	assert_int_equal(count(), 2);
	sweep_folder(folder, "deb");
	sweep_folder(folder, "debts2");
	assert_int_equal(count(), 2);
	sweep_folder(folder, NULL);
	assert_int_equal(count(), 0);
}

static void beside_a_file_only_its_own_go(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/report.json", folder);

	(void)state;
	begin("report.json", true);
	begin("other.json", true);
	sweep_beside(path);
	assert_int_equal(count(), 1);
	assert_int_equal(chdir(folder), 0);
	sweep_beside("other.json");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(count(), 0);
}

static void what_is_being_written_stays(void **state)
{
	pid_t child = begin("report", false);
	int status;

	(void)state;
	sweep_folder(folder, NULL);
	assert_int_equal(count(), 1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	sweep_folder(folder, NULL);
	assert_int_equal(count(), 0);
}

static void what_was_not_begun_here_stays(void **state)
{
	static const char *const NAMES[] = {
		"report.json",
		"report.json.backup",
		"report.json.123456",
		"report.clean-registry-12345",
		"report.clean-registry-1234567",
		"report.clean-registry-12345_",
		".clean-registry-123456",
	};
	CLEANUP(free_p) char *link = xasprintf("%s/link.clean-registry-123456", folder);
	CLEANUP(free_p) char *own = xasprintf("%s/folder.clean-registry-123456", folder);
	CLEANUP(free_p) char *strange = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		temporary_write(folder, NAMES[i], "x", 1);
	assert_int_equal(symlink("report.json", link), 0);
	assert_int_equal(mkdir(own, 0700), 0);
	if (geteuid() == 0) {
		temporary_write(folder, "strange.clean-registry-123456", "x", 1);
		strange = xasprintf("%s/strange.clean-registry-123456", folder);
		assert_int_equal(chown(strange, NOBODY, NOBODY), 0);
	}
	sweep_folder(folder, NULL);
	sweep_folder("/nowhere", NULL);
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		assert_true(is_there(NAMES[i]));
	assert_true(is_there("link.clean-registry-123456"));
	assert_true(is_there("folder.clean-registry-123456"));
	if (geteuid() == 0)
		assert_true(is_there("strange.clean-registry-123456"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_kill_left_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(beside_a_file_only_its_own_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_being_written_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_not_begun_here_stays, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
