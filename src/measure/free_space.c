/* Asks the file system. */
#include "measure/free_space.h"

#include "storage/layout.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

static uint64_t product(uint64_t blocks, uint64_t size)
{
	uint64_t bytes;

	return __builtin_mul_overflow(blocks, size, &bytes) ? FREE_SPACE_UNKNOWN : bytes;
}

/* btrfs counts what was removed as free only once that is written, up to 30 s later. */
static struct free_space ask(int fd)
{
	struct free_space result = { FREE_SPACE_UNKNOWN, FREE_SPACE_UNKNOWN };
	struct statfs system;
	struct statvfs space;

	if (fstatfs(fd, &system) == 0 && system.f_type == BTRFS_SUPER_MAGIC)
		(void)!syncfs(fd);
	if (fstatvfs(fd, &space) != 0)
		return result;
	result.free = product(space.f_bavail, space.f_frsize);
	/* As df has it: used and available together. */
	result.size = product(space.f_blocks - space.f_bfree + space.f_bavail, space.f_frsize);
	return result;
}

struct free_space measure_file_system(const char *host_storage)
{
	CLEANUP(free_p) char *blobs = xasprintf("%s/" LAYOUT_FOLDER "/blobs", host_storage);
	int fd = open(blobs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct free_space result = { FREE_SPACE_UNKNOWN, FREE_SPACE_UNKNOWN };

	if (fd < 0)
		fd = open(host_storage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return result;
	result = ask(fd);
	close(fd);
	return result;
}

uint64_t measure_free_space(const char *host_storage)
{
	return measure_file_system(host_storage).free;
}
