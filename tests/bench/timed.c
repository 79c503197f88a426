/* Runs a command and prints its seconds, those of processor time as a user and in the kernel, and
 * its peak memory in KiB:
 *
 *   timed COMMAND [ARGUMENT]...
 *
 * A small program, because the kernel counts the memory of who starts a process as the process's
 * own. The command reads and prints nothing. Exit status 1 if it fails. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double duration(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	double began = seconds();
	struct rusage usage;
	pid_t child = argc > 1 ? fork() : -1;
	int status;

	if (child == 0) {
		int nothing = open("/dev/null", O_RDWR);

		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return 1;
	printf("%.6f %.6f %.6f %ld\n", seconds() - began, duration(usage.ru_utime),
	       duration(usage.ru_stime), usage.ru_maxrss);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}
