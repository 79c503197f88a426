/* The commands `hold`, `release` and `holds`: what somebody wants kept, whatever the rules say. */
#ifndef COMMAND_HOLD_H
#define COMMAND_HOLD_H

struct config;
struct options;

/* Each returns the exit code. EXIT_USAGE: the reference is none, the registry has no such tag
 * (hold), nothing of that name is held (release), or the file of holds cannot be read or written.
 */
int command_hold(const struct options *options, const struct config *config);
int command_release(const struct options *options, const struct config *config);
/* EXIT_PARTLY: the registry did not tell of each whether it is there. */
int command_holds(const struct options *options, const struct config *config);

#endif
