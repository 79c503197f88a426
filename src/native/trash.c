/* What others ask of the trash. */
#include "native/trash.h"

#include "native/back.h"
#include "native/change.h"
#include "native/folder.h"
#include "native/store.h"
#include "native/trash_age.h"
#include "native/trash_folder.h"
#include "oci/digest.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 16)

/* The folder of a blob that was found: RUN's <alg>/<xx>. */
struct found {
	int folder;
	char *path; /* of it, below ROOT */
	struct native_trashed trashed;
};

static void free_found(struct found *found)
{
	file_close(&found->folder);
	free(found->path);
}

/* 1: RUN has the blob. 0: not. -1: refused. */
static int find_in(const struct native_store *store, const char *run, const char *digest,
		   struct found *found, struct err *err)
{
	struct native_parts parts = native_parts(digest);
	CLEANUP(free_p) char *path = xasprintf(LAYOUT_TRASH "/%s", run);
	CLEANUP(free_p)
	char *folder = xasprintf("%s/blobs/%s/%s", path, parts.algorithm, parts.two);
	CLEANUP(free_p) char *blob = xasprintf("%s/%s", folder, parts.hex);
	CLEANUP(file_close) int top = native_trash_open(store, path, err);
	CLEANUP(file_close) int above = top < 0 ? -1 : native_trash_open(store, folder, err);
	CLEANUP(file_close) int own = above < 0 ? -1 : native_trash_open(store, blob, err);
	struct stat status;
	int error = own < 0 ? errno : native_folder_stat_file(own, "data", &status);

	if (own < 0 || error == ENOENT)
		return error == ENOENT ? 0 : -1;
	if (error != 0)
		return native_trash_fail(store, blob, error, err);
	*found = (struct found){ .folder = fcntl(above, F_DUPFD_CLOEXEC, 0),
				 .path = steal(&folder) };
	snprintf(found->trashed.run, sizeof found->trashed.run, "%s", run);
	found->trashed.size = (uint64_t)status.st_size;
	return 1;
}

static int find(const struct native_store *store, const char *digest, struct found *found,
		struct err *err)
{
	CLEANUP(buf_free) struct buf runs = { 0 };
	const char *run = NULL;
	int result = 0;

	if (!digest_valid(digest, strlen(digest)))
		return err_set(err, ERR_COLLECTOR, "\"%s\" is not a digest", digest);
	if (native_trash_runs(store, &runs, err) != 0)
		return -1;
	while (result == 0 && (run = dir_names_next(&runs, run)))
		result = find_in(store, run, digest, found, err);
	return result;
}

int native_trash_find(const struct native_store *store, const char *digest,
		      struct native_trashed *out, struct err *err)
{
	CLEANUP(free_found) struct found found = { .folder = -1 };
	int result = find(store, digest, &found, err);

	if (result == 1)
		*out = found.trashed;
	return result;
}

/* 0, or an errno; EBADMSG: FD has another content than DIGEST. */
static int check_content(int fd, const char *digest)
{
	CLEANUP(free_p) char *chunk = xmalloc(CHUNK);
	struct digest_check *check = digest_check_new(digest);
	ssize_t got = 0;
	int error = 0;
	bool same = false;

	do {
		got = read(fd, chunk, CHUNK);
		if (got > 0)
			digest_check_add(check, chunk, (size_t)got);
		else if (got < 0 && errno != EINTR)
			error = errno;
	} while (error == 0 && got != 0);
	same = digest_check_end(check);
	digest_check_free(check);
	return error ? error : same ? 0 : EBADMSG;
}

static int check_found(const struct native_store *store, const struct found *found,
		       const char *digest, struct err *err)
{
	CLEANUP(free_p) char *name = xasprintf("%s/data", native_parts(digest).hex);
	CLEANUP(free_p) char *path = xasprintf("%s/%s", found->path, name);
	CLEANUP(file_close)
	int fd = native_store_openat(found->folder, name, O_RDONLY);
	int error = fd < 0 ? errno : check_content(fd, digest);
	CLEANUP(free_p) char *full = NULL;

	if (error == 0)
		return 0;
	if (error != EBADMSG)
		return native_trash_fail(store, path, error, err);
	full = native_trash_path(store, path);
	return err_set(err, ERR_COLLECTOR,
		       "%s: damaged, its content has another digest; it is not put back", full);
}

static bool is_stored(const struct native_store *store, const char *digest)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;

	layout_blob_path(digest, path);
	return native_folder_stat_file(native_store_fd(store), path, &status) == 0;
}

int native_trash_put_back(const struct native_store *store, const char *digest, struct err *err)
{
	CLEANUP(free_found) struct found found = { .folder = -1 };
	int result = find(store, digest, &found, err);
	bool anew = false;
	int error = 0;

	if (result >= 0 && is_stored(store, digest))
		return 1;
	if (result != 1)
		return result;
	if (check_found(store, &found, digest, err) != 0)
		return -1;
	error = native_back(NULL, store, found.folder, digest, &anew);
	if (error == 0)
		error = native_change_sync(native_store_fd(store));
	return error == 0 ? 1 : native_trash_fail(store, found.path, error, err);
}

/* A summary under way. */
struct summing {
	struct native_trash_summary *out;
	const struct native_store *store;
	bool due;
};

static int sum_blob(void *ctx, const struct native_trash_blob *blob, struct err *err)
{
	struct summing *summing = ctx;
	struct native_trash_summary *out = summing->out;
	CLEANUP(free_p) char *name = xasprintf("%s/data", blob->hex);
	uint64_t bytes = 0, allocated = 0;
	struct stat status;
	int error = native_folder_stat(blob->folder, blob->hex, &status);

	if (error == 0)
		error = native_folder_stat_file(blob->folder, name, &status);
	if (error != 0)
		return error == ENOENT ? 0
				       : native_trash_fail(summing->store, blob->path, error, err);
	bytes = (uint64_t)status.st_size;
	if (status.st_nlink == 1)
		allocated = (uint64_t)status.st_blocks * 512;
	out->blobs++;
	out->bytes += bytes;
	out->allocated += allocated;
	if (summing->due) {
		out->due_blobs++;
		out->due_bytes += bytes;
		out->due_allocated += allocated;
	}
	return 0;
}

int native_trash_summary(const struct native_store *store, unsigned trash_days,
			 const struct timespec *now, struct native_trash_summary *out,
			 struct err *err)
{
	CLEANUP(buf_free) struct buf runs = { 0 };
	const char *run = NULL;

	*out = (struct native_trash_summary){ 0 };
	if (native_trash_runs(store, &runs, err) != 0)
		return -1;
	while ((run = dir_names_next(&runs, run))) {
		struct summing summing = { .out = out, .store = store };
		int64_t due_at = 0;

		if (native_trash_due(store, run, trash_days, now, &due_at, err) != 0)
			return -1;
		summing.due = due_at == 0;
		if (due_at > 0 && (out->next_due == 0 || due_at < out->next_due))
			out->next_due = due_at;
		out->runs++;
		if (native_trash_walk(store, run, sum_blob, &summing, err) != 0)
			return -1;
	}
	return 0;
}
