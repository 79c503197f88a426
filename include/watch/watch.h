/* Stays up, and runs when the configuration says: all rules at watch.at or every watch.every_hours,
 * each job with clean_every_n_hours by its own hours. Each run is a child, which is this process as
 * it was when it forked: a crash, a lock, a secret or a signal of it is its own. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

struct config;  /* config/config.h */
struct notes;   /* util/notes.h */
struct options; /* cli/options.h */

struct watch_calls {
	/* Opens the log file of CONFIG anew: it may have been moved away. */
	void (*open_log)(const struct options *options, const struct config *config);
	/* In the child: does what OPTIONS say with CONFIG, which is PATH's and had WARNINGS, and
	 * returns the exit code. */
	int (*run)(struct options *options, const char *path, struct config *config,
		   struct notes *warnings);
};

/* Until SIGTERM or SIGINT, which are passed on to a run that is at work and whose end is waited
 * for: 0 then. SIGHUP reads PATH again. Told to the service manager by sd_notify(3). ERR_BUSY's
 * code when another watch is at work on this registry; EXIT_USAGE when PATH cannot be used: FAULTS
 * says why, or the log. */
int watch_command(const struct options *options, const char *path, const struct watch_calls *calls,
		  struct notes *faults);

#endif
