/* Phase 1: takes layer links. What will be taken is in the journal, on the disk, before the first
 * of them goes. */
#include "native/candidates.h"
#include "native/change.h"
#include "native/collect.h"
#include "native/digests.h"
#include "native/folder.h"
#include "native/journal.h"
#include "native/marks.h"
#include "native/store.h"
#include "oci/digest.h"
#include "storage/link_file.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A link of a candidate: both are numbers in their arrays. */
struct pair {
	uint32_t candidate;
	uint32_t link;
};

struct detaching {
	const struct native_collection *collection;
	const struct native_choice *choice;
	const struct native_marks *marks;
	const struct timespec *now;
	struct native_detached *out;
	struct pair *pairs; /* in the order of the marks' links */
	size_t count, capacity;
	uint32_t repository; /* whose folder LAYERS is, or NATIVE_NONE */
	int layers;
};

static void add_pair(struct detaching *detaching, uint32_t candidate, size_t link)
{
	if (candidate == NATIVE_NONE)
		return;
	GROW(detaching->pairs, detaching->count, detaching->capacity);
	detaching->pairs[detaching->count++] =
		(struct pair){ .candidate = candidate, .link = (uint32_t)link };
}

static void find_links(struct detaching *detaching)
{
	const struct native_marks *marks = detaching->marks;
	size_t digests = native_digests_count(marks->digests);
	CLEANUP(free_p) uint32_t *place = xcalloc(digests + 1, sizeof *place);

	for (size_t i = 0; i < digests; i++)
		place[i] = NATIVE_NONE;
	for (size_t i = 0; i < detaching->choice->detach_count; i++)
		place[detaching->choice->detach[i].digest] = (uint32_t)i;
	for (size_t i = 0; i < marks->link_count; i++) {
		uint32_t stored = place[marks->links[i].stored];
		uint32_t named = place[marks->links[i].named];

		add_pair(detaching, stored, i);
		if (named != stored)
			add_pair(detaching, named, i);
	}
}

static int compare_pairs(const void *one, const void *other)
{
	const struct pair *a = one, *b = other;

	if (a->candidate != b->candidate)
		return a->candidate < b->candidate ? -1 : 1;
	return a->link < b->link ? -1 : a->link > b->link;
}

static void add_entry(const struct detaching *detaching, struct native_journal *journal,
		      const struct native_candidate *candidate)
{
	char text[DIGEST_TEXT];
	uint32_t number = native_journal_add(
		journal, native_digests_text(detaching->marks->digests, candidate->digest, text));
	struct native_entry *entry = &journal->entries[number];

	entry->inode = candidate->inode;
	entry->size = candidate->size;
	entry->mtime = candidate->mtime;
	/* Rounded up: a grace is never cut. */
	entry->since = (int64_t)detaching->now->tv_sec + (detaching->now->tv_nsec > 0);
	entry->open = true;
}

/* An entry for each candidate, with its links. */
static void write_down(const struct detaching *detaching, struct native_journal *journal)
{
	const struct native_marks *marks = detaching->marks;
	CLEANUP(free_p)
	struct pair *pairs = xcalloc(detaching->count + 1, sizeof *pairs);
	size_t next = 0;

	if (detaching->count > 0) {
		memcpy(pairs, detaching->pairs, detaching->count * sizeof *pairs);
		qsort(pairs, detaching->count, sizeof *pairs, compare_pairs);
	}
	for (size_t i = 0; i < detaching->choice->detach_count; i++) {
		add_entry(detaching, journal, &detaching->choice->detach[i]);
		for (; next < detaching->count && pairs[next].candidate == i; next++) {
			const struct native_link *link = &marks->links[pairs[next].link];
			char named[DIGEST_TEXT];

			native_journal_add_link(
				journal, marks->repositories[link->repository].name,
				native_digests_text(marks->digests, link->named, named));
		}
	}
}

