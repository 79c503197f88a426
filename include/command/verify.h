/* The verb `verify`: is everything whole? It changes nothing. */
#ifndef COMMAND_VERIFY_H
#define COMMAND_VERIFY_H

struct config;
struct options;

/* Returns the exit code: EXIT_PARTLY when a tag is damaged or could not be verified. */
int command_verify(const struct options *options, const struct config *config);

/* For one that ended with CODE before it came to that, because of WHY: tells those whom every
 * verification tells how it ended (notify). */
void command_verify_not_begun(const struct options *options, const struct config *config, int code,
			      const char *why);

#endif
