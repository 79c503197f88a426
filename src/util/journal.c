/* Whether the journal reads a stream, and marks of priority in lines. */
#include "util/journal.h"

#include "util/units.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

bool journal_reads(int fd)
{
	const char *text = getenv("JOURNAL_STREAM");
	uint64_t device, inode;
	struct stat status;

	if (!text || !units_read_u64(&text, &device) || *text++ != ':' ||
	    !units_parse_u64(text, &inode))
		return false;
	return fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

size_t journal_mark_length(const char *line, size_t length)
{
	return length >= 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>'
		       ? 3
		       : 0;
}
