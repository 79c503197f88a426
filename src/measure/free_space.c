/* Asks the file system. */
#include "measure/free_space.h"

#include "storage/layout.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* btrfs counts what was removed as free only once that is written, up to 30 s later. */
static uint64_t ask(int fd)
{
	struct statfs system;
	struct statvfs space;
	uint64_t bytes = 0;

	if (fstatfs(fd, &system) == 0 && system.f_type == BTRFS_SUPER_MAGIC)
		(void)!syncfs(fd);
	if (fstatvfs(fd, &space) != 0 ||
	    __builtin_mul_overflow((uint64_t)space.f_bavail, (uint64_t)space.f_frsize, &bytes))
		return FREE_SPACE_UNKNOWN;
	return bytes;
}

uint64_t measure_free_space(const char *host_storage)
{
	CLEANUP(free_p) char *blobs = xasprintf("%s/" LAYOUT_FOLDER "/blobs", host_storage);
	int fd = open(blobs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t result;

	if (fd < 0)
		fd = open(host_storage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return FREE_SPACE_UNKNOWN;
	result = ask(fd);
	close(fd);
	return result;
}
