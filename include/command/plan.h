/* The verb `plan`: what a run would do, as a table and as a file for `apply`. */
#ifndef COMMAND_PLAN_H
#define COMMAND_PLAN_H

struct config;
struct options;

/* Changes nothing. Returns the exit code (run/run.h). */
int command_plan(const struct options *options, const struct config *config);

#endif
