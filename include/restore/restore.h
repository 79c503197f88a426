/* The verb restore: puts back what a run deleted. */
#ifndef RESTORE_RESTORE_H
#define RESTORE_RESTORE_H

struct config;
struct options;

/* Returns the exit code: 0, all of it is back; 1, in part; 2, nothing of it can be, or the journal
 * is refused; 3, the registry is away or takes nothing; 4, a collection has no known end; 5,
 * another clean-registry or a collector is at work. */
int restore_command(const struct options *options, const struct config *config);

#endif
