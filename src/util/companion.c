/* As util/child.c starts one, but not waited for. */
#include "util/companion.h"

#include "util/file.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS 5000

/* What a full pipe would hold up is read, and its beginning kept. */
static void *read_output(void *ctx)
{
	struct companion *child = ctx;
	char chunk[4096];
	size_t kept = 0;
	ssize_t got;

	while ((got = read(child->output, chunk, sizeof chunk)) > 0 ||
	       (got < 0 && errno == EINTR)) {
		size_t more = got < 0 ? 0 : (size_t)got;

		if (more > sizeof child->said - 1 - kept)
			more = sizeof child->said - 1 - kept;
		memcpy(child->said + kept, chunk, more);
		kept += more;
	}
	return NULL;
}

/* FD's number, which is another one's to close now. */
static int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

struct ends {
	int input[2], output[2];
	int report[2]; /* the errno of a failed exec; ends when it succeeds */
};

static void close_ends(struct ends *ends)
{
	for (int i = 0; i < 2; i++) {
		file_close(&ends->input[i]);
		file_close(&ends->output[i]);
		file_close(&ends->report[i]);
	}
}

/* Between fork and exec: only what is safe there. A group of its own keeps a Ctrl-C away that is
 * meant for us. */
__attribute__((noreturn)) static void become(const char *const *argv, char *const *environment,
					     const struct ends *ends, pid_t parent)
{
	char *const *plain;
	int number;

	memcpy(&plain, &argv, sizeof plain);
	setpgid(0, 0);
	stop_signal_reset_in_child();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (dup2(ends->input[0], STDIN_FILENO) >= 0 && dup2(ends->output[1], STDOUT_FILENO) >= 0 &&
	    dup2(ends->output[1], STDERR_FILENO) >= 0)
		execvpe(plain[0], plain, environment);
	number = errno;
	if (write(ends->report[1], &number, sizeof number) < 0)
		_exit(126);
	_exit(127);
}

/* 0, or an errno. */
static int spawn(struct companion *child, const char *const *argv, char *const *environment,
		 struct ends *ends)
{
	pid_t parent = getpid();
	int number = 0;

	child->pid = fork();
	if (child->pid < 0)
		return errno;
	if (child->pid == 0)
		become(argv, environment, ends, parent);
	setpgid(child->pid, child->pid);
	file_close(&ends->report[1]);
	if (read(ends->report[0], &number, sizeof number) != (ssize_t)sizeof number)
		number = 0;
	if (number == 0) {
		child->pidfd = pidfd_open(child->pid, 0);
		number = child->pidfd < 0 ? errno : 0;
	}
	if (number != 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	return number;
}

int companion_start(struct companion *child, const char *const *argv, char *const *environment,
		    struct err *err)
{
	struct ends ends = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int number = 0;

	*child = (struct companion){ .pidfd = -1, .input = -1, .output = -1 };
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(ends.input, O_CLOEXEC) < 0 || pipe2(ends.output, O_CLOEXEC) < 0 ||
	    pipe2(ends.report, O_CLOEXEC) < 0)
		number = errno;
	else
		number = spawn(child, argv, environment, &ends);
	if (number == 0) {
		child->input = steal_fd(&ends.input[1]);
		child->output = steal_fd(&ends.output[0]);
	}
	close_ends(&ends);
	if (number != 0) {
		child->pid = 0;
		return err_set(err, ERR_IO, "%s: %s", argv[0],
			       number == ENOENT ? "command not found" : strerror(number));
	}
	child->reads = pthread_create(&child->reader, NULL, read_output, child) == 0;
	return 0;
}

bool companion_lives(const struct companion *child, int milliseconds)
{
	struct pollfd waits[] = { { .fd = child->pidfd, .events = POLLIN },
				  { .fd = stop_signal_fd(), .events = POLLIN } };

	return child->pid > 0 && (poll(waits, 2, milliseconds) <= 0 || !waits[0].revents);
}

void companion_end(struct companion *child)
{
	int64_t until = time_monotonic_ms() + END_MS;
	struct pollfd wait = { .fd = child->pidfd, .events = POLLIN };

	file_close(&child->input);
	if (child->pid > 0) {
		while (poll(&wait, 1, 100) <= 0 && time_monotonic_ms() < until)
			;
		if (!wait.revents)
			kill(-child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	if (child->reads)
		pthread_join(child->reader, NULL);
	file_close(&child->pidfd);
	file_close(&child->output);
	child->pid = 0;
	child->reads = false;
}
