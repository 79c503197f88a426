/* The verb `usage`: where the space goes. */
#ifndef COMMAND_USAGE_H
#define COMMAND_USAGE_H

struct config;
struct options;

/* Reads the registry, changes nothing, and prints a table or JSON to standard output. Returns the
 * exit code (run/run.h). */
int command_usage(const struct options *options, const struct config *config);

#endif
