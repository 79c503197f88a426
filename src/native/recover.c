/* Undoes what was not concluded. Blobs return before links: no link is put back without its blob.
 */
#include "native/back.h"
#include "native/change.h"
#include "native/collect.h"
#include "native/folder.h"
#include "native/journal.h"
#include "native/link.h"
#include "native/store.h"
#include "native/trash_folder.h"
#include "storage/dir.h"
#include "storage/layout.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct recovering {
	const struct native_collection *collection;
	struct native_recovered *out;
	struct err first; /* what failed first: all that can return does */
};

static void note(struct recovering *recovering, const struct err *why)
{
	if (recovering->first.kind == ERR_NONE)
		recovering->first = *why;
}

static bool is_stored(const struct native_store *store, const char *digest)
{
	char path[LAYOUT_BLOB_PATH];
	struct stat status;

	layout_blob_path(digest, path);
	return native_folder_stat_file(native_store_fd(store), path, &status) == 0;
}

static int move_back(void *ctx, const struct native_trash_blob *blob, struct err *err)
{
	struct recovering *recovering = ctx;
	const struct native_collection *collection = recovering->collection;
	bool anew = false;
	int error = native_back(collection, collection->store, blob->folder, blob->digest, &anew);

	if (error != 0) {
		CLEANUP(free_p) char *path = xasprintf("%s/%s", blob->path, blob->hex);

		return native_trash_fail(collection->store, path, error, err);
	}
	recovering->out->blobs += !anew;
	return 0;
}

/* What the registry stored anew meanwhile stays in the trash, which is concluded. */
static int end_run(const struct native_collection *collection, const char *run, struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf(LAYOUT_TRASH "/%s", run);
	CLEANUP(file_close) int trash = native_trash_open(collection->store, LAYOUT_TRASH, err);
	int error = 0;

	if (trash < 0)
		return errno == ENOENT ? 0 : -1;
	native_trash_prune(collection, collection->store, run);
	error = native_change_rename(collection, trash, run, trash, run + strlen(NATIVE_MOVING));
	return error == 0 || error == ENOENT
		       ? 0
		       : native_trash_fail(collection->store, path, error, err);
}

static int for_each_moving(const struct native_collection *collection,
			   int (*each)(void *ctx, const char *run, struct err *err), void *ctx,
			   struct err *err)
{
	CLEANUP(buf_free) struct buf runs = { 0 };
	int result = native_trash_runs(collection->store, &runs, err);

	for (const char *run = NULL; result == 0 && (run = dir_names_next(&runs, run));)
		if (native_trash_is_moving(run))
			result = each(ctx, run, err);
	return result;
}

static int return_run(void *ctx, const char *run, struct err *err)
{
	struct recovering *recovering = ctx;

	if (native_trash_walk_on(recovering->collection->store, run, move_back, ctx, err) != 0)
		note(recovering, err);
	return 0;
}

static int conclude_run(void *ctx, const char *run, struct err *err)
{
	const struct recovering *recovering = ctx;

	return end_run(recovering->collection, run, err);
}

static bool put_back_link(struct recovering *recovering, const char *repository, const char *named,
			  const char *digest)
{
	const struct native_store *store = recovering->collection->store;
	struct err err = { 0 };
	bool written = false;
	int error = native_link_write(recovering->collection, store, repository, named, digest, 0,
				      &written);

	recovering->out->links += written;
	/* The repository was removed, or somebody wrote another link. */
	if (error == 0 || error == ENOENT || error == EEXIST)
		return true;
	err_set(&err, ERR_COLLECTOR,
		"%s/" NATIVE_REPOSITORIES "/%s: the link of layer %s cannot be put back: %s",
		native_store_path(store), repository, named, strerror(error));
	note(recovering, &err);
	return false;
}

static bool put_back_links(struct recovering *recovering, const struct native_journal *journal,
			   const struct native_entry *entry)
{
	const char *digest = native_journal_text(journal, entry->digest);
	bool back = true;

	if (!is_stored(recovering->collection->store, digest))
		return true;
	for (uint32_t i = 0; i < entry->link_count; i++) {
		const struct native_taken *link = &journal->links[entry->first_link + i];

		back &= put_back_link(recovering, native_journal_text(journal, link->repository),
				      native_journal_text(journal, link->named), digest);
	}
	return back;
}

/* They leave the journal then. */
static void recover_links(struct recovering *recovering, struct native_journal *journal)
{
	for (size_t i = 0; i < journal->count; i++) {
		struct native_entry *entry = &journal->entries[i];

		if (entry->open)
			entry->struck = put_back_links(recovering, journal, entry);
	}
}

static int recover(struct recovering *recovering, struct native_journal *journal, struct err *err)
{
	const struct native_collection *collection = recovering->collection;
	int error = 0;

	if (for_each_moving(collection, return_run, recovering, err) != 0)
		note(recovering, err);
	recover_links(recovering, journal);
	error = native_change_sync(native_store_fd(collection->store));
	if (error != 0)
		return err_set(err, ERR_COLLECTOR, "%s: %s", native_store_path(collection->store),
			       strerror(error));
	/* The journal and the trash know what is missing still. */
	if (recovering->first.kind != ERR_NONE) {
		*err = recovering->first;
		return -1;
	}
	/* The journal knows the links of what was moved until all is on the disk. */
	if (for_each_moving(collection, conclude_run, recovering, err) != 0)
		return -1;
	native_journal_drop_struck(journal);
	return native_journal_save(journal, collection, err);
}

static int say_one(void *ctx, const char *run, struct err *err)
{
	(void)ctx;
	(void)run;
	(void)err;
	return 1;
}

int native_needs_recovery(const struct native_store *store, const struct native_journal *journal,
			  struct err *err)
{
	struct native_collection collection = { .store = store };

	for (size_t i = 0; i < journal->count; i++)
		if (journal->entries[i].open)
			return 1;
	return for_each_moving(&collection, say_one, NULL, err);
}

int native_recover(const struct native_collection *collection, struct native_recovered *out,
		   struct err *err)
{
	struct native_journal *journal = native_journal_load(collection->state, err);
	struct recovering recovering = { .collection = collection, .out = out };
	int result = -1;

	*out = (struct native_recovered){ 0 };
	if (!journal)
		return -1;
	result = native_journal_check(journal, collection->state, collection->store, err);
	if (result == 0)
		result = native_needs_recovery(collection->store, journal, err);
	if (result == 1)
		result = recover(&recovering, journal, err);
	native_journal_free(journal);
	return result;
}
