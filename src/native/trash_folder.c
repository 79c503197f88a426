/* The trash, folder by folder. */
#include "native/trash_folder.h"

#include "native/change.h"
#include "native/folder.h"
#include "native/store.h"
#include "oci/digest.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOBS "blobs"

char *native_trash_path(const struct native_store *store, const char *path)
{
	const char *below = native_store_path(store);
	size_t root = strlen(below) - strlen("/" LAYOUT_FOLDER);

	return xasprintf("%.*s/%s", (int)root, below, path);
}

int native_trash_fail(const struct native_store *store, const char *path, int error,
		      struct err *err)
{
	CLEANUP(free_p) char *full = native_trash_path(store, path);

	switch (error) {
	case ELOOP:
		err_set(err, ERR_COLLECTOR,
			"%s: a symbolic link, which no run left there; look at it and remove it",
			full);
		break;
	case EPERM:
		err_set(err, ERR_COLLECTOR,
			"%s: it belongs to neither root nor the storage's owner nor the user who "
			"runs this; look at it and remove it",
			full);
		break;
	case ENOTDIR:
	case EINVAL:
		err_set(err, ERR_COLLECTOR, "%s: no run left that there; look at it and remove it",
			full);
		break;
	default:
		err_set(err, ERR_COLLECTOR, "%s: %s", full, strerror(error));
	}
	errno = error;
	return -1;
}

bool native_trash_owner_is_known(const struct native_store *store, const struct stat *status)
{
	struct stat root, below;

	if (status->st_uid == 0 || status->st_uid == geteuid())
		return true;
	return (fstat(native_store_root(store), &root) == 0 && status->st_uid == root.st_uid) ||
	       (fstat(native_store_fd(store), &below) == 0 && status->st_uid == below.st_uid);
}

int native_trash_open(const struct native_store *store, const char *path, struct err *err)
{
	int fd = native_folder_open(native_store_root(store), path);
	struct stat status = { 0 };
	int error = fd < 0 || fstat(fd, &status) != 0 ? errno : 0;

	if (error == ENOENT)
		return -1;
	if (error == 0 && !native_trash_owner_is_known(store, &status))
		error = EPERM;
	/* With O_DIRECTORY a link may be told as no folder. */
	if (error == ENOTDIR &&
	    fstatat(native_store_root(store), path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(status.st_mode))
		error = ELOOP;
	if (error == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return native_trash_fail(store, path, error, err);
}

int native_trash_make(const struct native_collection *collection, const struct native_store *store,
		      const char *path, struct err *err)
{
	size_t length = strlen(path);
	int fd = native_folder_open(native_store_root(store), ".");

	for (size_t end = strcspn(path, "/"); fd >= 0; end += 1 + strcspn(path + end + 1, "/")) {
		CLEANUP(free_p) char *part = xstrndup(path, end);
		const char *slash = strrchr(part, '/');
		int parent = fd;
		int error = native_change_mkdir(collection, parent, slash ? slash + 1 : part, 0700);

		close(parent);
		if (error != 0)
			return native_trash_fail(store, part, error, err);
		fd = native_trash_open(store, part, err);
		if (fd < 0 && errno == ENOENT)
			return native_trash_fail(store, part, ENOENT, err);
		if (end >= length)
			break;
	}
	return fd;
}

bool native_trash_is_moving(const char *run)
{
	return text_begins(run, NATIVE_MOVING);
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The names of FOLDER, which is PATH, sorted. */
static int read_sorted(const struct native_store *store, int folder, const char *path,
		       struct buf *out, struct err *err)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	CLEANUP(free_p) const char **sorted = NULL;
	size_t count = 0, capacity = 0;
	int error = dir_names(folder, &names);

	if (error != 0)
		return native_trash_fail(store, path, error, err);
	for (const char *name = NULL; (name = dir_names_next(&names, name));) {
		GROW(sorted, count, capacity);
		sorted[count++] = name;
	}
	if (count > 0)
		qsort(sorted, count, sizeof *sorted, compare_names);
	for (size_t i = 0; i < count; i++)
		buf_add(out, sorted[i], strlen(sorted[i]) + 1);
	return 0;
}

int native_trash_runs(const struct native_store *store, struct buf *out, struct err *err)
{
	CLEANUP(file_close) int fd = native_trash_open(store, LAYOUT_TRASH, err);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return read_sorted(store, fd, LAYOUT_TRASH, out, err);
}

/* A walk through one run. */
struct walk {
	const struct native_store *store;
	native_trash_each each;
	void *ctx;
	bool on; /* goes on after -1 */
};

/* What becomes of a walk that had RESULT, and ERR if that is -1, by what its next step said. */
static int go_on(int result, int next, const struct err *why, struct err *err)
{
	if (next == 0 || result == -1)
		return result;
	*err = *why;
	return next;
}

static int visit_blob(const struct walk *walk, int folder, const char *path, const char *hex,
		      struct err *err)
{
	/* ALG/XX are the last two names of PATH. */
	const char *two = strrchr(path, '/');
	const char *algorithm = memrchr(path, '/', (size_t)(two - path));
	CLEANUP(free_p)
	char *digest = xasprintf("%.*s:%s", (int)(two - algorithm - 1), algorithm + 1, hex);
	CLEANUP(free_p) char *full = NULL;

	if (digest_valid(digest, strlen(digest)) && strlen(two + 1) == 2 &&
	    text_begins(hex, two + 1))
		return walk->each(
			walk->ctx,
			&(struct native_trash_blob){
				.digest = digest, .hex = hex, .folder = folder, .path = path },
			err);
	full = xasprintf("%s/%s", path, hex);
	return native_trash_fail(walk->store, full, EINVAL, err);
}

/* DEPTH: how many levels of folders are above those of the blobs. */
static int visit(const struct walk *walk, const char *path, unsigned depth, struct err *err)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	CLEANUP(file_close) int fd = native_trash_open(walk->store, path, err);
	const char *name = NULL;
	int result = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (read_sorted(walk->store, fd, path, &names, err) != 0)
		return -1;
	while ((result == 0 || (walk->on && result == -1)) &&
	       (name = dir_names_next(&names, name))) {
		CLEANUP(free_p) char *below = depth > 0 ? xasprintf("%s/%s", path, name) : NULL;
		struct err why = { 0 };
		int next = below ? visit(walk, below, depth - 1, &why)
				 : visit_blob(walk, fd, path, name, &why);

		result = go_on(result, next, &why, err);
	}
	return result;
}

/* A run has one folder, blobs. */
static int check_run(const struct native_store *store, const char *path, struct err *err)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	CLEANUP(file_close) int fd = native_trash_open(store, path, err);
	int error = fd < 0 ? errno : dir_names(fd, &names);

	if (fd < 0)
		return error == ENOENT ? 0 : -1;
	if (error != 0)
		return native_trash_fail(store, path, error, err);
	for (const char *name = NULL; (name = dir_names_next(&names, name));) {
		CLEANUP(free_p) char *full = xasprintf("%s/%s", path, name);

		if (strcmp(name, BLOBS) != 0)
			return native_trash_fail(store, full, EINVAL, err);
	}
	return 0;
}

