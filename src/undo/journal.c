/* Adds lines, whole ones: what was written of some is taken back when the rest cannot be. */
#include "undo/journal.h"

#include "oci/digest.h"
#include "registry/api.h"
#include "state/reserve.h"
#include "state/state.h"
#include "undo/fields.h"
#include "undo/folder.h"
#include "undo/lines.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes of lines that wait until they are written. */
#define WAITING ((size_t)256 << 10)
#define TRIES   100

struct undo_journal {
	const struct state *state;
	struct undo_about about;
	char run[UNDO_RUN_NAME];
	char *path;
	int fd;             /* -1: there is no file yet */
	off_t length;       /* whole lines that are in it */
	struct buf waiting; /* lines that are not */
	bool durable;       /* all that was added is on the disk */
	bool cut;           /* it ends in a cut line, which no other may follow */
};

/* Lines that are being made. */
struct lines {
	FILE *stream;
	char *text;
	size_t length;
};

static void name_run(struct undo_journal *journal, unsigned more)
{
	char when[TIME_TEXT], *to = journal->run;

	/* 2026-11-30T18:26:45Z without what is between its digits. */
	for (const char *from = time_utc(journal->about.started_at, when); *from; from++) {
		if (*from != '-' && *from != ':')
			*to++ = *from;
	}
	to += snprintf(to, 16, "-%d", (int)getpid());
	if (more > 0)
		snprintf(to, 16, "-%u", more);
	free(journal->path);
	journal->path = undo_folder_path(journal->state, journal->run);
}

struct undo_journal *undo_journal_new(const struct state *state, const struct undo_about *about)
{
	struct undo_journal *journal = xcalloc(1, sizeof *journal);

	*journal =
		(struct undo_journal){ .state = state, .about = *about, .fd = -1, .durable = true };
	name_run(journal, 0);
	return journal;
}

void undo_journal_free(struct undo_journal *journal)
{
	if (!journal)
		return;
	file_close(&journal->fd);
	buf_free(&journal->waiting);
	free(journal->path);
	free(journal);
}

const char *undo_journal_run(const struct undo_journal *journal)
{
	return journal->run;
}

const char *undo_journal_path(const struct undo_journal *journal)
{
	return journal->path;
}

bool undo_journal_exists(const struct undo_journal *journal)
{
	return journal->fd >= 0;
}

static FILE *begin(struct lines *lines)
{
	lines->stream = xchecked(open_memstream(&lines->text, &lines->length));
	return lines->stream;
}

static void end(struct lines *lines, struct buf *out)
{
	if (fclose(lines->stream) != 0)
		die_internal("a line of the journal could not be made");
	buf_add(out, lines->text, lines->length);
	free(lines->text);
}

static void add(struct undo_journal *journal, struct lines *lines)
{
	end(lines, &journal->waiting);
	journal->durable = false;
}

/* 0 or an errno; nothing of it stays where not all of it could be written. */
static int write_waiting(struct undo_journal *journal)
{
	size_t done = 0;

	while (done < journal->waiting.length) {
		ssize_t count = write(journal->fd, journal->waiting.data + done,
				      journal->waiting.length - done);
		int number = errno;

		if (count < 0 && number == EINTR)
			continue;
		if (count < 0) {
			journal->cut = ftruncate(journal->fd, journal->length) != 0;
			return number;
		}
		done += (size_t)count;
	}
	journal->length += (off_t)done;
	buf_clear(&journal->waiting);
	return 0;
}

