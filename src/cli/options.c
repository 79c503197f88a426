/* How popt walks the table of options (cli/tables.h). */
#include "cli/options.h"

#include "cli/help.h"
#include "cli/tables.h"
#include "cli/values.h"
#include "config/schema.h"
#include "util/string_list.h"
#include "util/xalloc.h"

#include <errno.h>
#include <popt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct parse {
	poptContext context;
	struct options *options;
	uint64_t given;                  /* bit N: the option of value N */
	const struct cli_command *named; /* NULL: none was */
	struct err *err;
};

static void free_context(poptContext *context)
{
	poptFreeContext(*context);
}

static const char *long_name(int value)
{
	const struct poptOption *option = cli_options;

	while (option->val != value)
		option++;
	return option->longName;
}

/* The field of an option without a value. */
static bool *flag_of(struct options *options, int value)
{
	switch (value) {
	case OPTION_JSON:
		return &options->json;
	case OPTION_CSV:
		return &options->csv;
	case OPTION_DRY_RUN:
		return &options->dry_run;
	case OPTION_QUIET:
		return &options->quiet;
	case OPTION_DEBUG:
		return &options->debug;
	case OPTION_HTTP_LOGS:
		return &options->http_logs;
	case OPTION_DEEP:
		return &options->deep;
	case OPTION_CONFIRM:
		return &options->confirm;
	case OPTION_FORCE:
		return &options->force;
	case OPTION_FORCE_IDLE:
		return &options->force_idle;
	case OPTION_OVERWRITE:
		return &options->overwrite;
	default:
		return NULL;
	}
}

/* The field of an option that names something. */
static char **named_of(struct options *options, int value)
{
	switch (value) {
	case OPTION_RUN:
		return &options->run;
	case OPTION_CONTAINER:
		return &options->container;
	case OPTION_COMPOSE:
		return &options->compose;
	case OPTION_KUBECTL:
		return &options->kubectl;
	case OPTION_HOST:
		return &options->host;
	default:
		return NULL;
	}
}

static int take_value(struct parse *parse, int value)
{
	struct options *options = parse->options;
	char *text = poptGetOptArg(parse->context);
	const char *name = long_name(value);
	char **named = named_of(options, value);

	if (named)
		return cli_take_named(name, text, named, parse->err);
	switch (value) {
	case OPTION_CONFIG:
		options->config = text;
		return cli_check_file(name, text, parse->err);
	case OPTION_REPORT:
		options->report = text;
		return options_report_to_stdout(options) ? 0
							 : cli_check_file(name, text, parse->err);
	case OPTION_HTML:
		options->html = text;
		return cli_check_file(name, text, parse->err);
	case OPTION_FORMAT:
		return cli_take_format(name, text, &options->format, parse->err);
	case OPTION_OUTPUT:
		options->output = text;
		return cli_check_file(name, text, parse->err);
	case OPTION_REPOS_FILE:
		options->repos_file = text;
		return cli_check_file(name, text, parse->err) < 0
			       ? -1
			       : cli_make_absolute(name, &options->repos_file, parse->err);
	case OPTION_REPOSITORY:
		string_list_add(&options->repositories, text ? text : xstrdup(""));
		return cli_check_name(name, text, "repository", parse->err);
	case OPTION_NAMESPACE:
		options->only_namespace = text;
		return cli_check_target(name, text, "namespace", parse->err);
	case OPTION_TAGS:
		options->tags = text;
		return cli_check_name(name, text, "repository", parse->err);
	case OPTION_JOBS:
		return cli_take_jobs(name, text, &options->jobs, parse->err);
	case OPTION_MAX_MINUTES:
		return cli_take_minutes(name, text, &options->max_ms, parse->err);
	case OPTION_DAYS:
		return cli_take_days(name, text, &options->days, parse->err);
	case OPTION_REASON:
		options->reason = text;
		return cli_check_reason(name, text, parse->err);
	case OPTION_ENGINE:
		return cli_take_engine(name, text, &options->engine, parse->err);
	case OPTION_PARALLEL:
		return cli_take_parallel(name, text, &options->parallel, parse->err);
	case OPTION_TOP:
		return cli_take_top(name, text, &options->top, parse->err);
	default:
		return 0;
	}
}

