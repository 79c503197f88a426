/* The verb history: what runs did, as a table and over time. */
#ifndef COMMAND_HISTORY_H
#define COMMAND_HISTORY_H

struct config;
struct options;

/* Prints the table and the plots, JSON, or CSV, and returns the exit code. Changes nothing, and
 * asks no registry. */
int command_history(const struct options *options, const struct config *config);

#endif
