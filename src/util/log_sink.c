/* Files and streams get bytes, of which a part may arrive; the socket of syslog gets a datagram for
 * each line, which arrives whole or not at all. */
#include "util/log_sink.h"

#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int log_sink_connect(struct log_sink *sink)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, number;

	if (sink->writer.fd >= 0)
		return 0;
	if (strlen(sink->socket) >= sizeof address.sun_path)
		return ENAMETOOLONG;
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", sink->socket);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
		sink->writer = (struct writer){ .fd = fd, .kind = WRITER_SOCKET, .opened = -1 };
		return 0;
	}
	number = errno;
	close(fd);
	return number;
}

static void disconnect(struct log_sink *sink)
{
	int fd = sink->writer.fd;

	file_close(&fd);
	sink->writer = WRITER_NOWHERE;
}

/* One line. Where the daemon was started anew its socket is another one. */
static int send_line(struct log_sink *sink, const char *bytes, size_t length, int limit_ms)
{
	size_t written;
	int number = ENOTCONN;

	if (sink->writer.fd >= 0)
		number = writer_put(&sink->writer, bytes, length, limit_ms, &written);
	if (number == 0 || number == ETIMEDOUT)
		return number;
	disconnect(sink);
	number = log_sink_connect(sink);
	return number ? number : writer_put(&sink->writer, bytes, length, limit_ms, &written);
}

/* A line that could be written in part only is ended before the next one begins. */
static int put_bytes(struct log_sink *sink, const char *bytes, size_t length, int limit_ms)
{
	size_t written = 0;
	int number = 0;

	if (sink->torn)
		number = writer_put(&sink->writer, "\n", 1, limit_ms, &written);
	if (number == 0) {
		sink->torn = false;
		number = writer_put(&sink->writer, bytes, length, limit_ms, &written);
		sink->torn = number != 0 && written > 0;
	}
	return number;
}

int log_sink_put(struct log_sink *sink, const char *bytes, size_t length, int wait_ms)
{
	int limit_ms = sink->stuck ? 0 : wait_ms, number;

	if (sink->writer.fd < 0 && !sink->socket)
		return 0;
	number = sink->socket ? send_line(sink, bytes, length, limit_ms)
			      : put_bytes(sink, bytes, length, limit_ms);
	sink->stuck = number == ETIMEDOUT;
	if (sink->stuck) {
		sink->dropped++;
		return 0;
	}
	return number;
}

void log_sink_close(struct log_sink *sink)
{
	if (sink->socket)
		disconnect(sink);
	writer_clear(&sink->writer);
	*sink = (struct log_sink){ .writer = WRITER_NOWHERE };
}
