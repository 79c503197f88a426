/* The writing half of the collector's system calls: no other file of this folder changes the
 * storage. All names are single ones, relative to descriptors of folders; none is followed. */
#include "native/change.h"

#include "native/collect.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LABEL       "security.selinux"
#define LABEL_BYTES 1024
#define TEMPORARY   64 /* room for link.UUID.tmp */

static void step(const struct native_collection *collection, const char *what, const char *name)
{
	CLEANUP(free_p) char *text = NULL;

	if (!collection || !collection->step)
		return;
	text = xasprintf("%s %s", what, name);
	collection->step(collection->ctx, text);
}

int native_change_unlink(const struct native_collection *collection, int folder, const char *name)
{
	step(collection, "unlink", name);
	return unlinkat(folder, name, 0) == 0 ? 0 : errno;
}

int native_change_rmdir(const struct native_collection *collection, int folder, const char *name)
{
	step(collection, "rmdir", name);
	return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

int native_change_rename(const struct native_collection *collection, int from, const char *name,
			 int into, const char *target)
{
	step(collection, "rename", name);
	return renameat(from, name, into, target) == 0 ? 0 : errno;
}

/* File systems that cannot refuse to replace (EINVAL) can refuse a second name. */
static int rename_new(int from, const char *name, int into, const char *target)
{
	if (renameat2(from, name, into, target, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (linkat(from, name, into, target, 0) != 0)
		return errno;
	return unlinkat(from, name, 0) == 0 ? 0 : errno;
}

int native_change_rename_file(const struct native_collection *collection, int from,
			      const char *name, int into, const char *target)
{
	step(collection, "rename", name);
	return rename_new(from, name, into, target);
}

/* Gives FD the label of the folder PARENT, where there are labels. */
static int copy_label(int parent, int fd)
{
	char label[LABEL_BYTES], own[LABEL_BYTES];
	ssize_t length = fgetxattr(parent, LABEL, label, sizeof label);

	if (length <= 0)
		return length == 0 || errno == ENODATA || errno == ENOTSUP ? 0 : errno;
	if (fgetxattr(fd, LABEL, own, sizeof own) == length &&
	    memcmp(own, label, (size_t)length) == 0)
		return 0;
	return fsetxattr(fd, LABEL, label, (size_t)length, 0) == 0 ? 0 : errno;
}

/* Gives FD owner and label of the folder PARENT, whose STATUS that is, and MODE. */
static int dress(int parent, const struct stat *status, int fd, mode_t mode)
{
	struct stat own;

	if (fstat(fd, &own) != 0)
		return errno;
	/* Who is not root may be no member of the group; a link of the right owner is better than
	 * none. */
	if ((own.st_uid != status->st_uid || own.st_gid != status->st_gid) &&
	    fchown(fd, status->st_uid, status->st_gid) != 0 &&
	    (errno != EPERM || own.st_uid != status->st_uid))
		return errno;
	if (fchmod(fd, mode) != 0)
		return errno;
	return copy_label(parent, fd);
}

int native_change_mkdir(const struct native_collection *collection, int parent, const char *name,
			mode_t mode)
{
	CLEANUP(file_close) int fd = -1;
	struct stat status;
	int error = 0;

	step(collection, "mkdir", name);
	if (fstat(parent, &status) != 0)
		return errno;
	if (mkdirat(parent, name, 0700) != 0)
		return errno == EEXIST ? 0 : errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	error = fd < 0 ? errno : dress(parent, &status, fd, mode ? mode : status.st_mode & 07777);
	if (error != 0)
		(void)unlinkat(parent, name, AT_REMOVEDIR);
	return error;
}

/* As distribution 3.1 calls what will be a link. */
static int temporary_name(char name[TEMPORARY])
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return errno ? errno : EIO;
	snprintf(name, TEMPORARY,
		 "link.%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x.tmp",
		 bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6] & 0xf,
		 bytes[7], (bytes[8] & 0x3f) | 0x80, bytes[9], bytes[10], bytes[11], bytes[12],
		 bytes[13], bytes[14], bytes[15]);
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	return 0;
}

/* Some file systems cannot fsync a folder (EINVAL) and do not need it. */
static int sync_file(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

static int fill(int folder, int fd, const char *text, bool durable)
{
	struct stat status;
	int error = fstat(folder, &status) == 0 ? 0 : errno;

	if (error == 0)
		error = write_all(fd, text);
	if (error == 0)
		error = dress(folder, &status, fd, status.st_mode & 0666);
	if (error == 0 && durable)
		error = sync_file(fd);
	return error;
}

static int publish(int folder, const char *temporary, unsigned writing)
{
	if (!(writing & NATIVE_LINK_REPLACE))
		return rename_new(folder, temporary, folder, "link");
	return renameat(folder, temporary, folder, "link") == 0 ? 0 : errno;
}

int native_change_write_link(const struct native_collection *collection, int folder,
			     const char *text, unsigned writing)
{
	CLEANUP(file_close) int fd = -1;
	char temporary[TEMPORARY];
	int error = temporary_name(temporary);

	step(collection, "write link", text);
	if (error != 0)
		return error;
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	error = fill(folder, fd, text, writing & NATIVE_LINK_DURABLE);
	if (error == 0) {
		step(collection, "publish link", text);
		error = publish(folder, temporary, writing);
	}
	if (error != 0)
		(void)unlinkat(folder, temporary, 0);
	else if (writing & NATIVE_LINK_DURABLE)
		error = sync_file(folder);
	return error;
}

int native_change_sync(int folder)
{
	return syncfs(folder) == 0 ? 0 : errno;
}
