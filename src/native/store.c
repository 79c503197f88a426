/* Opens a storage root for the native collector, or says why it must not work there. */
#include "native/store.h"

#include "oci/digest.h"
#include "storage/layout.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A pull-through cache keeps in it when its blobs expire (distribution, proxy/scheduler). */
#define CACHE_SCHEDULE "scheduler-state.json"

struct native_store {
	char *path; /* ROOT/docker/registry/v2 */
	int root;   /* descriptors of ROOT … */
	int fd;     /* … and of PATH */
};

/* One component below DIRFD, which lies on DEVICE. */
static int open_part(int dirfd, const char *part, int flags, dev_t device)
{
	int fd = openat(dirfd, part, flags | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -1;
	/* Files of an overlay file system may have another device than their folder. */
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && status.st_dev != device) {
		close(fd);
		errno = EXDEV;
		return -1;
	}
	return fd;
}

static int open_folder_part(int dirfd, const char *part, dev_t device)
{
	int fd = open_part(dirfd, part, O_PATH | O_DIRECTORY, device);
	struct stat status;

	/* With O_DIRECTORY a symbolic link is told as "not a directory". */
	if (fd < 0 && errno == ENOTDIR)
		errno = fstatat(dirfd, part, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
					S_ISLNK(status.st_mode)
				? ELOOP
				: ENOTDIR;
	return fd;
}

/* Where the kernel, or what confines us, has no openat2. */
static int open_by_parts(int dirfd, const char *path, int flags)
{
	CLEANUP(free_p) char *copy = xstrdup(path);
	char *part = copy, *slash = NULL;
	int folder = dirfd, next = -1;
	struct stat status;

	if (fstat(dirfd, &status) != 0)
		return -1;
	for (; (slash = strchr(part, '/')); part = slash + 1) {
		*slash = '\0';
		next = open_folder_part(folder, part, status.st_dev);
		if (folder != dirfd)
			close(folder);
		if (next < 0)
			return -1;
		folder = next;
	}
	next = flags & O_DIRECTORY ? open_folder_part(folder, part, status.st_dev) : 0;
	if (next > 0)
		close(next);
	if (next >= 0)
		next = open_part(folder, part, flags, status.st_dev);
	if (folder != dirfd)
		close(folder);
	return next;
}

int native_store_openat(int dirfd, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC | O_NONBLOCK),
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
	long fd = -1;

	/* O_PATH takes only a few flags beside it. */
	if (flags & O_PATH)
		how.flags &= ~(unsigned)O_NONBLOCK;
	fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return (int)fd;
	return open_by_parts(dirfd, path, (int)how.flags);
}

/* Why a folder cannot be worked in, by ERROR of opening it. */
static int refuse_folder(const char *root, const char *folder, int error, struct err *err)
{
	switch (error) {
	case ELOOP:
		return err_set(err, ERR_USAGE,
			       "%s/%s: a symbolic link, which the native collector does not follow",
			       root, folder);
	case EXDEV:
		return err_set(err, ERR_USAGE,
			       "%s/%s: on another file system than %s: the native collector needs "
			       "all of the storage on one",
			       root, folder, root);
	case ENOENT:
	case ENOTDIR:
		return err_set(err, ERR_USAGE, "%s/%s: %s: no storage of a registry", root, folder,
			       strerror(error));
	default:
		return err_set(err, ERR_COLLECTOR, "%s/%s: %s", root, folder, strerror(error));
	}
}

/* 0 with its STATUS, or an errno. */
static int look_at_folder(const struct native_store *store, const char *folder, struct stat *status)
{
	int fd = native_store_openat(store->root, folder, O_RDONLY | O_DIRECTORY);
	struct stat above;
	int error = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, status) != 0 || fstat(store->root, &above) != 0)
		error = errno;
	else if (status->st_dev != above.st_dev)
		/* A subvolume of btrfs is no mount, and yet a file system of its own. */
		error = EXDEV;
	close(fd);
	return error;
}

/* FOLDER below the root: it may be worked in, and is ours or we are root. */
static int check_folder(const struct native_store *store, const char *root, const char *folder,
			struct err *err)
{
	struct stat status = { 0 };
	int error = look_at_folder(store, folder, &status);

	if (error)
		return refuse_folder(root, folder, error, err);
	if (geteuid() != 0 && geteuid() != status.st_uid)
		return err_set(
			err, ERR_USAGE,
			"%s/%s belongs to user %u: run as that user, as root, or with rootless "
			"podman inside `podman unshare`",
			root, folder, (unsigned)status.st_uid);
	return 0;
}

/* What there is of blobs must be in the same file system; a new registry has none. */
static int check_algorithms(const struct native_store *store, const char *root, struct err *err)
{
	for (size_t i = 0; DIGEST_ALGORITHMS[i].name; i++) {
		CLEANUP(free_p)
		char *folder =
			xasprintf(LAYOUT_FOLDER "/" NATIVE_BLOBS "/%s", DIGEST_ALGORITHMS[i].name);
		struct stat status;

		if (fstatat(store->root, folder, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    check_folder(store, root, folder, err) < 0)
			return -1;
	}
	return 0;
}

static int check_schedule(const struct native_store *store, const char *root, struct err *err)
{
	struct stat status;

	if (fstatat(store->root, CACHE_SCHEDULE, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(err, ERR_USAGE,
			       "%s/" CACHE_SCHEDULE
			       ": the storage of a pull-through cache, which removes blobs itself",
			       root);
	if (errno == ENOENT)
		return 0;
	return err_set(err, ERR_COLLECTOR, "%s/" CACHE_SCHEDULE ": %s", root, strerror(errno));
}

static int check(const struct native_store *store, const char *root, struct err *err)
{
	static const char *const folders[] = { LAYOUT_FOLDER, LAYOUT_FOLDER "/" NATIVE_REPOSITORIES,
					       LAYOUT_FOLDER "/" NATIVE_BLOBS };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		if (check_folder(store, root, folders[i], err) < 0)
			return -1;
	}
	return check_algorithms(store, root, err) < 0 ? -1 : check_schedule(store, root, err);
}

static struct native_store *give_up(struct native_store *store)
{
	native_store_close(store);
	return NULL;
}

struct native_store *native_store_open(const char *root, struct err *err)
{
	struct native_store *store = xmalloc(sizeof *store);

	*store = (struct native_store){ .path = xasprintf("%s/" LAYOUT_FOLDER, root), .fd = -1 };
	store->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->root < 0) {
		err_set(err, errno == ENOENT || errno == ENOTDIR ? ERR_USAGE : ERR_COLLECTOR,
			"%s: %s", root, strerror(errno));
		return give_up(store);
	}
	if (check(store, root, err) < 0)
		return give_up(store);
	store->fd = native_store_openat(store->root, LAYOUT_FOLDER, O_RDONLY | O_DIRECTORY);
	if (store->fd < 0) {
		refuse_folder(root, LAYOUT_FOLDER, errno, err);
		return give_up(store);
	}
	return store;
}

void native_store_close(struct native_store *store)
{
	if (!store)
		return;
	if (store->fd >= 0)
		close(store->fd);
	if (store->root >= 0)
		close(store->root);
	free(store->path);
	free(store);
}

int native_store_root(const struct native_store *store)
{
	return store->root;
}

int native_store_fd(const struct native_store *store)
{
	return store->fd;
}

const char *native_store_path(const struct native_store *store)
{
	return store->path;
}
