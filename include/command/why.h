/* The verb `why`: which rules decide on a tag. It changes nothing. */
#ifndef COMMAND_WHY_H
#define COMMAND_WHY_H

struct config;
struct options;

/* Returns the exit code: EXIT_PARTLY when there is no such tag. */
int command_why(const struct options *options, const struct config *config);

#endif
