/* What shells complete with: names that this host knows, without asking the registry. */
#ifndef COMMAND_COMPLETE_H
#define COMMAND_COMPLETE_H

/* At most so many lines are printed: the first ones, and the last, so that all begin alike as far
 * as those do that are left out. */
#define COMPLETE_MOST 1000

/* ARGV: WHAT ("repositories", "namespaces", "tags", "deleted", "held", "jobs" or "runs"), and
 * perhaps PREFIX and CONFIG; an empty CONFIG is the default one. Prints each that begins with
 * PREFIX, one a line; of tags REPOSITORY:TAG, and as long as PREFIX has no colon, REPOSITORY:
 * alone. Whatever fails prints nothing, here or on stderr, and ends within two seconds. Returns 0.
 */
int complete_command(int argc, char **argv);

#endif
