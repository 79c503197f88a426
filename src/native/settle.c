/* The end of a collection: what was moved and is needed after all returns, the rest is trash. */
#include "native/back.h"
#include "native/change.h"
#include "native/collect.h"
#include "native/folder.h"
#include "native/journal.h"
#include "native/needed.h"
#include "native/store.h"
#include "native/trash_folder.h"
#include "storage/layout.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static char *moving_path(const struct native_collection *collection)
{
	return xasprintf(LAYOUT_TRASH "/" NATIVE_MOVING "%s", collection->run);
}

static int move_back(const struct native_collection *collection, struct native_entry *entry,
		     const char *digest, struct native_settled *out, struct err *err)
{
	struct native_parts parts = native_parts(digest);
	CLEANUP(free_p) char *top = moving_path(collection);
	CLEANUP(free_p)
	char *path = xasprintf("%s/blobs/%s/%s", top, parts.algorithm, parts.two);
	CLEANUP(file_close) int from = native_trash_open(collection->store, path, err);
	bool anew = false;
	int error = 0;

	if (from < 0)
		return errno == ENOENT ? native_trash_fail(collection->store, path, ENOENT, err)
				       : -1;
	error = native_back(collection, collection->store, from, digest, &anew);
	if (error != 0)
		return native_trash_fail(collection->store, path, error, err);
	entry->swept = false;
	entry->struck = true;
	out->needed += !anew;
	out->anew += anew;
	return 0;
}

int native_settle(const struct native_collection *collection, struct native_journal *journal,
		  const struct native_marks *marks, struct native_settled *out, struct err *err)
{
	int error = 0;

	*out = (struct native_settled){ 0 };
	for (size_t i = 0; i < journal->count; i++) {
		struct native_entry *entry = &journal->entries[i];

		if (entry->swept && native_is_needed(journal, entry, marks) &&
		    move_back(collection, entry, native_journal_digest(journal, i), out, err) != 0)
			return -1;
	}
	if (out->needed + out->anew > 0)
		error = native_change_sync(native_store_fd(collection->store));
	return error ? err_set(err, ERR_COLLECTOR, "%s: %s", native_store_path(collection->store),
			       strerror(error))
		     : 0;
}

/* What this run moved is trash for good: its folder gets its name. Should a power cut undo that,
 * what is left in it only returns once more. */
static int rename_run(const struct native_collection *collection, struct err *err)
{
	const struct native_store *store = collection->store;
	CLEANUP(free_p) char *path = moving_path(collection);
	CLEANUP(free_p) char *name = xasprintf(NATIVE_MOVING "%s", collection->run);
	CLEANUP(file_close) int trash = native_trash_open(store, LAYOUT_TRASH, err);
	int error = 0;

	if (trash < 0)
		return errno == ENOENT ? 0 : -1;
	/* All of it may have returned. */
	native_trash_prune(collection, store, name);
	error = native_change_rename(collection, trash, name, trash, collection->run);
	return error == 0 || error == ENOENT ? 0 : native_trash_fail(store, path, error, err);
}

int native_conclude(const struct native_collection *collection, struct native_journal *journal,
		    struct err *err)
{
	for (size_t i = 0; i < journal->count; i++) {
		struct native_entry *entry = &journal->entries[i];

		entry->open = false;
		entry->struck |= entry->swept;
	}
	native_journal_drop_struck(journal);
	if (native_journal_save(journal, collection, err) != 0)
		return -1;
	return rename_run(collection, err);
}
