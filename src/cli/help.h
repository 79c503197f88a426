/* The text of --help. For src/cli/options.c only. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/options.h"

#include <popt.h>
#include <stddef.h>
#include <stdint.h>

/* A verb of the command line. */
struct cli_command {
	const char *name;
	const char *argument; /* what must stand behind it ("...": any number), or NULL */
	const char *what;     /* it is for */
	uint64_t options;     /* bit N: it takes the option of value N */
	enum command command;
};

/* To stdout; whether it took them is the caller's to see. OPTIONS ends with POPT_TABLEEND. */
void cli_help_all(const struct poptOption *options, const struct cli_command *commands,
		  size_t count);
void cli_help_command(const struct poptOption *options, const struct cli_command *command);

#endif
