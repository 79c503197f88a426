/* Knows by what kind of file FD is how to write to it without being held. */
#include "util/writer.h"

#include "util/stop_signal.h"
#include "util/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a wait that nothing ends looks whether it was stopped before it began. */
#define LOOK_MS 200

static int open_again(int fd)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct writer writer_of(int fd)
{
	struct writer writer = { .fd = fd, .kind = WRITER_PLAIN, .opened = -1 };
	struct stat status;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &status) < 0)
		return writer;
	if (flags & O_NONBLOCK)
		writer.kind = WRITER_NON_BLOCK;
	else if (S_ISSOCK(status.st_mode))
		writer.kind = WRITER_SOCKET;
	else if (S_ISFIFO(status.st_mode) || isatty(fd)) {
		writer.opened = open_again(fd);
		writer.kind = writer.opened >= 0 ? WRITER_NON_BLOCK : WRITER_BLOCKING;
	}
	return writer;
}

void writer_clear(struct writer *writer)
{
	if (writer->opened >= 0)
		close(writer->opened);
	*writer = WRITER_NOWHERE;
}

/* True when there is room before DEADLINE_MS (INT64_MAX: none) and before a stop signal. */
static bool wait_for_room(int fd, int64_t deadline_ms)
{
	struct pollfd waited[] = { { .fd = fd, .events = POLLOUT },
				   { .fd = stop_signal_fd(), .events = POLLIN } };
	unsigned stops = stop_signal_count();

	for (;;) {
		int64_t left = deadline_ms - time_monotonic_ms();
		int ready;

		if (left < 0)
			left = 0;
		/* A signal that was counted before does not wake the poll: what was to be said is
		 * still said to who reads, but nobody is waited for long. */
		if (stops > 0 && left > LOOK_MS)
			left = LOOK_MS;
		ready = poll(waited, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (ready > 0 && waited[0].revents)
			return true;
		if (ready == 0 || stop_signal_count() > stops)
			return false;
	}
}

static ssize_t try_write(const struct writer *writer, const char *bytes, size_t length)
{
	struct pollfd room = { .fd = writer->fd, .events = POLLOUT };

	switch (writer->kind) {
	case WRITER_SOCKET:
		return send(writer->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	case WRITER_BLOCKING:
		if (poll(&room, 1, 0) <= 0) {
			errno = EAGAIN;
			return -1;
		}
		/* So much fits into a pipe that has room. */
		return write(writer->fd, bytes, length < PIPE_BUF ? length : PIPE_BUF);
	case WRITER_PLAIN:
	case WRITER_NON_BLOCK:
		break;
	}
	return write(writer->opened >= 0 ? writer->opened : writer->fd, bytes, length);
}

int writer_put(const struct writer *writer, const char *bytes, size_t length, int limit_ms,
	       size_t *written)
{
	int64_t deadline = limit_ms < 0 ? INT64_MAX : time_monotonic_ms() + limit_ms;

	*written = 0;
	while (*written < length) {
		ssize_t done = try_write(writer, bytes + *written, length - *written);
		int number = errno;

		if (done >= 0) {
			*written += (size_t)done;
			continue;
		}
		if (number == EINTR)
			continue;
		if (number != EAGAIN)
			return number;
		if (!wait_for_room(writer->fd, deadline))
			return ETIMEDOUT;
	}
	return 0;
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t length)
{
	size_t written;
	int number = writer_put(cookie, bytes, length, WRITER_NO_LIMIT, &written);

	errno = number;
	/* A stream takes 0 for a failure. */
	return (ssize_t)written;
}

FILE *writer_stream(struct writer *writer)
{
	return fopencookie(writer, "w", (cookie_io_functions_t){ .write = stream_write });
}