static int take_option(struct parse *parse, int value)
{
	bool *flag = flag_of(parse->options, value);

	if (parse->given & CLI_BIT(value) && value != OPTION_REPOSITORY)
		return err_set(parse->err, ERR_USAGE, "--%s: given twice", long_name(value));
	parse->given |= CLI_BIT(value);
	if (!flag)
		return take_value(parse, value);
	*flag = true;
	return 0;
}

static int take_options(struct parse *parse)
{
	int value;

	while ((value = poptGetNextOpt(parse->context)) > 0)
		if (take_option(parse, value) < 0)
			return -1;
	if (value == -1)
		return 0;
	return err_set(parse->err, ERR_USAGE, "%s: %s",
		       poptBadOption(parse->context, POPT_BADOPTION_NOALIAS), poptStrerror(value));
}

/* An option that a command does not take would mislead: "verify --dry-run" is an error. */
static int check_options(const struct parse *parse, const struct cli_command *command)
{
	uint64_t strange = parse->given & ~command->options;

	if (!strange)
		return 0;
	return err_set(parse->err, ERR_USAGE, "--%s: not an option of '%s'",
		       long_name(__builtin_ctzll(strange)), command->name);
}

static bool takes_many(const struct cli_command *command)
{
	return command->argument && strstr(command->argument, "...");
}

/* Names, or a run: all of it, or of some repositories. */
static int check_arguments(const struct parse *parse, const struct cli_command *command)
{
	const struct options *options = parse->options;

	if (options->arguments.count == 0 && !options->run)
		return err_set(parse->err, ERR_USAGE, "'%s': %s or --run is expected behind it",
			       command->name, command->argument);
	if (options->arguments.count > 0 && options->repositories.count > 0)
		return err_set(
			parse->err, ERR_USAGE,
			"--repository: takes what a run deleted there, and nothing else can be "
			"named beside it");
	if (options->repositories.count > 0 && !options->run)
		return err_set(parse->err, ERR_USAGE, "--repository: --run is expected with it");
	return 0;
}

/* FILE or REPOSITORY:TAG, as the command wants it. */
static int check_argument(const struct parse *parse, const struct cli_command *command,
			  const char *argument)
{
	if (!command->argument)
		return 0;
	if (takes_many(command))
		return check_arguments(parse, command);
	if (!argument || !*argument)
		return err_set(parse->err, ERR_USAGE, "'%s': %s is expected behind it",
			       command->name, command->argument);
	if (command->command == COMMAND_WHY && !strchr(argument, ':'))
		return err_set(parse->err, ERR_USAGE, "'%s': %s is expected", argument,
			       command->argument);
	return 0;
}

static bool asks(const struct parse *parse)
{
	return parse->given &
	       (CLI_BIT(OPTION_HELP) | CLI_BIT(OPTION_VERSION) | CLI_BIT(OPTION_SCHEMA));
}

/* "help" in front of a command is as --help. -1: there is no such command. */
static int find_command(struct parse *parse)
{
	const char *name = poptGetArg(parse->context);
	size_t i = 0;

	if (name && strcmp(name, "help") == 0) {
		parse->given |= CLI_BIT(OPTION_HELP);
		name = poptGetArg(parse->context);
	}
	while (name && i < CLI_COMMAND_COUNT && strcmp(name, cli_commands[i].name) != 0)
		i++;
	if (i == CLI_COMMAND_COUNT)
		return err_set(parse->err, ERR_USAGE, "'%s': no such command", name);
	parse->named = name ? &cli_commands[i] : NULL;
	return 0;
}

