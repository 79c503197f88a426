/* Phase 2: moves what is due to the trash, folder by folder. Nothing is synced here: should a power
 * cut undo renames, their blobs are at their places, and the journal knows their links. */
#include "native/candidates.h"
#include "native/change.h"
#include "native/collect.h"
#include "native/folder.h"
#include "native/journal.h"
#include "native/store.h"
#include "native/trash_folder.h"
#include "storage/layout.h"
#include "util/file.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sweeping {
	const struct native_collection *collection;
	struct native_journal *journal;
	struct native_swept *out;
	char place[32]; /* <alg>/<xx>, of which the folders are open: */
	int from;       /* blobs/<alg>/<xx> */
	int into;       /* the same in the trash */
};

struct order {
	const char *digest;
	uint32_t entry;
};

static int compare_orders(const void *one, const void *other)
{
	const struct order *a = one, *b = other;

	return strcmp(a->digest, b->digest);
}

/* By digest, so that each folder is opened once. */
static struct order *sort_due(const struct native_journal *journal,
			      const struct native_choice *choice)
{
	struct order *orders = xcalloc(choice->due_count + 1, sizeof *orders);

	for (size_t i = 0; i < choice->due_count; i++)
		orders[i] = (struct order){ .entry = choice->due[i].entry,
					    .digest = native_journal_digest(journal,
									    choice->due[i].entry) };
	qsort(orders, choice->due_count, sizeof *orders, compare_orders);
	return orders;
}

/* Opens both folders of <alg>/<xx>. */
static int enter(struct sweeping *sweeping, const struct native_parts *parts, struct err *err)
{
	const struct native_collection *collection = sweeping->collection;
	char place[sizeof sweeping->place];
	CLEANUP(free_p) char *from = NULL;
	CLEANUP(free_p) char *into = NULL;

	snprintf(place, sizeof place, "%s/%s", parts->algorithm, parts->two);
	if (strcmp(place, sweeping->place) == 0)
		return 0;
	file_close(&sweeping->from);
	file_close(&sweeping->into);
	sweeping->place[0] = '\0';
	from = xasprintf(NATIVE_BLOBS "/%s", place);
	into = xasprintf(LAYOUT_TRASH "/" NATIVE_MOVING "%s/blobs/%s", collection->run, place);
	sweeping->from = native_folder_open(native_store_fd(collection->store), from);
	if (sweeping->from < 0)
		return err_set(err, ERR_COLLECTOR, "%s/%s: %s",
			       native_store_path(collection->store), from, strerror(errno));
	sweeping->into = native_trash_make(collection, collection->store, into, err);
	if (sweeping->into < 0)
		return -1;
	memcpy(sweeping->place, place, sizeof place);
	return 0;
}

/* Whether the blob in HEX is still that of the journal; its folder must be one that the trash will
 * not refuse. */
static bool is_same(const struct sweeping *sweeping, const struct native_entry *entry,
		    const char *hex)
{
	CLEANUP(free_p) char *name = xasprintf("%s/data", hex);
	struct stat status;

	if (native_folder_stat(sweeping->from, hex, &status) != 0 ||
	    !native_trash_owner_is_known(sweeping->collection->store, &status) ||
	    native_folder_stat_file(sweeping->from, name, &status) != 0)
		return false;
	return status.st_ino == entry->inode && (uint64_t)status.st_size == entry->size &&
	       status.st_mtim.tv_sec == entry->mtime.tv_sec &&
	       status.st_mtim.tv_nsec == entry->mtime.tv_nsec;
}

static int move(struct sweeping *sweeping, uint32_t number, struct err *err)
{
	struct native_entry *entry = &sweeping->journal->entries[number];
	const char *digest = native_journal_digest(sweeping->journal, number);
	struct native_parts parts = native_parts(digest);
	int error = 0;

	if (enter(sweeping, &parts, err) != 0)
		return -1;
	if (!is_same(sweeping, entry, parts.hex)) {
		sweeping->out->changed++;
		entry->struck = true;
		return 0;
	}
	error = native_change_rename(sweeping->collection, sweeping->from, parts.hex,
				     sweeping->into, parts.hex);
	if (error == ENOENT)
		return 0;
	if (error != 0)
		return err_set(err, ERR_COLLECTOR, "%s/" NATIVE_BLOBS "/%s/%s to the trash: %s",
			       native_store_path(sweeping->collection->store), sweeping->place,
			       parts.hex, strerror(error));
	entry->swept = true;
	sweeping->out->blobs++;
	sweeping->out->bytes += entry->size;
	return 0;
}

/* Until the run concludes, a kill returns what is moved together with its links. */
static int open_entries(const struct sweeping *sweeping, const struct native_choice *choice,
			struct err *err)
{
	struct native_journal *journal = sweeping->journal;

	if (choice->due_count == 0)
		return 0;
	for (size_t i = 0; i < choice->due_count; i++)
		journal->entries[choice->due[i].entry].open = true;
	return native_journal_save(journal, sweeping->collection, err);
}

int native_sweep(const struct native_collection *collection, struct native_journal *journal,
		 const struct native_choice *choice, struct native_swept *out, struct err *err)
{
	struct sweeping sweeping = {
		.collection = collection, .journal = journal, .out = out, .from = -1, .into = -1
	};
	CLEANUP(free_p) struct order *orders = sort_due(journal, choice);
	int result = open_entries(&sweeping, choice, err);

	*out = (struct native_swept){ 0 };
	for (size_t i = 0; i < choice->due_count && result == 0; i++)
		result = move(&sweeping, orders[i].entry, err);
	file_close(&sweeping.from);
	file_close(&sweeping.into);
	if (out->blobs > 0)
		out->moved_at = time_monotonic_ms();
	return result;
}
