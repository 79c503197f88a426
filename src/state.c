/* The registry's own folder below paths.state: its locks, and the journal of its debts. */
#include "state.h"

#include "collecting.h"
#include "config.h"
#include "debts.h"
#include "oci/date.h"
#include "state_folder.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL       "debts"
#define JOURNAL_LIMIT ((size_t)1 << 30)

struct state {
	struct debts *debts;
	char *folder_path;
	char *journal_path;
	int folder;
	int lock;
	int storage_lock;
	int journal; /* -1: for reading only */
	bool torn;   /* the journal ends within a line */
};

static struct state *state_new(const struct state_options *options)
{
	CLEANUP(free_p) char *name = state_folder_name(options->url, options->container);
	struct state *state = xmalloc(sizeof *state);

	*state = (struct state){
		.debts = debts_new(),
		.folder_path = xasprintf("%s/%s", options->folder, name),
		.journal_path = xasprintf("%s/%s/" JOURNAL, options->folder, name),
		.folder = -1,
		.lock = -1,
		.storage_lock = -1,
		.journal = -1,
	};
	return state;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void state_close(struct state *state)
{
	if (!state)
		return;
	close_fd(state->journal);
	close_fd(state->storage_lock);
	close_fd(state->lock);
	close_fd(state->folder);
	debts_free(state->debts);
	free(state->folder_path);
	free(state->journal_path);
	free(state);
}

static void state_release(struct state **state)
{
	state_close(*state);
}

static int take_lock(struct state *state, struct err *err)
{
	state->lock =
		openat(state->folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (state->lock >= 0 && flock(state->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (state->lock >= 0 && errno == EWOULDBLOCK)
		return err_set(err, ERR_BUSY, "another clean-registry is at work: it holds %s/lock",
			       state->folder_path);
	return err_set(err, ERR_USAGE, "%s/lock: %s", state->folder_path, strerror(errno));
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

void state_remove_file(const struct state *state, const char *file)
{
	if (state->folder >= 0)
		(void)unlinkat(state->folder, file, 0);
}

static int read_journal(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (state_read_file(state, JOURNAL, JOURNAL_LIMIT, &text, err) != 0) {
		err->kind = ERR_USAGE;
		return errno == ENOENT ? 0 : -1;
	}
	return debts_parse(state->debts, state->journal_path, buf_string(&text), text.length, err);
}

static int write_journal(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	debts_print(state->debts, &text);
	return state_folder_replace(state->journal_path, &text, err);
}

static int open_journal(struct state *state, struct err *err)
{
	if (read_journal(state, err) != 0)
		return -1;
	if (write_journal(state, err) != 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	state->journal =
		openat(state->folder, JOURNAL, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (state->journal < 0)
		return err_set(err, ERR_USAGE, "%s: %s", state->journal_path, strerror(errno));
	return 0;
}

struct state_options state_options(const struct config *config)
{
	return (struct state_options){ .folder = config->paths.state,
				       .url = config->registry.url,
				       .container = config->registry.container,
				       .host_storage = config->paths.host_storage };
}

struct state *state_open(const struct state_options *options, struct err *err)
{
	CLEANUP(state_release) struct state *state = state_new(options);

	state->folder = state_folder_make(state->folder_path, err);
	if (state->folder < 0 || state_folder_check(state->folder, state->folder_path, err) != 0 ||
	    take_lock(state, err) != 0)
		return NULL;
	if (*options->host_storage && lock_storage(state, options->host_storage, err) != 0)
		return NULL;
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
		if (errno != ENOENT)
			log_warning("%s: %s: what an earlier run owes is not known",
				    state->folder_path, strerror(errno));
	} else if (state_folder_check(state->folder, state->folder_path, err) != 0) {
		return NULL;
	} else if (read_journal(state, &why) != 0) {
		log_warning("%s: what an earlier run owes is not known", why.msg);
	}
	return steal(&state);
}

void state_each_debt(const struct state *state, state_each each, void *ctx)
{
	debts_visit(state->debts, DEBT_OWED, each, ctx);
}

void state_each_gone(const struct state *state, state_each each, void *ctx)
{
	debts_visit(state->debts, DEBT_GONE, each, ctx);
}

bool state_collection_owed(const struct state *state)
{
	return debts_collection(state->debts);
}

/* 0 or an errno. */
static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* 0 or an errno; then nothing was added, or at worst lines that count as damaged. */
static int append(struct state *state, const struct buf *lines, bool durable)
{
	struct stat before;
	int error = 0;

	if (state->journal < 0)
		return EROFS;
	if (fstat(state->journal, &before) != 0)
		return errno;
	if (state->torn)
		error = write_all(state->journal, "\n", 1);
	if (error == 0)
		error = write_all(state->journal, lines->data, lines->length);
	if (error == 0 && durable && fdatasync(state->journal) != 0)
		error = errno;
	if (error == 0)
		state->torn = false;
	else if (ftruncate(state->journal, before.st_size) != 0)
		state->torn = true;
	return error;
}

static int append_or_tell(struct state *state, const struct buf *lines, bool durable,
			  struct err *err)
{
	int error = lines->length > 0 ? append(state, lines, durable) : 0;

	if (error != 0)
		return err_set(err, ERR_IO, "%s: %s", state->journal_path, strerror(error));
	return 0;
}

/* Memory follows the file: what failed to be written is not owed, and is written when it is tried
 * again. */
int state_owe(struct state *state, const char *repository, const char *const *digests, size_t count,
	      int64_t now, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (!debts_collection(state->debts))
		buf_text(&lines, DEBTS_COLLECT);
	for (size_t i = 0; i < count; i++)
		if (!debts_is_owed(state->debts, repository, digests[i]) &&
		    debts_line(&lines, DEBT_OWED, repository, digests[i], now, err) != 0)
			return -1;
	if (append_or_tell(state, &lines, true, err) != 0)
		return -1;
	debts_set_collection(state->debts, true);
	for (size_t i = 0; i < count; i++)
		debts_owe(state->debts, repository, digests[i], now);
	return 0;
}

int state_owe_collection(struct state *state, struct err *err)
{
	return state_owe(state, "", NULL, 0, DATE_ABSENT, err);
}

/* What happened is true whether or not it can be written. */
int state_strike(struct state *state, const char *repository, const char *digest, bool gone,
		 struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };
	enum debt_status status = gone ? DEBT_GONE : DEBT_NONE;

	if (debts_line(&lines, status, repository, digest, DATE_ABSENT, err) != 0)
		return -1;
	debts_strike(state->debts, repository, digest, gone);
	return append_or_tell(state, &lines, false, err);
}

int state_settle(struct state *state, const char *repository, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (!debts_settle(state->debts, repository))
		return 0;
	debts_settled_line(&lines, repository);
	return append_or_tell(state, &lines, false, err);
}

int state_collection_done(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (debts_collection(state->debts))
		buf_text(&lines, DEBTS_COLLECTED);
	debts_set_collection(state->debts, false);
	return append_or_tell(state, &lines, false, err);
}

int state_begin_collection(struct state *state, const struct collecting *collecting,
			   struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	collecting_line(&lines, collecting);
	if (append_or_tell(state, &lines, true, err) != 0)
		return -1;
	debts_set_collecting(state->debts, collecting);
	return 0;
}

int state_end_collection(struct state *state, struct err *err)
{
	CLEANUP(buf_free) struct buf lines = { 0 };

	if (!debts_collecting(state->debts))
		return 0;
	buf_text(&lines, DEBTS_ENDED);
	debts_set_collecting(state->debts, NULL);
	return append_or_tell(state, &lines, true, err);
}

const struct collecting *state_collecting(const struct state *state)
{
	return debts_collecting(state->debts);
}
