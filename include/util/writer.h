/* Writes to what somebody else reads: a terminal, a pipe, a FIFO, a socket. A reader that has
 * stopped (Ctrl-S, a stuck pager) cannot hold the process: each write waits at most a given time,
 * and not beyond a stop signal (util/stop_signal.h). */
#ifndef UTIL_WRITER_H
#define UTIL_WRITER_H

#include <stddef.h>
#include <stdio.h>

#define WRITER_NO_LIMIT (-1)

enum writer_kind {
	WRITER_PLAIN,     /* a file: a write does not depend on a reader */
	WRITER_NON_BLOCK, /* its description has O_NONBLOCK */
	WRITER_SOCKET,    /* written to with MSG_DONTWAIT */
	WRITER_BLOCKING,  /* written to only in pieces for which poll() promises room */
};

struct writer {
	int fd; /* -1: nowhere */
	enum writer_kind kind;
	int opened; /* a descriptor of our own for the same pipe or terminal, or -1 */
};
#define WRITER_NOWHERE ((struct writer){ .fd = -1, .opened = -1 })

/* FD stays the caller's and must outlive the writer. A pipe or terminal is opened once more with
 * O_NONBLOCK: others share FD's own description, and their writes shall go on to wait. */
struct writer writer_of(int fd);
void writer_clear(struct writer *writer);

/* 0, or an errno; *WRITTEN says how far it came. ETIMEDOUT: nobody read for LIMIT_MS milliseconds
 * (WRITER_NO_LIMIT: without end), or a stop signal came while it waited. */
int writer_put(const struct writer *writer, const char *bytes, size_t length, int limit_ms,
	       size_t *written);

/* A stream onto WRITER, which must outlive it, without a limit of time; its writes fail with
 * ETIMEDOUT after a stop signal. NULL with errno set. */
FILE *writer_stream(struct writer *writer);

#endif
