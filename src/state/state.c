/* The registry's own folder below paths.state: its locks, and the journal of its debts. */
#include "state/state.h"

#include "config/config.h"
#include "state/collecting.h"
#include "state/folder.h"
#include "state/journal.h"
#include "state/pending.h"
#include "state/reserve.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/file.h"
#include "util/log.h"
#include "util/sweep.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL "debts"
/* Bytes that debts leave in the journal for what becomes of them, and for the collection. */
#define HEADROOM ((size_t)1 << 20)

struct state {
	struct pending *pending;
	char *folder_path;
	char *host_storage; /* "" when none */
	bool no_collector;
	int folder;
	bool hidden; /* there is a folder, but it cannot be opened */
	int lock;
	int storage_lock;
	struct journal journal;
};

static struct state *state_new(const struct state_options *options)
{
	CLEANUP(free_p) char *name = state_folder_name(options->url, options->container);
	struct state *state = xmalloc(sizeof *state);

	*state = (struct state){
		.pending = pending_new(),
		.folder_path = xasprintf("%s/%s", options->folder, name),
		.journal = { .path = xasprintf("%s/%s/" JOURNAL, options->folder, name), .fd = -1 },
		.host_storage = xstrdup(options->host_storage),
		.no_collector = options->no_collector,
		.folder = -1,
		.lock = -1,
		.storage_lock = -1,
	};
	return state;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	journal_close(&state->journal);
	file_close(&state->storage_lock);
	file_close(&state->lock);
	file_close(&state->folder);
	pending_free(state->pending);
	free(state->folder_path);
	free(state->host_storage);
	free(state);
}

static void state_release(struct state **state)
{
	state_close(*state);
}

