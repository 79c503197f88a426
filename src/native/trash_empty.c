/* Unlinks what was long enough in the trash: the only blobs that are ever unlinked. */
#include "native/change.h"
#include "native/collect.h"
#include "native/folder.h"
#include "native/store.h"
#include "native/trash_age.h"
#include "native/trash_folder.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

struct emptying {
	const struct native_collection *collection;
	struct native_emptied *out;
};

static int unlink_file(struct emptying *emptying, int folder, const char *name)
{
	struct native_emptied *out = emptying->out;
	struct stat status;
	int error = native_folder_stat_file(folder, name, &status);

	if (error == 0)
		error = native_change_unlink(emptying->collection, folder, name);
	if (error != 0)
		return error;
	if (status.st_nlink > 1) {
		out->shared++;
		return 0;
	}
	out->bytes += (uint64_t)status.st_size;
	out->allocated += (uint64_t)status.st_blocks * 512;
	return 0;
}

/* Temporary files that the registry left beside the data. */
static int unlink_others(struct emptying *emptying, int folder)
{
	CLEANUP(buf_free) struct buf names = { 0 };
	int error = dir_names(folder, &names);

	for (const char *name = NULL; error == 0 && (name = dir_names_next(&names, name));)
		error = unlink_file(emptying, folder, name);
	return error;
}

static int unlink_blob(struct emptying *emptying, const struct native_trash_blob *blob)
{
	CLEANUP(file_close) int folder = native_folder_open(blob->folder, blob->hex);
	struct stat status;
	int error = folder < 0 || fstat(folder, &status) != 0 ? errno : 0;

	if (error == 0 && !native_trash_owner_is_known(emptying->collection->store, &status))
		error = EPERM;
	if (error == 0)
		error = unlink_file(emptying, folder, "data");
	if (error == 0)
		emptying->out->blobs++;
	if (error != 0 && error != ENOENT)
		return error;
	error = native_change_rmdir(emptying->collection, blob->folder, blob->hex);
	if (error != ENOTEMPTY && error != EEXIST)
		return error;
	error = unlink_others(emptying, folder);
	return error ? error : native_change_rmdir(emptying->collection, blob->folder, blob->hex);
}

static int empty_blob(void *ctx, const struct native_trash_blob *blob, struct err *err)
{
	struct emptying *emptying = ctx;
	CLEANUP(free_p) char *path = NULL;
	int error = unlink_blob(emptying, blob);

	if (error == 0 || error == ENOENT)
		return 0;
	path = xasprintf("%s/%s", blob->path, blob->hex);
	return native_trash_fail(emptying->collection->store, path, error, err);
}

/* What is refused in one run does not keep the others. */
static int empty_run(struct emptying *emptying, const char *run, unsigned trash_days,
		     const struct timespec *now, struct err *err)
{
	const struct native_collection *collection = emptying->collection;
	int64_t due_at = 0;

	if (native_trash_due(collection->store, run, trash_days, now, &due_at, err) != 0)
		return -1;
	if (due_at != 0)
		return 0;
	if (native_trash_walk(collection->store, run, empty_blob, emptying, err) != 0)
		return -1;
	native_trash_prune(collection, collection->store, run);
	return 0;
}

int native_empty_trash(const struct native_collection *collection, unsigned trash_days,
		       const struct timespec *now, struct native_emptied *out, struct err *err)
{
	CLEANUP(buf_free) struct buf runs = { 0 };
	struct emptying emptying = { .collection = collection, .out = out };
	const char *run = NULL;
	int result = 0;

	*out = (struct native_emptied){ 0 };
	if (native_trash_runs(collection->store, &runs, err) != 0)
		return -1;
	while ((run = dir_names_next(&runs, run))) {
		struct err why = { 0 };

		if (empty_run(&emptying, run, trash_days, now, &why) == 0)
			continue;
		if (result == 0)
			*err = why;
		result = -1;
	}
	return result;
}
