/* The verb runs: what runs deleted, and whether it can be undone. */
#ifndef COMMAND_RUNS_H
#define COMMAND_RUNS_H

struct config;
struct options;

/* Prints the table, or JSON, and returns the exit code: 1 when a journal cannot be read. Changes
 * nothing, and asks no registry. */
int command_runs(const struct options *options, const struct config *config);

#endif
