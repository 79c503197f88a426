/* One child: started without a shell, watched by one poll loop, ended with its group. */
#include "util/child.h"

#include "util/child_pipes.h"
#include "util/file.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS   2000 /* from TERM to KILL, and from KILL to giving up */
#define SILENCE_MS 200  /* after the end of the child: what its own children still say */
#define DRAIN_MS   2000 /* the same, when they do not stop talking */
#define NEVER      INT64_MAX

/* One of the child's two outputs. */
struct stream {
	int fd;      /* -1 after its end */
	size_t owed; /* bytes that the child itself left in the pipe when it ended */
	struct proc_sink sink;
};

enum stage { STAGE_RUNNING, STAGE_TERMINATED, STAGE_KILLED };

struct child {
	pid_t pid;
	int pidfd;
	struct stream streams[2];
	enum stage stage;
	enum proc_end end; /* why we ended it, from STAGE_TERMINATED on */
	int64_t next_at;   /* when the next stage begins; behind the last one we give up */
	bool ended;        /* only what is left in the pipes counts from here on */
	bool left;         /* abandoned and not killed */
	int64_t silent_at;
	int64_t drained_at;
	int64_t watch_at; /* when the watch is asked next */
	unsigned stops_before;
};

static void close_child(struct child *child)
{
	file_close(&child->pidfd);
	file_close(&child->streams[0].fd);
	file_close(&child->streams[1].fd);
}

/* Between fork and exec: only what is safe after a fork of a process with threads. The group comes
 * before the signals, so that no Ctrl-C meant for us arrives here. */
__attribute__((noreturn)) static void become(const char *const *argv,
					     const struct child_pipes *pipes)
{
	char *const *plain;
	int number;

	memcpy(&plain, &argv, sizeof plain);
	setpgid(0, 0);
	stop_signal_reset_in_child();
	/* Descriptors that we inherited ourselves are not close-on-exec: an old kernel leaves them.
	 */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (dup2(pipes->in, STDIN_FILENO) >= 0 && dup2(pipes->out[1], STDOUT_FILENO) >= 0 &&
	    dup2(pipes->errors[1], STDERR_FILENO) >= 0)
		execvp(plain[0], plain);
	number = errno;
	if (write(pipes->report[1], &number, sizeof number) < 0)
		_exit(126);
	_exit(127);
}

/* Waits for the exec: 0, or the errno of its failure. */
static int read_report(int fd)
{
	int number = 0;
	ssize_t got;

	do
		got = read(fd, &number, sizeof number);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof number ? number : 0;
}

