/* By native/trash.h alone, which looks at owners, links and hashes. */
#include "restore/trash.h"

#include "config/config.h"
#include "native/store.h"
#include "native/trash.h"
#include "restore/list.h"
#include "session/native_left.h"
#include "util/log.h"
#include "util/xalloc.h"

struct restore_trash {
	struct native_store *store;
};

/* What a killed collection left half done is made whole before anything is looked at. */
static int recover(const struct config *config, const struct restore_recovery *recovery,
		   struct err *err)
{
	CLEANUP(native_left_clear) struct native_left left = { 0 };
	int found;

	if (!recovery->dry_run)
		return native_left_put_back(config, recovery->state, err);
	found = native_left_find(config, recovery->state, &left, err);
	if (found > 0)
		log_warning("a collection was interrupted; what it took is put back first");
	return found;
}

struct restore_trash *restore_trash_open(const struct config *config,
					 const struct restore_recovery *recovery, struct err *err)
{
	struct restore_trash *trash;

	if (config->gc.method != GC_NATIVE || recover(config, recovery, err) < 0)
		return NULL;
	trash = xcalloc(1, sizeof *trash);
	trash->store = native_store_open(config->paths.host_storage, err);
	if (trash->store)
		return trash;
	free(trash);
	return NULL;
}

void restore_trash_close(struct restore_trash *trash)
{
	if (trash)
		native_store_close(trash->store);
	free(trash);
}

int restore_trash_has(const struct restore_trash *trash, const char *digest, uint64_t size,
		      struct err *err)
{
	struct native_trashed found = { 0 };
	int result = native_trash_find(trash->store, digest, &found, err);

	if (result <= 0)
		return result;
	return found.size == size
		       ? 1
		       : err_set(err, ERR_IO, "has another size in the trash of run %s", found.run);
}

/* -1: ERR says why. */
static int bring_back(const struct restore_trash *trash, const struct restore_blob *blob,
		      struct err *err)
{
	if (blob->found == BLOB_TRASHED) {
		int moved = native_trash_put_back(trash->store, blob->stored, err);

		if (moved < 0)
			return -1;
		if (moved == 0)
			return err_set(err, ERR_IO, "the trash does not have it any more");
	}
	if (blob->linked)
		return 0;
	return native_link_put_back(trash->store, blob->repository, blob->digest, err) < 0 ? -1 : 0;
}

/* The manifest that needs it is not put, nor what leads to it. */
static void bring_back_blobs(const struct restore_trash *trash, struct restore_list *list,
			     struct restore_manifest *manifest)
{
	for (size_t b = 0; b < manifest->blob_count; b++) {
		struct restore_blob *blob = &list->blobs[manifest->blobs[b]];
		struct err err = { 0 };

		if (blob->found != BLOB_TRASHED && blob->found != BLOB_UNLINKED)
			continue;
		if (bring_back(trash, blob, &err) == 0) {
			blob->found = BLOB_THERE;
			continue;
		}
		manifest->verdict = VERDICT_FAILED;
		free(manifest->why);
		manifest->why =
			xasprintf("its blob %s cannot be brought back: %s", blob->digest, err.msg);
		log_error("%s@%s: %s", manifest->repository, manifest->digest, manifest->why);
	}
}

void restore_trash_bring_back(const struct restore_trash *trash, struct restore_list *list)
{
	for (size_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].verdict == VERDICT_PUT ||
		    (list->manifests[m].verdict == VERDICT_THERE && list->manifests[m].needed))
			bring_back_blobs(trash, list, &list->manifests[m]);
	}
}
