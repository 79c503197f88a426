/* A folder of a test's own, in which it works, and streams that go to files there. */
#ifndef TESTS_LOG_FOLDER_H
#define TESTS_LOG_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char log_folder[] = "/tmp/test_log.XXXXXX";

static inline int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(log_folder) && chdir(log_folder) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(log_folder) : -1;
}

static inline void redirect(int fd, const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (file < 0 || dup2(file, fd) != fd)
		_exit(100);
	close(file);
}

/* FUNCTION in a process of its own, which has no other file open; returns its wait status. */
static inline int log_run_apart(void (*function)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		close_range(STDERR_FILENO + 1, ~0U, 0);
		redirect(STDOUT_FILENO, "out");
		redirect(STDERR_FILENO, "errors");
		function();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

#endif
