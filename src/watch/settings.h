/* The configuration that runs have, until another one replaces it. Private to src/watch. */
#ifndef WATCH_SETTINGS_H
#define WATCH_SETTINGS_H

#include "config/config.h"
#include "util/notes.h"

struct environment; /* util/environment.h */

struct settings {
	struct config config;
	struct notes warnings;
	struct environment *environment; /* without the variables that held a secret; in use */
};

/* Reads PATH with the variables of STARTED, which keeps them all. -1: FAULTS says what is wrong
 * with it, or that nothing in it is ever due; the environment is as it was. */
int settings_load(const char *path, const struct environment *started, struct settings *out,
		  struct notes *faults) __attribute__((warn_unused_result));
/* Its environment must not be in use. */
void settings_clear(struct settings *settings);

#endif