static int take_command(struct parse *parse)
{
	const struct cli_command *command;
	const char *argument = NULL, *more = NULL;

	if (find_command(parse) < 0)
		return -1;
	command = parse->named ? parse->named : cli_commands;
	while (takes_many(command) && (more = poptGetArg(parse->context)))
		string_list_add(&parse->options->arguments, xstrdup(more));
	if (command->argument && !takes_many(command))
		argument = poptGetArg(parse->context);
	if (!asks(parse) && check_argument(parse, command, argument) < 0)
		return -1;
	if (parse->named)
		more = poptGetArg(parse->context);
	if (more)
		return err_set(parse->err, ERR_USAGE, "'%s': nothing is expected after '%s'", more,
			       argument ? argument : command->name);
	parse->options->command = command->command;
	parse->options->argument = argument ? xstrdup(argument) : NULL;
	return asks(parse) ? 0 : check_options(parse, command);
}

static enum cli_outcome print(struct parse *parse)
{
	errno = 0;
	if (parse->given & CLI_BIT(OPTION_HELP)) {
		if (parse->named)
			cli_help_command(cli_options, parse->named);
		else
			cli_help_all(cli_options, cli_commands, CLI_COMMAND_COUNT);
	} else if (parse->given & CLI_BIT(OPTION_SCHEMA)) {
		config_schema_write(stdout);
	} else {
		puts("clean-registry " VERSION);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_DONE;
	err_set(parse->err, ERR_IO, "standard output: %s",
		errno ? strerror(errno) : "cannot be written");
	return CLI_ERROR;
}

/* What contradicts each other. */
static int check_together(const struct options *options, struct err *err)
{
	if (options->dry_run && options->confirm)
		return err_set(err, ERR_USAGE,
			       "--confirm: a dry run deletes nothing that could be confirmed");
	if (options->dry_run && options->force_idle)
		return err_set(err, ERR_USAGE, "--force-idle: a dry run writes down nothing");
	if (options->format != FORMAT_REPORT && options_report_to_stdout(options))
		return err_set(err, ERR_USAGE,
			       "--report: standard output has what --format prints; name a file");
	return 0;
}

static enum cli_outcome read_all(struct parse *parse)
{
	struct options *options = parse->options;

	if (take_options(parse) < 0 || take_command(parse) < 0)
		return CLI_ERROR;
	if (asks(parse))
		return print(parse);
	if (cli_take_environment("DRY_RUN", &options->dry_run, parse->err) < 0 ||
	    cli_take_environment("DEBUG", &options->debug, parse->err) < 0)
		return CLI_ERROR;
	return check_together(options, parse->err) < 0 ? CLI_ERROR : CLI_RUN;
}

enum cli_outcome cli_parse(int argc, const char **argv, struct options *out, struct err *err)
{
	CLEANUP(free_context)
	poptContext context = poptGetContext("clean-registry", argc, argv, cli_options, 0);
	struct parse parse = { .context = context, .options = out, .err = err };
	enum cli_outcome outcome;

	*out = (struct options){ 0 };
	if (!context)
		die_internal("poptGetContext failed");
	outcome = read_all(&parse);
	if (outcome != CLI_RUN)
		options_clear(out);
	if (outcome == CLI_ERROR)
		cli_make_printable(err->msg);
	return outcome;
}

const char *options_command(const struct options *options)
{
	size_t i = 0;

	while (cli_commands[i].command != options->command)
		i++;
	return cli_commands[i].name;
}

bool options_report_to_stdout(const struct options *options)
{
	return options->report && strcmp(options->report, "-") == 0;
}

bool options_stdout_is_taken(const struct options *options)
{
	return options_report_to_stdout(options) || options->format != FORMAT_REPORT;
}

void options_clear(struct options *options)
{
	free(options->argument);
	string_list_clear(&options->arguments);
	free(options->run);
	reference_clear(&options->reference);
	free(options->config);
	free(options->report);
	free(options->html);
	free(options->output);
	free(options->repos_file);
	free(options->only_namespace);
	string_list_clear(&options->repositories);
	string_list_clear(&options->jobs);
	free(options->tags);
	free(options->reason);
	free(options->container);
	free(options->compose);
	free(options->kubectl);
	free(options->host);
	free(options->engine);
	*options = (struct options){ 0 };
}
