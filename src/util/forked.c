/* Forks without an exec, and waits for the end. */
#include "util/forked.h"

#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noreturn)) static void become(int (*work)(void *ctx), void *ctx)
{
	int code;

	setpgid(0, 0);
	code = work(ctx);
	(void)fflush(NULL);
	_exit(code);
}

int forked_start(struct forked *child, int (*work)(void *ctx), void *ctx)
{
	int number;

	*child = (struct forked){ .pid = fork(), .pidfd = -1 };
	if (child->pid < 0)
		return -1;
	if (child->pid == 0)
		become(work, ctx);
	/* Both sides do it: whoever comes first. */
	(void)setpgid(child->pid, child->pid);
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd >= 0)
		return 0;
	number = errno;
	(void)kill(child->pid, SIGKILL);
	(void)waitpid(child->pid, NULL, 0);
	errno = number;
	return -1;
}

int forked_end(struct forked *child, int *signal)
{
	int status = 0;

	if (waitpid(child->pid, &status, 0) != child->pid)
		die_internal("waitpid: %s", strerror(errno));
	file_close(&child->pidfd);
	*signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
}
