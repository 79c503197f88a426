/* The verb `run`: what cron calls. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

struct config;
struct options;

/* Exit codes of every command (clean-registry(8), EXIT STATUS). */
enum exit_code {
	EXIT_ALL_DONE = 0,
	EXIT_PARTLY = 1,
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3,
	EXIT_COLLECTOR = 4,
	EXIT_BUSY = 5,
	EXIT_SAFETY = 6,
	/* 70: util/xalloc.h; 128+n: stopped by signal n */
};

/* Lists, plans, deletes, collects, measures, reports. Returns the exit code. */
int run_command(const struct options *options, const struct config *config);

#endif
