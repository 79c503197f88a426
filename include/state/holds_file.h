/* The file of what is held, in the registry's folder below paths.state. It has a lock of its own
 * (`holds.lock`), so that somebody can hold a tag while a run is under way. */
#ifndef STATE_HOLDS_FILE_H
#define STATE_HOLDS_FILE_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct holds; /* lists/holds.h */
struct state; /* state/state.h */
struct state_options;

/* Reads HOLDS again; no file says that nothing is held. -1 (ERR_USAGE): what is held is not known,
 * so nothing may be deleted (S2); the message names the file and says what to do. */
int holds_file_read(const struct state *state, struct holds *holds, struct err *err)
	__attribute__((warn_unused_result));

/* False: nothing is to be written, and ERR says why. */
typedef bool (*holds_change)(void *ctx, struct holds *holds, struct err *err);

/* Makes the folders where they are missing, takes the lock, reads HOLDS, has CHANGE change it,
 * drops what expired before NOW, and replaces the file (0600, fsynced). -1: ERR_USAGE, as above or
 * since it cannot be written; ERR_BUSY: others kept the lock for 10 s; or what CHANGE says. */
int holds_file_change(const struct state_options *options, struct holds *holds, int64_t now,
		      holds_change change, void *ctx, struct err *err)
	__attribute__((warn_unused_result));

/* Where it is. The caller frees it. */
char *holds_file_path(const struct state_options *options);

#endif
