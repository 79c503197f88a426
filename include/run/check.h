/* The verb `check`: every question, whether or not one before it is a trouble. */
#ifndef RUN_CHECK_H
#define RUN_CHECK_H

struct config;
struct notes; /* util/notes.h */
struct options;

/* Asks all, prints the answers, as JSON if OPTIONS want that, and returns the exit code: 0, or 1
 * when something is to be mended; 128+n after a signal. Nothing is changed. PATH is CONFIG's. */
int check_command(const struct options *options, const char *path, const struct config *config);

/* The same where no configuration could be loaded: FAULTS says why, PATH (may be NULL) from where;
 * CONFIG (may be NULL) is as far as that came. Returns 2. */
int check_without_config(const struct options *options, const char *path,
			 const struct config *config, const struct notes *faults);

#endif
