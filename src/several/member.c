/* Forks the child for one registry, and follows it to its end. */
#include "several/member.h"

#include "util/file.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The descriptors of a start; what is not open is -1. */
struct ends {
	int socket[2];
	int out[2];
	int errors[2];
};

static void close_ends(struct ends *ends)
{
	for (int i = 0; i < 2; i++) {
		file_close(&ends->socket[i]);
		file_close(&ends->out[i]);
		file_close(&ends->errors[i]);
	}
}

static int open_ends(struct ends *ends, bool one_pipe)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends->socket) < 0 ||
	    pipe2(ends->out, O_CLOEXEC) < 0 || fcntl(ends->out[0], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	if (!one_pipe &&
	    (pipe2(ends->errors, O_CLOEXEC) < 0 || fcntl(ends->errors[0], F_SETFL, O_NONBLOCK) < 0))
		return -1;
	return 0;
}

static void close_member(struct member *member)
{
	file_close(&member->child.pidfd);
	file_close(&member->socket);
	lines_close(&member->out);
	lines_close(&member->errors);
}

/* What the child gets from the fork. */
struct birth {
	const struct member *member;
	const struct member_start *start;
	struct ends *ends;
};

static int become(void *ctx)
{
	struct birth *birth = ctx;
	const struct member *member = birth->member;
	const struct member_start *start = birth->start;
	struct ends *ends = birth->ends;
	struct several_gate gate;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < start->other_count; i++)
		close_member(&start->others[i]);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(ends->out[1], STDOUT_FILENO) < 0 ||
	    dup2(start->one_pipe ? ends->out[1] : ends->errors[1], STDERR_FILENO) < 0)
		_exit(EXIT_INTERNAL);
	lines_sink_clear(start->out);
	lines_sink_clear(start->errors);
	gate_open(&gate, ends->socket[1], member->name, start->began_ms);
	ends->socket[1] = -1;
	close_ends(ends);
	file_close(&null);
	return start->work(start->ctx, member->path, &gate);
}

int member_fork(struct member *member, const struct member_start *start)
{
	struct ends ends = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct birth birth = { member, start, &ends };
	int number = 0;

	if (open_ends(&ends, start->one_pipe) < 0 ||
	    forked_start(&member->child, become, &birth) < 0)
		number = errno;
	if (number == 0) {
		member->socket = ends.socket[0];
		member->out = (struct lines){ .fd = ends.out[0],
					      .name = member->name,
					      .sink = start->out };
		member->errors = (struct lines){ .fd = ends.errors[0],
						 .name = member->name,
						 .sink = start->errors };
		ends.socket[0] = ends.out[0] = ends.errors[0] = -1;
		member->began_ms = time_monotonic_ms();
	}
	close_ends(&ends);
	errno = number;
	return number == 0 ? 0 : -1;
}

void member_clear(struct member *member)
{
	close_member(member);
	gate_identity_clear(&member->identity);
	free(member->name);
	free(member->path);
}

void member_begin(struct member *member, const struct string_list *variables)
{
	member->state = MEMBER_RUNS;
	member->began_ms = time_monotonic_ms();
	/* Where the child is gone, its end is told by its pidfd. */
	(void)gate_let_begin(member->socket, variables);
}

void member_stop(struct member *member)
{
	member->state = MEMBER_STOPPED;
	file_close(&member->socket);
}

void member_poll(const struct member *member, struct pollfd fds[MEMBER_FDS])
{
	bool ended = member->state == MEMBER_ENDED;

	fds[0] = (struct pollfd){ .fd = ended ? -1 : member->socket, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = member->out.fd, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = member->errors.fd, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = ended ? -1 : member->child.pidfd, .events = POLLIN };
}

/* Its identity first, its counts later; the end of the socket is no message. */
static void take_message(struct member *member)
{
	CLEANUP(free_p) char *text = xmalloc(GATE_MESSAGE);
	ssize_t got = recv(member->socket, text, GATE_MESSAGE, MSG_DONTWAIT);

	if (got <= 0)
		file_close(&member->socket);
	else if (member->state == MEMBER_READS &&
		 gate_read_identity(text, (size_t)got, &member->identity) == 0)
		member->state = MEMBER_WAITS;
	else
		(void)gate_read_counts(text, (size_t)got, &member->warnings, &member->errors_told);
}

/* What it said last is still in its pipes. */
static void take_end(struct member *member)
{
	member->code = forked_end(&member->child, &member->signal);
	while (member->socket >= 0)
		take_message(member);
	lines_pass(&member->out, true);
	lines_pass(&member->errors, true);
	member->begun = member->state != MEMBER_STOPPED;
	member->state = MEMBER_ENDED;
	member->ended_ms = time_monotonic_ms();
}

void member_take(struct member *member, const struct pollfd fds[MEMBER_FDS])
{
	if (fds[0].revents)
		take_message(member);
	if (fds[1].revents)
		lines_pass(&member->out, false);
	if (fds[2].revents)
		lines_pass(&member->errors, false);
	if (fds[3].revents)
		take_end(member);
}
