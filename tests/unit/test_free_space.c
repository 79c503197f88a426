/* What is free is asked of the file system that has the blobs; btrfs is told to write first. */
#include "measure/free_space.h"
#include "measure/measure.h"
#include "temporary.h"

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

/* A file system of our own. */
static struct {
	long type;
	unsigned synced;
	bool synced_first;
	ino_t asked; /* which folder */
} disk;

int fstatfs(int fd, struct statfs *out)
{
	(void)fd;
	*out = (struct statfs){ .f_type = disk.type };
	return 0;
}

int syncfs(int fd)
{
	(void)fd;
	disk.synced++;
	return 0;
}

int fstatvfs(int fd, struct statvfs *out)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	disk.asked = status.st_ino;
	disk.synced_first = disk.synced > 0;
	*out = (struct statvfs){ .f_bavail = 7, .f_frsize = 512 };
	return 0;
}

static ino_t inode_of(const char *root, const char *path)
{
	CLEANUP(free_p) char *whole = xasprintf("%s/%s", root, path);
	struct stat status;

	assert_int_equal(stat(whole, &status), 0);
	return status.st_ino;
}

static void btrfs_alone_is_told_to_write(void **state)
{
	static const long TYPES[] = { EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC, XFS_SUPER_MAGIC };
	char *root = temporary_folder();

	(void)state;
	for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
		disk.type = TYPES[i];
		disk.synced = 0;
		assert_int_equal(measure_free_space(root), 7 * 512);
		assert_int_equal(disk.synced, TYPES[i] == BTRFS_SUPER_MAGIC);
		assert_int_equal(disk.synced_first, TYPES[i] == BTRFS_SUPER_MAGIC);
	}
	temporary_remove(root);
}

static void the_blobs_may_lie_elsewhere(void **state)
{
	char *root = temporary_folder();
	CLEANUP(free_p) char *blobs = xasprintf("%s/docker/registry/v2/blobs", root);
	CLEANUP(free_p) char *big = xasprintf("%s/big", root);

	(void)state;
	measure_free_space(root);
	assert_int_equal(disk.asked, inode_of(root, "."));
	temporary_mkdir(root, "big");
	temporary_mkdir(root, "docker/registry/v2");
	assert_int_equal(symlink(big, blobs), 0);
	measure_free_space(root);
	assert_int_equal(disk.asked, inode_of(root, "big"));
	assert_true(measure_free_space("/nonexistent") == MEASURE_UNKNOWN);
	temporary_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(btrfs_alone_is_told_to_write),
		cmocka_unit_test(the_blobs_may_lie_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
