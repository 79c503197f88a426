/* Reads the file without a lock, as it is only ever replaced whole; changes it under one. */
#include "state/holds_file.h"

#include "lists/holds.h"
#include "state/folder.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "holds"
#define LOCK_NAME FILE_NAME ".lock"
/* Whoever has the lock reads and writes one small file. */
#define LOCK_WAIT_MS  10000
#define LOCK_PAUSE_NS 20000000

static int not_known(const char *path, const char *why, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "%s: %s: what is held is not known, so nothing is deleted; put the file "
		       "aside, and hold again what has to stay (clean-registry hold)",
		       path, why);
}

static int parse(const char *path, const struct buf *text, struct holds *holds, struct err *err)
{
	struct err why = { 0 };

	if (holds_parse(holds, buf_string(text), text->length, &why) == 0)
		return 0;
	return not_known(path, why.msg, err);
}

/* TEXT was READ, or errno says why not. */
static int take(const char *path, int read, const struct buf *text, struct holds *holds,
		struct err *err)
{
	int number = errno;
	struct err none;

	if (read == 0)
		return parse(path, text, holds, err);
	if (number == ENOENT)
		return holds_parse(holds, NULL, 0, &none);
	return not_known(path,
			 number == EFBIG ? "it is longer than 1 MiB"
			 : number        ? strerror(number)
					 : "it is no regular file",
			 err);
}

int holds_file_read(const struct state *state, struct holds *holds, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *path = xasprintf("%s/" FILE_NAME, state_path(state));
	struct err why;
	int read = state_read_file(state, FILE_NAME, HOLDS_LIMIT, &text, &why);

	return take(path, read, &text, holds, err);
}

char *holds_file_path(const struct state_options *options)
{
	CLEANUP(free_p) char *folder = state_folder_path(options);

	return xasprintf("%s/" FILE_NAME, folder);
}

/* The lock's file, locked, or -1. */
static int take_lock(int folder, const char *path, struct err *err)
{
	int64_t until = time_monotonic_ms() + LOCK_WAIT_MS;
	int lock = openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	while (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || time_is_up(until)) {
			int number = errno;

			close(lock);
			return number == EWOULDBLOCK
				       ? err_set(err, ERR_BUSY,
						 "%s/" LOCK_NAME ": somebody else holds or "
						 "releases since 10 s; try again",
						 path)
				       : err_set(err, ERR_USAGE, "%s/" LOCK_NAME ": %s", path,
						 strerror(number));
		}
		nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
	}
	return lock >= 0 ? lock
			 : err_set(err, ERR_USAGE, "%s/" LOCK_NAME ": %s", path, strerror(errno));
}

static int write_file(const char *path, const struct holds *holds, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	holds_print(holds, &text);
	if (text.length > HOLDS_LIMIT)
		return err_set(err, ERR_USAGE, "%s: it would be longer than 1 MiB; release some",
			       path);
	if (state_folder_replace(path, &text, err) == 0)
		return 0;
	err->kind = ERR_USAGE;
	return -1;
}

static int change_locked(int folder, const char *path, struct holds *holds, int64_t now,
			 holds_change change, void *ctx, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(free_p) char *file = xasprintf("%s/" FILE_NAME, path);
	struct err why;
	int read = state_folder_read(folder, path, FILE_NAME, HOLDS_LIMIT, &text, &why);

	if (take(file, read, &text, holds, err) < 0 || !change(ctx, holds, err))
		return -1;
	holds_drop_expired(holds, now);
	return write_file(file, holds, err);
}

int holds_file_change(const struct state_options *options, struct holds *holds, int64_t now,
		      holds_change change, void *ctx, struct err *err)
{
	CLEANUP(free_p) char *path = state_folder_path(options);
	int folder = state_folder_make(path, err), lock = -1, result = -1;

	if (folder < 0)
		return -1;
	if (state_folder_check(folder, path, err) == 0)
		lock = take_lock(folder, path, err);
	if (lock >= 0) {
		result = change_locked(folder, path, holds, now, change, ctx, err);
		close(lock);
	}
	close(folder);
	return result;
}
