/* Looks at what is not marked, and chooses. */
#include "native/candidates.h"
#include "native/digests.h"
#include "native/folder.h"
#include "native/journal.h"
#include "native/marks.h"
#include "native/needed.h"
#include "native/store.h"
#include "native/trash_folder.h"
#include "storage/layout.h"
#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

struct choosing {
	const struct native_store *store;
	const struct native_marks *marks;
	struct native_journal *journal;
	const struct timespec *now;
	int64_t grace;
	struct native_choice *out;
	uint32_t *place;  /* by number of a digest: of its candidate, or NATIVE_NONE */
	bool *in_journal; /* by number */
	struct native_candidate *candidates;
	size_t count, capacity;
	size_t due_capacity;
	int repositories; /* descriptor */
};

__attribute__((format(printf, 2, 3))) static void object(struct choosing *choosing,
							 const char *format, ...)
{
	va_list arguments;

	if (choosing->out->unreadable++ > 0)
		return;
	va_start(arguments, format);
	vsnprintf(choosing->out->first_unreadable, sizeof choosing->out->first_unreadable, format,
		  arguments);
	va_end(arguments);
}

static bool is_newer(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec
					    : one->tv_nsec > other->tv_nsec;
}

static void note_time(struct native_candidate *candidate, const struct stat *status)
{
	if (is_newer(&status->st_mtim, &candidate->newest))
		candidate->newest = status->st_mtim;
	if (is_newer(&status->st_ctim, &candidate->newest))
		candidate->newest = status->st_ctim;
}

/* 0 or an errno: of blobs/<alg>/<xx>/<hex> and the data in it. */
static int stat_blob(const struct native_store *store, const char *digest, struct stat *folder,
		     struct stat *data)
{
	char path[LAYOUT_BLOB_PATH];
	char *slash = NULL;
	int error = 0;

	layout_blob_path(digest, path);
	slash = strrchr(path, '/');
	*slash = '\0';
	error = native_folder_stat(native_store_fd(store), path, folder);
	*slash = '/';
	return error ? error : native_folder_stat_file(native_store_fd(store), path, data);
}

static uint64_t allocated(const struct stat *status)
{
	return (uint64_t)status->st_blocks * 512;
}

/* What is not there any more, or has changed, begins anew: with its own age. */
static bool is_same(const struct native_entry *entry, const struct stat *data)
{
	return data->st_ino == entry->inode && (uint64_t)data->st_size == entry->size &&
	       data->st_mtim.tv_sec == entry->mtime.tv_sec &&
	       data->st_mtim.tv_nsec == entry->mtime.tv_nsec;
}

static void add_due(struct choosing *choosing, size_t entry, uint32_t number,
		    const struct stat *data)
{
	struct native_choice *out = choosing->out;

	GROW(out->due, out->due_count, choosing->due_capacity);
	out->due[out->due_count++] = (struct native_due){
		.entry = (uint32_t)entry,
		.digest = number,
		.size = (uint64_t)data->st_size,
		.allocated = data->st_nlink > 1 ? 0 : allocated(data),
	};
	out->due_bytes += (uint64_t)data->st_size;
}

static void note_waiting(struct choosing *choosing, const struct native_entry *entry)
{
	struct native_choice *out = choosing->out;
	int64_t until = entry->since + choosing->grace;

	out->waiting++;
	out->waiting_bytes += entry->size;
	if (out->waiting_until == 0 || until < out->waiting_until)
		out->waiting_until = until;
}

static void judge_entry(struct choosing *choosing, size_t number)
{
	struct native_entry *entry = &choosing->journal->entries[number];
	const char *digest = native_journal_digest(choosing->journal, number);
	uint32_t mark = native_digests_find_text(choosing->marks->digests, digest);
	struct stat folder, data;
	int error = 0;

	if (entry->struck || entry->swept)
		return;
	entry->struck = mark == NATIVE_NONE || !(choosing->marks->flags[mark] & NATIVE_STORED) ||
			native_is_needed(choosing->journal, entry, choosing->marks);
	if (entry->struck)
		return;
	/* The clock was set back: its grace begins anew, instead of when the clock was wrong. */
	entry->struck = choosing->grace > 0 && entry->since > (int64_t)choosing->now->tv_sec + 1;
	if (entry->struck)
		return;
	error = stat_blob(choosing->store, digest, &folder, &data);
	entry->struck = error == ENOENT || (error == 0 && !is_same(entry, &data));
	if (entry->struck)
		return;
	choosing->in_journal[mark] = true;
	if (error != 0)
		object(choosing, "blob %s: %s", digest, strerror(error));
	else if (native_is_due(entry->since, choosing->now, choosing->grace))
		add_due(choosing, number, mark, &data);
	else
		note_waiting(choosing, entry);
}

