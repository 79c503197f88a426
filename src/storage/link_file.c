/* Reads a link file, a second time where a push may be writing it. */
#include "storage/link_file.h"

#include "storage/at.h"
#include "util/file.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#define MOMENT_NS 20000000

/* Of how long ago a file's time may be while it is written: clocks of file servers differ. */
#define LATELY 600

static bool was_written_lately(const struct stat *status)
{
	return status->st_mtim.tv_sec >= time(NULL) - LATELY;
}

/* 0 or -1, as link_file_read. */
static int read_carefully(int dirfd, const char *path, char text[DIGEST_TEXT], size_t *length,
			  struct stat *status)
{
	int result;

	text[0] = '\0';
	result = file_read_small(dirfd, path, text, DIGEST_TEXT, length, status);
	if (result == 0 ? digest_valid(text, *length) || !was_written_lately(status)
			: errno != ESTALE)
		return result;
	nanosleep(&(struct timespec){ .tv_nsec = MOMENT_NS }, NULL);
	return file_read_small(dirfd, path, text, DIGEST_TEXT, length, status);
}

int link_file_read(int dirfd, const char *path, char text[DIGEST_TEXT], size_t *length,
		   struct stat *status)
{
	ssize_t got = at_read_status(dirfd, path, text, DIGEST_TEXT, status);

	if (got < 0 && errno == ENOENT)
		return -1;
	/* Nearly all of them: a digest, and nothing behind it. */
	if (got <= 0 || got == DIGEST_TEXT || !digest_valid(text, (size_t)got) ||
	    !S_ISREG(status->st_mode))
		return read_carefully(dirfd, path, text, length, status);
	text[got] = '\0';
	*length = (size_t)got;
	return 0;
}
