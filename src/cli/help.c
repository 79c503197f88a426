/* The help of all, and of one command, which has only the options that it takes. */
#include "cli/help.h"

#include "util/xalloc.h"

#include <stdio.h>

static const char *const EPILOGUE =
	"Environment: DRY_RUN=true and DEBUG=true are as --dry-run and --debug;\n"
	"CLEAN_REGISTRY_<SECTION>_<KEY> sets a key of the configuration.\n"
	"Without --config: ./config.json, then " SYSCONFDIR "/clean-registry/config.json.\n"
	"See clean-registry(8) and clean-registry.json(5).\n";

static void print_options(const struct poptOption *options, const char *usage)
{
	const char *argv[] = { "clean-registry", NULL };
	poptContext context = poptGetContext("clean-registry", 1, argv, options, 0);

	if (!context)
		die_internal("poptGetContext failed");
	poptSetOtherOptionHelp(context, usage);
	poptPrintHelp(context, stdout, 0);
	poptFreeContext(context);
}

static char *with_argument(const struct cli_command *command)
{
	return xasprintf("%s%s%s", command->name, command->argument ? " " : "",
			 command->argument ? command->argument : "");
}

void cli_help_all(const struct poptOption *options, const struct cli_command *commands,
		  size_t count)
{
	print_options(options, "[COMMAND] [OPTIONS]");
	puts("\nCommands:");
	for (size_t i = 0; i < count; i++) {
		CLEANUP(free_p) char *usage = with_argument(&commands[i]);

		printf("  %-20s %s\n", usage, commands[i].what);
	}
	printf("  %-20s %s\n\n", "help COMMAND", "print the options of a command");
	fputs(EPILOGUE, stdout);
}

void cli_help_command(const struct poptOption *options, const struct cli_command *command)
{
	CLEANUP(free_p) char *words = with_argument(command);
	CLEANUP(free_p) char *usage = xasprintf("%s [OPTIONS]", words);
	CLEANUP(free_p) struct poptOption *taken = NULL;
	size_t count = 0, length = 0;

	while (options[count].longName)
		count++;
	taken = xcalloc(count + 1, sizeof *taken);
	for (size_t i = 0; i < count; i++) {
		if (command->options >> options[i].val & 1)
			taken[length++] = options[i];
	}
	print_options(taken, usage);
	printf("\n%s: %s.\n\n", command->name, command->what);
	fputs(EPILOGUE, stdout);
}