static void add_candidate(struct choosing *choosing, uint32_t number)
{
	struct native_candidate candidate = { .digest = number };
	char text[DIGEST_TEXT];
	struct stat folder, data;
	int error = stat_blob(choosing->store,
			      native_digests_text(choosing->marks->digests, number, text), &folder,
			      &data);

	/* A folder without data is none of a blob, to the registry's collector neither. */
	if (error == ENOENT)
		return;
	if (error != 0) {
		object(choosing, "blob %s: %s", text, strerror(error));
		return;
	}
	/* The trash would refuse it. */
	if (!native_trash_owner_is_known(choosing->store, &folder)) {
		object(choosing, "blob %s: its folder belongs to user %u, as nothing else does",
		       text, (unsigned)folder.st_uid);
		return;
	}
	candidate.size = (uint64_t)data.st_size;
	candidate.allocated = allocated(&data);
	candidate.inode = data.st_ino;
	candidate.names = data.st_nlink;
	candidate.mtime = data.st_mtim;
	candidate.changed = data.st_ctim;
	candidate.newest = data.st_mtim;
	note_time(&candidate, &data);
	note_time(&candidate, &folder);
	choosing->place[number] = (uint32_t)choosing->count;
	GROW(choosing->candidates, choosing->count, choosing->capacity);
	choosing->candidates[choosing->count++] = candidate;
}

static void find_candidates(struct choosing *choosing)
{
	uint32_t count = native_digests_count(choosing->marks->digests);

	for (uint32_t i = 0; i < count; i++) {
		choosing->place[i] = NATIVE_NONE;
		if ((choosing->marks->flags[i] & (NATIVE_STORED | NATIVE_MARKED)) ==
			    NATIVE_STORED &&
		    !choosing->in_journal[i])
			add_candidate(choosing, i);
	}
}

/* The journal is a text of lines and blanks. */
static bool is_plain_repository(const char *name)
{
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return false;
	return layout_is_repository(name);
}

/* Why a blob must stay that LINK leads to, whatever its age. */
static const char *link_fault(const struct choosing *choosing, const struct native_link *link)
{
	const struct native_repository *repository =
		&choosing->marks->repositories[link->repository];
	const uint8_t *flags = choosing->marks->flags;

	if (repository->unclear)
		return "its repository is unclear";
	if ((flags[link->named] | flags[link->stored]) & NATIVE_MARKED)
		return "another name of it is needed";
	return is_plain_repository(repository->name) ? NULL : "its repository has an unusual name";
}

static void note_link(struct choosing *choosing, const struct native_link *link, uint32_t place)
{
	struct native_candidate *candidate = &choosing->candidates[place];
	const char *repository = choosing->marks->repositories[link->repository].name;
	const char *fault = link_fault(choosing, link);
	char named[DIGEST_TEXT], path[PATH_BYTES];
	struct native_parts parts =
		native_parts(native_digests_text(choosing->marks->digests, link->named, named));
	struct stat status;
	int error = 0;

	if (!fault && snprintf(path, sizeof path, "%s/_layers/%s/%s/link", repository,
			       parts.algorithm, parts.hex) >= (int)sizeof path)
		error = ENAMETOOLONG;
	if (!fault && error == 0)
		error = native_folder_stat_file(choosing->repositories, path, &status);
	if (!fault && error == 0) {
		note_time(candidate, &status);
		return;
	}
	if (!candidate->unreadable)
		object(choosing, "link of %s in %s: %s", named, repository,
		       fault ? fault : strerror(error));
	candidate->unreadable = true;
}