int native_trash_walk(const struct native_store *store, const char *run, native_trash_each each,
		      void *ctx, struct err *err)
{
	struct walk walk = { .store = store, .each = each, .ctx = ctx };
	CLEANUP(free_p) char *top = xasprintf(LAYOUT_TRASH "/%s", run);
	CLEANUP(free_p) char *path = xasprintf("%s/" BLOBS, top);

	/* blobs, <alg>, <xx>. */
	return check_run(store, top, err) == 0 ? visit(&walk, path, 2, err) : -1;
}

int native_trash_walk_on(const struct native_store *store, const char *run, native_trash_each each,
			 void *ctx, struct err *err)
{
	struct walk walk = { .store = store, .each = each, .ctx = ctx, .on = true };
	CLEANUP(free_p) char *top = xasprintf(LAYOUT_TRASH "/%s", run);
	CLEANUP(free_p) char *path = xasprintf("%s/" BLOBS, top);
	struct err why = { 0 };
	int result = check_run(store, top, err);
	int next = visit(&walk, path, 2, &why);

	return go_on(result, next, &why, err);
}

static void prune(const struct native_collection *collection, const struct native_store *store,
		  int parent, const char *path, unsigned depth)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	const char *name = strrchr(path, '/');
	CLEANUP(file_close) int fd = native_folder_open(native_store_root(store), path);

	if (fd < 0 || dir_names(fd, &names) != 0)
		return;
	for (const char *entry = NULL; depth > 0 && (entry = dir_names_next(&names, entry));) {
		CLEANUP(free_p) char *below = xasprintf("%s/%s", path, entry);

		prune(collection, store, fd, below, depth - 1);
	}
	(void)native_change_rmdir(collection, parent, name ? name + 1 : path);
}

void native_trash_prune(const struct native_collection *collection,
			const struct native_store *store, const char *run)
{
	CLEANUP(free_p) char *path = xasprintf(LAYOUT_TRASH "/%s", run);
	CLEANUP(file_close) int fd = native_folder_open(native_store_root(store), LAYOUT_TRASH);

	if (fd < 0)
		return;
	/* <run>, blobs, <alg>, <xx>. */
	prune(collection, store, fd, path, 3);
	(void)native_change_rmdir(collection, native_store_root(store), LAYOUT_TRASH);
}