/* Whether the link in FOLDER is still what was chosen: it may have been written anew since. */
static bool may_be_taken(const struct detaching *detaching, int folder,
			 const struct native_link *link)
{
	char stored[DIGEST_TEXT], text[DIGEST_TEXT];
	struct native_candidate look = { 0 };
	struct stat status;
	size_t length = 0;

	if (native_folder_stat_file(folder, "link", &status) != 0 ||
	    link_file_read(folder, "link", text, &length, &status) != 0)
		return false;
	look.newest = status.st_mtim;
	if (status.st_ctim.tv_sec > look.newest.tv_sec ||
	    (status.st_ctim.tv_sec == look.newest.tv_sec &&
	     status.st_ctim.tv_nsec > look.newest.tv_nsec))
		look.newest = status.st_ctim;
	native_digests_text(detaching->marks->digests, link->stored, stored);
	return strlen(stored) == length && strcmp(stored, text) == 0 &&
	       !native_candidate_is_young(&look, detaching->now,
					  detaching->collection->grace_seconds);
}

/* Opens _layers of the LINK's repository, unless it is open. 0 or an errno. */
static int enter_repository(struct detaching *detaching, const struct native_link *link)
{
	CLEANUP(free_p) char *path = NULL;

	if (detaching->repository == link->repository && detaching->layers >= 0)
		return 0;
	file_close(&detaching->layers);
	path = xasprintf(NATIVE_REPOSITORIES "/%s/_layers",
			 detaching->marks->repositories[link->repository].name);
	detaching->layers = native_folder_open(native_store_fd(detaching->collection->store), path);
	detaching->repository = link->repository;
	return detaching->layers < 0 ? errno : 0;
}

static int take(struct detaching *detaching, const struct native_link *link)
{
	char named[DIGEST_TEXT];
	struct native_parts parts =
		native_parts(native_digests_text(detaching->marks->digests, link->named, named));
	CLEANUP(free_p) char *path = xasprintf("%s/%s", parts.algorithm, parts.hex);
	CLEANUP(file_close) int folder = -1;
	int error = enter_repository(detaching, link);

	if (error == 0) {
		folder = native_folder_open(detaching->layers, path);
		error = folder < 0 ? errno : 0;
	}
	if (error != 0)
		return error;
	if (!may_be_taken(detaching, folder, link)) {
		detaching->out->young++;
		return 0;
	}
	/* The folder stays: a link that is put back gets its owner, mode and label. */
	error = native_change_unlink(detaching->collection, folder, "link");
	detaching->out->links += error == 0;
	return error;
}

static int take_all(struct detaching *detaching, struct err *err)
{
	const struct native_marks *marks = detaching->marks;

	for (size_t i = 0; i < detaching->count; i++) {
		const struct native_link *link = &marks->links[detaching->pairs[i].link];
		int error = take(detaching, link);
		char named[DIGEST_TEXT];

		if (error != 0 && error != ENOENT)
			return err_set(err, ERR_COLLECTOR,
				       "%s/" NATIVE_REPOSITORIES "/%s: the link of layer %s: %s",
				       native_store_path(detaching->collection->store),
				       marks->repositories[link->repository].name,
				       native_digests_text(marks->digests, link->named, named),
				       strerror(error));
	}
	return 0;
}

int native_detach(const struct native_collection *collection, struct native_journal *journal,
		  const struct native_choice *choice, const struct native_marks *marks,
		  const struct timespec *now, struct native_detached *out, struct err *err)
{
	struct detaching detaching = { .collection = collection,
				       .choice = choice,
				       .marks = marks,
				       .now = now,
				       .out = out,
				       .repository = NATIVE_NONE,
				       .layers = -1 };
	size_t before = journal->count;
	int result = 0;

	*out = (struct native_detached){ .blobs = choice->detach_count };
	if (choice->detach_count == 0)
		return 0;
	find_links(&detaching);
	write_down(&detaching, journal);
	result = native_journal_save(journal, collection, err);
	if (result != 0)
		journal->count = before;
	else
		result = take_all(&detaching, err);
	file_close(&detaching.layers);
	free(detaching.pairs);
	return result;
}