static int take_lock(struct state *state, struct err *err)
{
	int number;

	state->lock =
		openat(state->folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (state->lock >= 0 && flock(state->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (state->lock >= 0 && errno == EWOULDBLOCK)
		return err_set(err, ERR_BUSY, "another clean-registry is at work: it holds %s/lock",
			       state->folder_path);
	number = errno;
	err_set(err, ERR_USAGE, "%s/lock: %s", state->folder_path, strerror(number));
	return reserve_explain(number, state->folder, state->host_storage, err);
}

/* Two configurations may name one storage by different addresses: it is locked as well. */
static int lock_storage(struct state *state, const char *path, struct err *err)
{
	state->storage_lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->storage_lock >= 0 && flock(state->storage_lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (state->storage_lock >= 0 && errno == EWOULDBLOCK)
		return err_set(err, ERR_BUSY,
			       "another clean-registry is at work: it holds a lock on %s", path);
	log_warning("%s: cannot be locked: %s", path, strerror(errno));
	return 0;
}

const char *state_path(const struct state *state)
{
	return state->folder_path;
}

bool state_is_hidden(const struct state *state)
{
	return state->hidden;
}

int state_read_file(const struct state *state, const char *file, size_t limit, struct buf *out,
		    struct err *err)
{
	return state_folder_read(state->folder, state->folder_path, file, limit, out, err);
}

int state_replace_file(const struct state *state, const char *file, const struct buf *text,
		       struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/%s", state->folder_path, file);
	int folder = state_folder_make(state->folder_path, err);

	if (folder < 0)
		return -1;
	close(folder);
	return state_folder_replace(path, text, err);
}

/* On a full disk a run that would free room must not end for the want of a little. */
static bool made_room(const struct state *state, int number)
{
	return reserve_is_full(number) && state->lock >= 0 && reserve_give_up(state->folder);
}

/* As state_folder_replace; gives up what there is for it. */
static int replace_needed(const struct state *state, const char *path, const struct buf *text,
			  struct err *err)
{
	int number;

	while (state_folder_replace(path, text, err) != 0) {
		number = errno;
		if (!made_room(state, number))
			return reserve_explain(number, state->folder, state->host_storage, err);
	}
	return 0;
}

int state_replace_needed(const struct state *state, const char *file, const struct buf *text,
			 struct err *err)
{
	CLEANUP(free_p) char *path = xasprintf("%s/%s", state->folder_path, file);

	return replace_needed(state, path, text, err);
}

int state_keep_reserve(const struct state *state, struct err *err)
{
	return state->lock < 0 ? 0 : reserve_make(state->folder, state->folder_path, err);
}

void state_remove_file(const struct state *state, const char *file)
{
	if (state->folder >= 0)
		(void)unlinkat(state->folder, file, 0);
}

static int read_journal(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (state_read_file(state, JOURNAL, JOURNAL_LIMIT, &text, err) != 0) {
		if (errno == ENOENT)
			return 0;
		if (errno == EFBIG)
			return err_set(
				err, ERR_USAGE,
				"%s is longer than 64 MiB, which no run of this version writes: "
				"it is not read; put it aside (what an interrupted run left to "
				"delete is then forgotten), see to it that no collector runs, and "
				"run clean-registry collect",
				state->journal.path);
		err->kind = ERR_USAGE;
		return -1;
	}
	return pending_parse(state->pending, state->journal.path, buf_string(&text), text.length,
			     err);
}

static int write_journal(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	pending_print(state->pending, &text);
	if (replace_needed(state, state->journal.path, &text, err) != 0)
		return -1;
	if (journal_open(&state->journal) == 0)
		return 0;
	return err_set(err, ERR_IO, "%s: %s", state->journal.path, strerror(errno));
}

static int open_journal(struct state *state, struct err *err)
{
	if (read_journal(state, err) != 0)
		return -1;
	if (write_journal(state, err) == 0)
		return 0;
	err->kind = ERR_USAGE;
	return -1;
}

struct state_options state_options(const struct config *config)
{
	return (struct state_options){ .folder = config->paths.state,
				       .url = config->registry.url,
				       .container = config->registry.container,
				       .host_storage = config->paths.host_storage,
				       .no_collector = config->registry.kind == KIND_SCALEWAY };
}

struct state *state_open(const struct state_options *options, struct err *err)
{
	CLEANUP(state_release) struct state *state = state_new(options);

	state->folder = state_folder_make(state->folder_path, err);
	if (state->folder < 0) {
		(void)reserve_explain(errno, state->folder, state->host_storage, err);
		return NULL;
	}
	if (state_folder_check(state->folder, state->folder_path, err) != 0 ||
	    take_lock(state, err) != 0)
		return NULL;
	if (*options->host_storage && lock_storage(state, options->host_storage, err) != 0)
		return NULL;
	sweep_folder(state->folder_path, NULL);
	if (open_journal(state, err) != 0)
		return NULL;
	return steal(&state);
}

struct state *state_open_read_only(const struct state_options *options, struct err *err)
{
	CLEANUP(state_release) struct state *state = state_new(options);
	struct err why;

	state->folder = open(state->folder_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->folder < 0) {
		state->hidden = errno != ENOENT;
		if (state->hidden)
			log_warning(
				"%s: %s: what an earlier run owes, and what is held, is not known",
				state->folder_path, strerror(errno));
	} else if (state_folder_check(state->folder, state->folder_path, err) != 0) {
		return NULL;
	} else if (read_journal(state, &why) != 0) {
		log_warning("%s: what an earlier run owes is not known", why.msg);
	}
	return steal(&state);
}

void state_each_pending(const struct state *state, state_each each, void *ctx)
{
	pending_visit(state->pending, PENDING_DELETE, each, ctx);
}

void state_each_gone(const struct state *state, state_each each, void *ctx)
{
	pending_visit(state->pending, PENDING_GONE, each, ctx);
}

bool state_collection_is_pending(const struct state *state)
{
	return !state->no_collector && pending_collection(state->pending);
}

/* A journal that the next run would refuse is not written: what is settled leaves it. */
static int fit(struct state *state, size_t length, struct err *err)
{
	if (journal_has_room(&state->journal, length))
		return 0;
	if (write_journal(state, err) != 0)
		return -1;
	if (journal_has_room(&state->journal, length))
		return 0;
	return err_set(err, ERR_IO,
		       "%s: it would be longer than 64 MiB: too much would go at once; let rules "
		       "select less in the first runs (a greater cleanup.days_to_keep, say)",
		       state->journal.path);
}

/* DURABLE: what must be written before something is done. */
static int append_or_tell(struct state *state, const struct buf *lines, bool durable,
			  struct err *err)
{
	int error = 0;

	if (lines->length == 0)
		return 0;
	if (fit(state, lines->length, err) != 0)
		return -1;
	do
		error = journal_append(&state->journal, lines, durable);
	while (error != 0 && durable && made_room(state, error));
	if (error == 0)
		return 0;
	err_set(err, ERR_IO, "%s: %s", state->journal.path, strerror(error));
	return reserve_explain(error, state->folder, state->host_storage, err);
}

/* Updates memory only after the write succeeded, so that the next try writes it again. */
int state_add_pending(struct state *state, const char *repository, const char *const *digests,
		      size_t count, int64_t now, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (!pending_collection(state->pending) && !state->no_collector)
		buf_text(&lines, PENDING_COLLECT);
	for (size_t i = 0; i < count; i++)
		if (!pending_has(state->pending, repository, digests[i]) &&
		    pending_line(&lines, PENDING_DELETE, repository, digests[i], now, err) != 0)
			return -1;
	if ((count > 0 && fit(state, lines.length + HEADROOM, err) != 0) ||
	    append_or_tell(state, &lines, true, err) != 0)
		return -1;
	pending_set_collection(state->pending, !state->no_collector);
	for (size_t i = 0; i < count; i++)
		pending_add(state->pending, repository, digests[i], now);
	return 0;
}

int state_add_pending_collection(struct state *state, struct err *err)
{
	return state_add_pending(state, "", NULL, 0, DATE_ABSENT, err);
}

/* Update memory even if the write fails: the event has happened. */
int state_clear_pending(struct state *state, const char *repository, const char *digest, bool gone,
			struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };
	enum pending_status status = gone ? PENDING_GONE : PENDING_NONE;

	if (pending_line(&lines, status, repository, digest, DATE_ABSENT, err) != 0)
		return -1;
	pending_clear(state->pending, repository, digest, gone);
	return append_or_tell(state, &lines, false, err);
}

int state_checkpoint(struct state *state, const char *repository, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (!pending_checkpoint(state->pending, repository))
		return 0;
	pending_checkpoint_line(&lines, repository);
	return append_or_tell(state, &lines, false, err);
}

int state_collection_done(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (pending_collection(state->pending))
		buf_text(&lines, PENDING_COLLECTED);
	pending_set_collection(state->pending, false);
	return append_or_tell(state, &lines, false, err);
}

int state_begin_collection(struct state *state, const struct collecting *collecting,
			   struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	collecting_line(&lines, collecting);
	if (append_or_tell(state, &lines, true, err) != 0)
		return -1;
	pending_set_collecting(state->pending, collecting);
	return 0;
}

int state_end_collection(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (!pending_collecting(state->pending))
		return 0;
	buf_text(&lines, PENDING_ENDED);
	pending_set_collecting(state->pending, NULL);
	return append_or_tell(state, &lines, true, err);
}

const struct collecting *state_collecting(const struct state *state)
{
	return pending_collecting(state->pending);
}
