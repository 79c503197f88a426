/* One run, from its fork to its end. Private to src/watch. */
#ifndef WATCH_RUN_H
#define WATCH_RUN_H

#include "cli/options.h"
#include "state/watch_lock.h"
#include "util/environment.h"
#include "util/forked.h"
#include "util/string_list.h"
#include "watch/settings.h"
#include "watch/watch.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_run {
	struct forked child; /* pidfd -1: none is at work */
	char *what;          /* it does, in words */
	int64_t began_ms;
};

/* What the child takes from us. */
struct watch_order {
	const struct options *options;
	const char *path;
	const struct watch_calls *calls;
	struct settings *settings;
	struct environment *started; /* released in the child, as it has every secret */
	struct watch_lock *lock;     /* given up there */
	bool rules;                  /* all rules; or JOBS alone */
	const struct string_list *jobs;
};

/* Begins it, and logs that. -1: no process could be had; that is logged, but not AGAIN. */
int watch_run_begin(struct watch_run *run, struct watch_order *order, bool again)
	__attribute__((warn_unused_result));
/* It has ended, or this waits for that; logged, unless well, as a WARNING; ASKED: we asked it to
 * stop. True: all that it was to do is done. HOW: its end in words, the caller's. */
bool watch_run_end(struct watch_run *run, bool asked, char **how);

#endif
