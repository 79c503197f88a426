/* Commands that are about what Scaleway's API does not show. */
#include "cli/kind.h"

#include "cli/options.h"
#include "config/config.h"

#include <stddef.h>

/* NULL: it has that command. */
static const char *why_not_scaleway(enum command command)
{
	switch (command) {
	case COMMAND_COLLECT:
		return "Scaleway frees the space itself";
	case COMMAND_RECOVER:
		return "no run stops a registry or collector there that would be left behind";
	case COMMAND_USAGE:
		return "its API does not tell which blobs an image has";
	case COMMAND_VERIFY:
		return "its API shows neither manifests nor blobs";
	case COMMAND_RESTORE:
		return "what was deleted there cannot be restored";
	case COMMAND_RUN:
	case COMMAND_PLAN:
	case COMMAND_APPLY:
	case COMMAND_WATCH:
	case COMMAND_WHY:
	case COMMAND_HOLD:
	case COMMAND_RELEASE:
	case COMMAND_HOLDS:
	case COMMAND_RUNS:
	case COMMAND_HISTORY:
	case COMMAND_INIT:
	case COMMAND_CHECK:
		break;
	}
	return NULL;
}

int cli_kind_check(const struct options *options, const struct config *config, struct err *err)
{
	const char *why =
		config->registry.kind == KIND_SCALEWAY ? why_not_scaleway(options->command) : NULL;

	if (!why)
		return 0;
	return err_set(err, ERR_USAGE, "'%s' is not for registry.kind \"scaleway\": %s",
		       options_command(options), why);
}