/* Forks and execs; 0 or an errno. The reading ends of the pipes go to CHILD. */
static int spawn(struct child *child, const char *const *argv, struct child_pipes *pipes)
{
	int number;

	child->pid = fork();
	if (child->pid < 0)
		return errno;
	if (child->pid == 0)
		become(argv, pipes);
	/* Both sides do it: whoever comes first. */
	setpgid(child->pid, child->pid);
	file_close(&pipes->report[1]);
	number = read_report(pipes->report[0]);
	if (number == 0) {
		child->pidfd = pidfd_open(child->pid, 0);
		number = child->pidfd < 0 ? errno : 0;
	}
	if (number != 0) {
		kill(-child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		return number;
	}
	child->streams[0].fd = pipes->out[0];
	child->streams[1].fd = pipes->errors[0];
	pipes->out[0] = pipes->errors[0] = -1;
	return 0;
}

static int start(struct child *child, const struct proc_options *options, struct err *err)
{
	struct child_pipes pipes = {
		.in = -1, .out = { -1, -1 }, .errors = { -1, -1 }, .report = { -1, -1 }
	};
	int number;

	/* Ignored children, as some parents bequeath them, could not be waited for. */
	signal(SIGCHLD, SIG_DFL);
	child->stops_before = stop_signal_count();
	number =
		child_pipes_open(&pipes, options) < 0 ? errno : spawn(child, options->argv, &pipes);
	child_pipes_close(&pipes);
	if (number != 0)
		return proc_find_failed(options->argv[0], number, err);
	child->next_at = NEVER;
	if (options->timeout_seconds > 0)
		child->next_at = time_monotonic_ms() + (int64_t)options->timeout_seconds * 1000;
	child->watch_at = options->watch ? time_monotonic_ms() + options->watch_ms : NEVER;
	return 0;
}

/* TERM to the group, then KILL. WHY counts the first time only. */
static void next_stage(struct child *child, enum proc_end why)
{
	if (child->stage == STAGE_RUNNING)
		child->end = why;
	child->stage = child->stage == STAGE_RUNNING ? STAGE_TERMINATED : STAGE_KILLED;
	child->watch_at = NEVER;
	kill(-child->pid, child->stage == STAGE_TERMINATED ? SIGTERM : SIGKILL);
	child->next_at = time_monotonic_ms() + GRACE_MS;
}

/* It goes on without us. */
static void leave(struct child *child, enum proc_end why)
{
	child->end = why;
	child->left = true;
}

static void read_stream(struct child *child, struct stream *stream)
{
	char chunk[16 * 1024];
	ssize_t got = read(stream->fd, chunk, sizeof chunk);

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		stream->owed = 0;
		file_close(&stream->fd);
		return;
	}
	stream->owed -= (size_t)got < stream->owed ? (size_t)got : stream->owed;
	if (stream->sink.take)
		stream->sink.take(stream->sink.ctx, chunk, (size_t)got);
	child->silent_at = time_monotonic_ms() + SILENCE_MS;
}

static void note_end(struct child *child)
{
	int64_t now = time_monotonic_ms();

	child->ended = true;
	child->silent_at = now + SILENCE_MS;
	child->drained_at = now + DRAIN_MS;
	for (int i = 0; i < 2; i++) {
		int waiting = 0;

		if (child->streams[i].fd >= 0 &&
		    ioctl(child->streams[i].fd, FIONREAD, &waiting) == 0)
			child->streams[i].owed = (size_t)waiting;
	}
}

/* What the child left in its pipes is read in any case; what others say into them only for a while.
 * While we end the group its members have the time until KILL. */
static bool is_drained(const struct child *child, int64_t now)
{
	const struct stream *streams = child->streams;

	if (streams[0].fd < 0 && streams[1].fd < 0)
		return true;
	if (streams[0].owed > 0 || streams[1].owed > 0)
		return false;
	if (child->stage == STAGE_TERMINATED)
		return now >= child->next_at;
	return now >= child->silent_at || now >= child->drained_at;
}

static void check_stops(struct child *child, const struct proc_options *options)
{
	if (options->patience == 0 || child->stage != STAGE_RUNNING)
		return;
	if (stop_signal_count() - child->stops_before < options->patience)
		return;
	if (options->kill_when_abandoned)
		next_stage(child, PROC_ABANDONED);
	else
		leave(child, PROC_ABANDONED);
}

/* A signal that arrives while the watch asks others was read by them. */
static void ask_watch(struct child *child, const struct proc_options *options, int64_t now)
{
	if (child->ended || child->stage != STAGE_RUNNING || now < child->watch_at)
		return;
	if (!options->watch(options->ctx))
		next_stage(child, PROC_TIMEOUT);
	else
		child->watch_at = time_monotonic_ms() + options->watch_ms;
	check_stops(child, options);
}

static int wait_ms(const struct child *child, int64_t now)
{
	int64_t until = child->next_at < child->watch_at ? child->next_at : child->watch_at;

	if (child->ended && child->stage != STAGE_TERMINATED)
		until = child->silent_at < child->drained_at ? child->silent_at : child->drained_at;
	if (until <= now)
		return 0;
	/* A longer wait simply comes round again. */
	return until - now > 60000 ? 60000 : (int)(until - now);
}