static void look_at_links(struct choosing *choosing)
{
	const struct native_marks *marks = choosing->marks;

	if (!choosing->candidates)
		return;
	for (size_t i = 0; i < marks->link_count; i++) {
		const struct native_link *link = &marks->links[i];
		uint32_t stored = choosing->place[link->stored];
		uint32_t named = choosing->place[link->named];

		if (stored != NATIVE_NONE)
			note_link(choosing, link, stored);
		if (named != NATIVE_NONE && named != stored)
			note_link(choosing, link, named);
	}
}

static void note_young(struct choosing *choosing, const struct native_candidate *candidate)
{
	struct native_choice *out = choosing->out;
	int64_t until = candidate->newest.tv_sec + choosing->grace + 1;

	if (candidate->unreadable)
		return;
	out->young++;
	out->young_bytes += candidate->size;
	if (out->young_until == 0 || until < out->young_until)
		out->young_until = until;
}

static void object_to_time(struct choosing *choosing, const struct native_candidate *candidate)
{
	char text[DIGEST_TEXT];

	object(choosing, "blob %s: its file is from before 1970",
	       native_digests_text(choosing->marks->digests, candidate->digest, text));
}

/* Those that may go are moved to the front. */
static void choose(struct choosing *choosing)
{
	struct native_choice *out = choosing->out;
	size_t room = choosing->journal->count < NATIVE_JOURNAL_MOST
			      ? NATIVE_JOURNAL_MOST - choosing->journal->count
			      : 0;

	for (size_t i = 0; i < choosing->count; i++) {
		struct native_candidate *candidate = &choosing->candidates[i];

		if (native_candidate_is_young(candidate, choosing->now, choosing->grace)) {
			note_young(choosing, candidate);
		} else if (candidate->mtime.tv_sec < 0) {
			/* It does not fit into the journal. */
			object_to_time(choosing, candidate);
		} else if (out->detach_count < room) {
			choosing->candidates[out->detach_count++] = *candidate;
			out->detach_bytes += candidate->size;
		}
	}
	out->detach = steal(&choosing->candidates);
}

static void note_renewed(struct choosing *choosing)
{
	CLEANUP(free_p) int64_t *moments = xcalloc(choosing->count + 1, sizeof *moments);
	int64_t last = 0;

	for (size_t i = 0; i < choosing->count; i++)
		moments[i] = choosing->candidates[i].changed.tv_sec;
	choosing->out->renewed = native_renewed(moments, choosing->count, &last);
	if (choosing->out->renewed > 0 && last + choosing->grace > choosing->now->tv_sec)
		choosing->out->renewed_until = last + choosing->grace + 1;
}

int native_choose(const struct native_store *store, const struct native_marks *marks,
		  struct native_journal *journal, const struct timespec *now, int64_t grace_seconds,
		  struct native_choice *out, struct err *err)
{
	size_t digests = native_digests_count(marks->digests);
	CLEANUP(free_p) uint32_t *place = xcalloc(digests + 1, sizeof *place);
	CLEANUP(free_p) bool *in_journal = xcalloc(digests + 1, sizeof *in_journal);
	CLEANUP(file_close)
	int repositories = native_folder_open(native_store_fd(store), NATIVE_REPOSITORIES);
	struct choosing choosing = { .store = store,
				     .marks = marks,
				     .journal = journal,
				     .now = now,
				     .grace = grace_seconds,
				     .out = out,
				     .place = place,
				     .in_journal = in_journal,
				     .repositories = repositories };

	*out = (struct native_choice){ 0 };
	if (repositories < 0)
		return err_set(err, ERR_COLLECTOR, "%s/" NATIVE_REPOSITORIES ": %s",
			       native_store_path(store), strerror(errno));
	for (size_t i = 0; i < journal->count; i++)
		judge_entry(&choosing, i);
	find_candidates(&choosing);
	look_at_links(&choosing);
	note_renewed(&choosing);
	choose(&choosing);
	return 0;
}

void native_choice_free(struct native_choice *choice)
{
	free(choice->detach);
	free(choice->due);
	*choice = (struct native_choice){ 0 };
}