/* On a full disk: gives up what there is for it. False: there is nothing. */
static bool made_room(const struct undo_journal *journal, int number)
{
	CLEANUP(file_close) int folder = -1;

	if (!reserve_is_full(number))
		return false;
	folder = open(state_path(journal->state), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder >= 0 && reserve_give_up(folder);
}

static int explain(const struct undo_journal *journal, int number, struct err *err)
{
	CLEANUP(file_close)
	int folder = open(state_path(journal->state), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	err_set(err, ERR_IO, "%s: %s", journal->path, strerror(number));
	return reserve_explain(number, folder, journal->about.host_storage, err);
}

/* 0 or an errno, also of the folder's fsync: a file whose name is lost tells nothing. */
static int make_file(struct undo_journal *journal, int folder)
{
	const char *name = strrchr(journal->path, '/') + 1;

	journal->fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (journal->fd < 0)
		return errno;
	return fsync(folder) != 0 && errno != EINVAL ? errno : 0;
}

/* In containers every process may have the same number: a second run of one second has another
 * name. */
static int make_named(struct undo_journal *journal, int folder)
{
	int number = make_file(journal, folder);

	for (unsigned more = 1; number == EEXIST && more < TRIES; more++) {
		name_run(journal, more);
		number = make_file(journal, folder);
	}
	return number;
}

static int open_file(struct undo_journal *journal, struct err *err)
{
	CLEANUP(file_close) int folder = -1;
	int number;

	do {
		folder = undo_folder_open(journal->state, true, err);
		number = folder < 0 ? errno : 0;
	} while (number != 0 && made_room(journal, number));
	if (folder < 0)
		return reserve_is_full(number) ? explain(journal, number, err) : -1;
	do
		number = make_named(journal, folder);
	while (number != 0 && made_room(journal, number));
	return number == 0 ? 0 : explain(journal, number, err);
}

/* Before all that waits. */
static void add_head(struct undo_journal *journal)
{
	struct buf rest = journal->waiting;
	struct lines lines;

	journal->waiting = (struct buf){ 0 };
	lines_head(begin(&lines), journal->run, &journal->about);
	end(&lines, &journal->waiting);
	buf_add(&journal->waiting, buf_string(&rest), rest.length);
	buf_free(&rest);
}

/* Writes what waits. */
static int put_out(struct undo_journal *journal, struct err *err)
{
	int number;

	if (journal->cut)
		return err_set(err, ERR_IO, "%s: it ends in a cut line, which cannot be removed",
			       journal->path);
	if (journal->fd < 0) {
		if (open_file(journal, err) < 0)
			return -1;
		add_head(journal);
	}
	do
		number = write_waiting(journal);
	while (number != 0 && !journal->cut && made_room(journal, number));
	return number == 0 ? 0 : explain(journal, number, err);
}

int undo_journal_sync(struct undo_journal *journal, struct err *err)
{
	int number = 0;

	if (journal->durable)
		return 0;
	if (put_out(journal, err) < 0)
		return -1;
	do
		number = fdatasync(journal->fd) == 0 ? 0 : errno;
	while (number != 0 && made_room(journal, number));
	if (number != 0)
		return explain(journal, number, err);
	journal->durable = true;
	return 0;
}

int undo_journal_begin(struct undo_journal *journal, struct err *err)
{
	if (journal->fd >= 0)
		return 0;
	journal->durable = false;
	return undo_journal_sync(journal, err);
}

/* Nothing goes whose bytes are not known to be its own, */
static int check_body(const struct undo_manifest *manifest, struct err *err)
{
	if (manifest->body && (manifest->schema1 || digest_matches(manifest->digest, manifest->body,
								   manifest->body_length)))
		return 0;
	return err_set(err, ERR_USAGE, "its bytes are not known");
}

/* and nothing is written that would not be read again. */
static int check_words(const struct undo_manifest *manifest, struct err *err)
{
	if (!api_repository_valid(manifest->repository) || !fields_is_digest(manifest->digest) ||
	    !manifest->media_type || !fields_is_media_type(manifest->media_type))
		return err_set(err, ERR_USAGE, "its repository or type has an unusual name");
	for (size_t t = 0; t < manifest->tag_count; t++) {
		if (!api_tag_valid(manifest->tags[t].name))
			return err_set(err, ERR_USAGE, "a tag of it has an unusual name");
	}
	return 0;
}

/* Memory is bounded: what waits is written now and then. */
static int relieve(struct undo_journal *journal, struct err *err)
{
	return journal->waiting.length < WAITING ? 0 : put_out(journal, err);
}

int undo_journal_add_manifest(struct undo_journal *journal, const struct undo_manifest *manifest,
			      struct err *err)
{
	struct lines lines;

	if (check_body(manifest, err) < 0 || check_words(manifest, err) < 0)
		return -1;
	lines_manifest(begin(&lines), manifest);
	add(journal, &lines);
	return relieve(journal, err);
}

int undo_journal_add_tags(struct undo_journal *journal, const struct undo_manifest *manifest,
			  struct err *err)
{
	struct lines lines;

	if ((manifest->body && check_body(manifest, err) < 0) || check_words(manifest, err) < 0)
		return -1;
	lines_tags(begin(&lines), manifest);
	add(journal, &lines);
	return relieve(journal, err);
}

int undo_journal_add_listed(struct undo_journal *journal, const struct undo_listed *listed,
			    struct err *err)
{
	struct lines lines;

	if (!api_repository_valid(listed->repository) || !fields_is_digest(listed->digest) ||
	    !api_tag_valid(listed->tag->name))
		return err_set(err, ERR_USAGE, "its repository or tag has an unusual name");
	lines_listed(begin(&lines), listed);
	add(journal, &lines);
	return relieve(journal, err);
}

int undo_journal_tell(struct undo_journal *journal, enum undo_fate fate, const char *repository,
		      const char *digest, const char *tag, struct err *err)
{
	struct lines lines;
	bool durable = journal->durable;
	int result;

	lines_fate(begin(&lines), fate, repository, digest, tag);
	add(journal, &lines);
	result = put_out(journal, err);
	/* It is no reason to fsync. */
	journal->durable = durable && result == 0;
	return result;
}

int undo_journal_collecting(struct undo_journal *journal, const struct undo_collection *collection,
			    struct err *err)
{
	struct lines lines;

	lines_collecting(begin(&lines), collection);
	add(journal, &lines);
	return undo_journal_sync(journal, err);
}

int undo_journal_collected(struct undo_journal *journal, const struct undo_collection *collection,
			   struct err *err)
{
	struct lines lines;

	lines_collected(begin(&lines), collection);
	add(journal, &lines);
	return put_out(journal, err);
}

int undo_journal_end(struct undo_journal *journal, const struct undo_run *run, struct err *err)
{
	struct lines lines;

	if (journal->fd < 0)
		return 0;
	lines_end(begin(&lines), run);
	add(journal, &lines);
	return undo_journal_sync(journal, err);
}
