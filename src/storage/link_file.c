/* Reads a link file, a second time where a push may be writing it. */
#include "storage/link_file.h"

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

int link_file_read(int dirfd, const char *path, char text[DIGEST_TEXT], size_t *length,
		   struct stat *status)
{
	int result = file_read_small(dirfd, path, text, DIGEST_TEXT, length, status);

	if (result == 0 ? digest_valid(text, *length) || !was_written_lately(status)
			: errno != ESTALE)
		return result;
	nanosleep(&(struct timespec){ .tv_nsec = MOMENT_NS }, NULL);
	return file_read_small(dirfd, path, text, DIGEST_TEXT, length, status);
}
