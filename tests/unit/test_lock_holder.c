/* util/lock_holder: who holds a lock of flock(2). */
#include "util/lock_holder.h"

#include "temporary.h"

#include <fcntl.h>
#include <sys/file.h>

static void only_an_exclusive_lock_on_that_file_counts(void **state)
{
	char *folder = temporary_folder();
	CLEANUP(free_p) char *path = xasprintf("%s/lock", folder);
	CLEANUP(free_p) char *other = xasprintf("%s/other", folder);
	struct err err = { 0 };
	long pid = 0;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int beside = open(other, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0 && beside >= 0);
	assert_int_equal(lock_holder_find(path, &pid, &err), 0);
	assert_int_equal(flock(beside, LOCK_EX), 0);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(lock_holder_find(path, &pid, &err), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(lock_holder_find(path, &pid, &err), 1);
	assert_int_equal(pid, getpid());
	/* A link leads to the same file. */
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(path, other), 0);
	assert_int_equal(lock_holder_find(other, &pid, &err), 1);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(lock_holder_find(path, &pid, &err), 0);
	close(beside);
	close(fd);
	temporary_remove(folder);
}

static void folders_are_locked_too(void **state)
{
	char *folder = temporary_folder();
	struct err err = { 0 };
	long pid = 0;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(lock_holder_find(folder, &pid, &err), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(lock_holder_find(folder, &pid, &err), 1);
	close(fd);
	temporary_remove(folder);
}

static void what_is_not_there_has_no_lock(void **state)
{
	struct err err = { 0 };
	long pid = 0;

	(void)state;
	assert_int_equal(lock_holder_find("/nowhere/lock", &pid, &err), 0);
	assert_int_equal(lock_holder_find("/dev/null/lock", &pid, &err), -1);
	assert_int_equal(err.kind, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_an_exclusive_lock_on_that_file_counts),
		cmocka_unit_test(folders_are_locked_too),
		cmocka_unit_test(what_is_not_there_has_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
