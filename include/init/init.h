/* `clean-registry init`: asks an engine, or this host, about a registry, and writes a
 * configuration. */
#ifndef INIT_INIT_H
#define INIT_INIT_H

struct options; /* cli/options.h */

/* Where the file goes that OPTIONS ask for; borrowed from them, or static. */
const char *init_output(const struct options *options);
/* Writes the configuration to init_output(), which must not be there, and says on stdout what is in
 * it, and what could not be found out and why. The exit code: 0 once the file is written, else
 * EXIT_USAGE, with the reason on stderr. */
int init_command(const struct options *options);

#endif
