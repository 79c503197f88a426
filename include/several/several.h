/* A folder of configurations: each *.json in it is one registry. Each is worked on by a child of
 * its own, which is this process as it was when it forked: a crash, a stop signal, a lock or a
 * secret of one is none of the others'. */
#ifndef SEVERAL_SEVERAL_H
#define SEVERAL_SEVERAL_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct config;  /* config/config.h */
struct options; /* cli/options.h */

/* What a child knows of its registry's place among the others; opaque. */
struct several_gate;

/* What a child does: reads PATH, asks several_may_begin, works, and returns its exit code. */
typedef int (*several_work)(void *ctx, const char *path, struct several_gate *gate);

/* True when PATH is a folder. */
bool several_is_folder(const char *path);
/* -1 (ERR_USAGE): OPTIONS have a command, or an option, that is for one registry only, or, not
 * FOLDER, one that is for several only. */
int several_check(const struct options *options, bool folder, struct err *err)
	__attribute__((warn_unused_result));

/* Works on every registry of FOLDER in the order of their names, options.parallel of them at a
 * time. No two may be the same registry: that is found out before any of them begins. What they
 * print comes line by line, their names in front; a table ends it. Stop signals are passed on, and
 * nothing is begun after one. The exit code is the worst one (session/exit_code.h). Nothing that
 * was printed may be left in a buffer when this is called. */
int several_run(const struct options *options, const char *folder, several_work work, void *ctx);

/* In a child: tells which registry CONFIG is, and waits for its turn. False: it is not to begin,
 * and the exit code does not matter. True: no variable of the environment that held a secret of any
 * of the registries is there any more. */
bool several_may_begin(struct several_gate *gate, const struct config *config)
	__attribute__((warn_unused_result));
/* The registry's name: that of its file, without .json. Borrowed. */
const char *several_name(const struct several_gate *gate);
/* What is left of MILLISECONDS since all began, at least 1; 0 stays 0, which is no limit. */
int64_t several_time_left(const struct several_gate *gate, int64_t milliseconds);
/* How many warnings and errors there were, for the table. */
void several_tell(struct several_gate *gate, unsigned warnings, unsigned errors);

#endif
