/* The tables of options and commands. */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include "cli/help.h"

#include <popt.h>
#include <stdint.h>

enum {
	OPTION_CONFIG = 1,
	OPTION_DRY_RUN,
	OPTION_QUIET,
	OPTION_DEBUG,
	OPTION_HTTP_LOGS,
	OPTION_REPORT,
	OPTION_HTML,
	OPTION_MAX_MINUTES,
	OPTION_REPOSITORY,
	OPTION_NAMESPACE,
	OPTION_REPOS_FILE,
	OPTION_JOBS,
	OPTION_OUTPUT,
	OPTION_CONFIRM,
	OPTION_FORCE,
	OPTION_FORCE_IDLE,
	OPTION_JSON,
	OPTION_CSV,
	OPTION_TOP,
	OPTION_TAGS,
	OPTION_DEEP,
	OPTION_DAYS,
	OPTION_REASON,
	OPTION_RUN,
	OPTION_OVERWRITE,
	OPTION_PARALLEL,
	OPTION_CONTAINER,
	OPTION_COMPOSE,
	OPTION_KUBECTL,
	OPTION_HOST,
	OPTION_ENGINE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_SCHEMA
};

/* In a set of options: bit N is the option of value N. */
#define CLI_BIT(option) (UINT64_C(1) << (option))

extern const struct poptOption cli_options[];

#define CLI_COMMAND_COUNT 17
extern const struct cli_command cli_commands[CLI_COMMAND_COUNT];

#endif
