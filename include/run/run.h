/* The verb `run`: what cron calls. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

struct config;
struct options;

/* Lists, plans, deletes, collects, measures, reports. Returns the exit code. */
int run_command(const struct options *options, const struct config *config);

#endif