static void wait_and_act(struct child *child, const struct proc_options *options, int64_t now)
{
	struct pollfd fds[] = {
		{ .fd = child->streams[0].fd, .events = POLLIN },
		{ .fd = child->streams[1].fd, .events = POLLIN },
		{ .fd = child->ended ? -1 : child->pidfd, .events = POLLIN },
		{ .fd = child->ended ? -1 : stop_signal_fd(), .events = POLLIN },
	};

	int ready = poll(fds, sizeof fds / sizeof fds[0], progress_wait(wait_ms(child, now)));

	progress_tick();
	if (ready <= 0)
		return;
	for (int i = 0; i < 2; i++) {
		if (fds[i].revents)
			read_stream(child, &child->streams[i]);
	}
	if (fds[2].revents)
		note_end(child);
	else if (fds[3].revents)
		check_stops(child, options);
}

/* Returns when the child and its output have ended, or when it is left to itself. A time that is
 * over counts only after one more look whether the child has ended: we may have been held up. */
static void supervise(struct child *child, const struct proc_options *options)
{
	while (!child->left) {
		int64_t now = time_monotonic_ms();

		if (child->ended && is_drained(child, now))
			return;
		wait_and_act(child, options, now);
		ask_watch(child, options, now);
		if (child->ended || child->left || now < child->next_at)
			continue;
		if (child->stage == STAGE_KILLED)
			return;
		if (options->leave_at_timeout && child->stage == STAGE_RUNNING)
			leave(child, PROC_TIMEOUT);
		else
			next_stage(child, PROC_TIMEOUT);
	}
}

/* A child that is left running would die of a closed pipe at its next word, and a collector that
 * dies halfway is what leaving it shall prevent. So a process that holds nothing but the pipes
 * reads them empty until they end. */
static void drain_in_background(const struct child *child)
{
	struct pollfd fds[] = { { .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	char chunk[4096];

	if (fork() != 0)
		return;
	setsid();
	stop_signal_reset_in_child();
	for (int i = 0; i < 2; i++)
		fds[i].fd = dup2(child->streams[i].fd, i);
	close_range(2, ~0U, 0);
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		poll(fds, 2, -1);
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd >= 0 && fds[i].revents && read(i, chunk, sizeof chunk) <= 0)
				fds[i].fd = -1;
		}
	}
	_exit(0);
}

/* Whether more may come than was read. We may have been held up before we saw the end. */
static bool goes_on(const struct stream *stream)
{
	struct pollfd left = { .fd = stream->fd, .events = POLLIN };

	return stream->fd >= 0 && !(poll(&left, 1, 0) == 1 && left.revents == POLLHUP);
}

static void reap(const struct child *child, struct proc_result *result)
{
	int status = 0;

	*result = (struct proc_result){ .goes_on = goes_on(&child->streams[0]) };
	if (child->stage != STAGE_RUNNING) {
		/* Members of the group that outlived TERM. */
		kill(-child->pid, SIGKILL);
		waitpid(child->pid, NULL, child->ended ? 0 : WNOHANG);
		result->end = child->end;
		result->status = child->stage == STAGE_TERMINATED ? SIGTERM : SIGKILL;
		return;
	}
	if (waitpid(child->pid, &status, 0) != child->pid)
		die_internal("waitpid: %s", strerror(errno));
	result->end = WIFEXITED(status) ? PROC_EXITED : PROC_SIGNALLED;
	result->status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

int child_run(const struct proc_options *options, const struct proc_sink sinks[2],
	      struct proc_result *result, struct err *err)
{
	struct child child = { .pidfd = -1,
			       .streams = { { .fd = -1, .sink = sinks[0] },
					    { .fd = -1, .sink = sinks[1] } } };

	if (start(&child, options, err) < 0)
		return -1;
	supervise(&child, options);
	if (child.left) {
		drain_in_background(&child);
		*result = (struct proc_result){ .end = child.end };
	} else {
		reap(&child, result);
	}
	close_child(&child);
	return 0;
}
