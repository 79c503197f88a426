/* The folder paths.state: the lock, and what an interrupted run still owes.
 *
 * Each registry has its own folder in it, named after its normalised URL and container, so that two
 * registries on one host never mix. Files: `lock` (flock, held while the run lives; nothing is left
 * behind by a crash), `debts` (a journal of lines, versioned; replaced atomically when it is opened
 * and appended to in between; at most 64 MiB), `reserve` (1 MiB that is given up when the disk is
 * full and debts have to be written), and what others keep there (state_read_file,
 * state_replace_file). */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What can be missed most easily: what scans remember, through the API and of the storage, and
 * names for shells. */
#define STATE_CACHE         "cache"
#define STATE_STORAGE_CACHE "storage-cache"
#define STATE_NAMES         "names"

struct buf;
struct state; /* opaque */

struct collecting; /* state/collecting.h */
struct config;     /* config/config.h */

struct state_options {
	const char *folder;       /* paths.state */
	const char *url;          /* normalised */
	const char *container;    /* "" when none */
	const char *host_storage; /* "" when none: locked too (flock on the folder itself) */
	bool no_collector;        /* a registry that has none: no collection is ever owed */
};

/* As CONFIG has them; borrowed from it. */
struct state_options state_options(const struct config *config);

/* Makes the folders (0700) where they are missing, takes both locks, sweeps what killed runs left,
 * reads the debts, and writes them anew: what could not be written is found out here. NULL:
 * ERR_BUSY when another clean-registry holds a lock, ERR_USAGE when the folder or a file in it
 * cannot be made, read or written, or others can write it (state/folder.h). A host_storage that
 * cannot be opened or locked is a warning in the log, no error. */
struct state *state_open(const struct state_options *options, struct err *err);
/* Takes no lock and writes nothing, for a dry run: debts that cannot be read are none, with a
 * warning. NULL (ERR_USAGE): others can write the state (state/folder.h). */
struct state *state_open_read_only(const struct state_options *options, struct err *err);
/* Releases the locks. NULL is fine. */
void state_close(struct state *state);

typedef void (*state_each)(void *ctx, const char *repository, const char *digest, int64_t since);
/* Manifests that an earlier run, or this one, was about to delete and has not struck off; SINCE is
 * when that was planned, seconds since 1970, or DATE_ABSENT. */
void state_each_pending(const struct state *state, state_each each, void *ctx);
/* Manifests that were deleted, of repositories that are not settled since: signatures that describe
 * them may go too (S4). */
void state_each_gone(const struct state *state, state_each each, void *ctx);
bool state_collection_is_pending(const struct state *state);

/* Writes that COUNT manifests of REPOSITORY are to go, as was planned at NOW, and that a collection
 * is owed (unless no_collector), and fsyncs: call before the first DELETE in a repository. What is
 * already owed is not written twice. -1 (ERR_IO): do not delete. */
int state_add_pending(struct state *state, const char *repository, const char *const *digests,
		      size_t count, int64_t now, struct err *err)
	__attribute__((warn_unused_result));
/* Writes that a collection is owed, and fsyncs. */
int state_add_pending_collection(struct state *state, struct err *err)
	__attribute__((warn_unused_result));
/* Strikes a manifest off: GONE says that it was deleted, otherwise that it stays after all. Not
 * fsynced: a line that is lost makes the next run look again. -1 (ERR_IO): the run goes on. */
int state_clear_pending(struct state *state, const char *repository, const char *digest, bool gone,
			struct err *err) __attribute__((warn_unused_result));
/* Everything that was planned in REPOSITORY is done: what is gone from it need not be remembered.
 * Does nothing while it has debts. */
int state_checkpoint(struct state *state, const char *repository, struct err *err)
	__attribute__((warn_unused_result));
int state_collection_done(struct state *state, struct err *err) __attribute__((warn_unused_result));

/* Writes that a collection is begun whose end is not seen, and fsyncs: call before the collector is
 * started. -1 (ERR_IO): do not start it. */
int state_begin_collection(struct state *state, const struct collecting *collecting,
			   struct err *err) __attribute__((warn_unused_result));
/* Its end is known: writes that, and fsyncs. -1 (ERR_IO): the next run asks again. */
int state_end_collection(struct state *state, struct err *err) __attribute__((warn_unused_result));
/* The one that was begun, by this run or an earlier one, and whose end is not known; NULL: none.
 * Borrowed until the next change. */
const struct collecting *state_collecting(const struct state *state);

/* The registry's folder; borrowed. */
const char *state_path(const struct state *state);
/* Whether that is there, but cannot be opened: read-only, no file is found in it then. */
bool state_is_hidden(const struct state *state);
/* Appends the FILE of the registry's folder to OUT; locks do not matter. -1 (ERR_IO): it cannot be
 * read, is no regular file or longer than LIMIT; errno is ENOENT when there is none. */
int state_read_file(const struct state *state, const char *file, size_t limit, struct buf *out,
		    struct err *err) __attribute__((warn_unused_result));
/* Replaces that FILE atomically; makes the folders where they are missing, and takes no lock. */
int state_replace_file(const struct state *state, const char *file, const struct buf *text,
		       struct err *err) __attribute__((warn_unused_result));
/* The same with what WRITE puts into STREAM, piece by piece; -1 of it ends that, and the old file
 * stays. */
int state_write_file(const struct state *state, const char *file,
		     int (*write)(const void *ctx, FILE *stream, struct err *err), const void *ctx,
		     struct err *err) __attribute__((warn_unused_result));
/* The same for what must be written before something is deleted: on a full disk both caches and
 * then the reserve are given up for it, as for the debts. */
int state_replace_needed(const struct state *state, const char *file, const struct buf *text,
			 struct err *err) __attribute__((warn_unused_result));
/* Sees to it that there is a reserve for the next run, if STATE has the locks. -1: ERR_IO. */
int state_keep_reserve(const struct state *state, struct err *err)
	__attribute__((warn_unused_result));

/* Removes that FILE if it is there; one that cannot be removed stays. */
void state_remove_file(const struct state *state, const char *file);

#endif
