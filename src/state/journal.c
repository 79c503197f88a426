/* Lines are added whole: what was written of them is taken back when the rest cannot be. */
#include "state/journal.h"

#include "util/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int journal_open(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->torn = false;
	journal->fd = open(journal->path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return journal->fd < 0 ? -1 : 0;
}

void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->path);
	*journal = (struct journal){ .fd = -1 };
}

bool journal_has_room(const struct journal *journal, size_t length)
{
	struct stat status;

	return journal->fd < 0 || fstat(journal->fd, &status) != 0 ||
	       (uint64_t)status.st_size + length <= JOURNAL_LIMIT;
}

/* 0 or an errno. */
static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

int journal_append(struct journal *journal, const struct buf *lines, bool durable)
{
	struct stat before;
	int error = 0;

	if (journal->fd < 0)
		return EROFS;
	if (fstat(journal->fd, &before) != 0)
		return errno;
	if (journal->torn)
		error = write_all(journal->fd, "\n", 1);
	if (error == 0)
		error = write_all(journal->fd, lines->data, lines->length);
	if (error == 0 && durable && fdatasync(journal->fd) != 0)
		error = errno;
	if (error == 0)
		journal->torn = false;
	else if (ftruncate(journal->fd, before.st_size) != 0)
		journal->torn = true;
	return error;
}
