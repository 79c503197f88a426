/* The table of options, and how popt walks it. */
#include "cli.h"

#include "cli_values.h"
#include "util/xalloc.h"

#include <errno.h>
#include <popt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	OPTION_CONFIG = 1,
	OPTION_DRY_RUN,
	OPTION_QUIET,
	OPTION_DEBUG,
	OPTION_HTTP_LOGS,
	OPTION_REPORT,
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
	OPTION_TOP,
	OPTION_TAGS,
	OPTION_DEEP,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct poptOption OPTIONS[] = {
	{ "config", 'c', POPT_ARG_STRING, NULL, OPTION_CONFIG, "Read this configuration", "FILE" },
	{ "dry-run", 'n', POPT_ARG_NONE, NULL, OPTION_DRY_RUN,
	  "Delete nothing, collect nothing: only tell what would be done", NULL },
	{ "quiet", 'q', POPT_ARG_NONE, NULL, OPTION_QUIET,
	  "Nothing on stdout; warnings and errors go to stderr as always", NULL },
	{ "debug", '\0', POPT_ARG_NONE, NULL, OPTION_DEBUG, "Tell every detail", NULL },
	{ "http-logs", '\0', POPT_ARG_NONE, NULL, OPTION_HTTP_LOGS, "A line for every HTTP request",
	  NULL },
	{ "report", '\0', POPT_ARG_STRING, NULL, OPTION_REPORT, "Write the run to FILE as JSON",
	  "FILE" },
	{ "max-minutes", '\0', POPT_ARG_STRING, NULL, OPTION_MAX_MINUTES,
	  "After N minutes begin no repository and no collection any more", "N" },
	{ "repository", '\0', POPT_ARG_STRING, NULL, OPTION_REPOSITORY,
	  "Work on this repository only; may be repeated", "NAME" },
	{ "namespace", '\0', POPT_ARG_STRING, NULL, OPTION_NAMESPACE,
	  "Work only on repositories below NAME/", "NAME" },
	{ "repos-file", '\0', POPT_ARG_STRING, NULL, OPTION_REPOS_FILE,
	  "Lines 'REPOSITORY NUMBER': how many images to keep there", "FILE" },
	{ "jobs", '\0', POPT_ARG_STRING, NULL, OPTION_JOBS,
	  "Carry out these jobs now, and no other rule", "A,B" },
	{ "output", '\0', POPT_ARG_STRING, NULL, OPTION_OUTPUT,
	  "plan: write what would be done to FILE, for apply", "FILE" },
	{ "confirm", '\0', POPT_ARG_NONE, NULL, OPTION_CONFIRM,
	  "Show what would go, and ask on the terminal before deleting", NULL },
	{ "force", '\0', POPT_ARG_NONE, NULL, OPTION_FORCE,
	  "Delete although a safety limit refuses the plan", NULL },
	{ "force-idle", '\0', POPT_ARG_NONE, NULL, OPTION_FORCE_IDLE,
	  "collect: a collector whose end was not seen has ended, you know it", NULL },
	{ "json", '\0', POPT_ARG_NONE, NULL, OPTION_JSON, "usage: print JSON instead of a table",
	  NULL },
	{ "top", '\0', POPT_ARG_STRING, NULL, OPTION_TOP,
	  "usage: only the N largest by themselves, the rest as one line", "N" },
	{ "tags", '\0', POPT_ARG_STRING, NULL, OPTION_TAGS, "usage: the tags of this repository",
	  "REPOSITORY" },
	{ "deep", '\0', POPT_ARG_NONE, NULL, OPTION_DEEP,
	  "verify: read every blob and check its digest", NULL },
	{ "help", '\0', POPT_ARG_NONE, NULL, OPTION_HELP, "Print this and leave", NULL },
	{ "version", '\0', POPT_ARG_NONE, NULL, OPTION_VERSION, "Print the version and leave",
	  NULL },
	POPT_TABLEEND
};

#define BIT(option) (UINT32_C(1) << (option))
/* Options that every command takes. */
#define EVERYWHERE                                                                            \
	(BIT(OPTION_CONFIG) | BIT(OPTION_QUIET) | BIT(OPTION_DEBUG) | BIT(OPTION_HTTP_LOGS) | \
	 BIT(OPTION_HELP) | BIT(OPTION_VERSION))

/* Which tags a plan is about. */
#define SELECTION \
	(BIT(OPTION_REPOSITORY) | BIT(OPTION_NAMESPACE) | BIT(OPTION_REPOS_FILE) | BIT(OPTION_JOBS))
#define ACTION                                                                                \
	(BIT(OPTION_DRY_RUN) | BIT(OPTION_REPORT) | BIT(OPTION_CONFIRM) | BIT(OPTION_FORCE) | \
	 BIT(OPTION_MAX_MINUTES))

static const struct {
	const char *name;
	const char *argument; /* what must stand behind it, or NULL */
	enum command command;
	uint32_t options; /* a bit for each that it takes */
} COMMANDS[] = {
	{ "run", NULL, COMMAND_RUN, EVERYWHERE | SELECTION | ACTION },
	{ "plan", NULL, COMMAND_PLAN, EVERYWHERE | SELECTION | BIT(OPTION_OUTPUT) },
	{ "apply", "FILE", COMMAND_APPLY, EVERYWHERE | ACTION | BIT(OPTION_REPOS_FILE) },
	{ "collect", NULL, COMMAND_COLLECT,
	  EVERYWHERE | BIT(OPTION_DRY_RUN) | BIT(OPTION_REPORT) | BIT(OPTION_FORCE_IDLE) },
	{ "why", "REPOSITORY:TAG", COMMAND_WHY, EVERYWHERE | SELECTION },
	{ "usage", NULL, COMMAND_USAGE,
	  EVERYWHERE | BIT(OPTION_JSON) | BIT(OPTION_TOP) | BIT(OPTION_TAGS) },
	{ "verify", NULL, COMMAND_VERIFY, EVERYWHERE | BIT(OPTION_DEEP) },
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof *COMMANDS)

static const char *const EPILOGUE =
	"\n"
	"Commands: run (the default) deletes what the rules select, and collects;\n"
	"          plan shows what a run would do, and writes it to a file;\n"
	"          apply FILE deletes what such a file says, and no other tag;\n"
	"          collect runs the registry's collector alone, as a run would;\n"
	"          why REPOSITORY:TAG tells which rules decide on a tag;\n"
	"          usage shows where the space goes, and changes nothing;\n"
	"          verify checks that every tag is whole, and changes nothing.\n"
	"\n"
	"Environment: DRY_RUN=true and DEBUG=true are as --dry-run and --debug;\n"
	"CLEAN_REGISTRY_<SECTION>_<KEY> sets a key of the configuration.\n"
	"Without --config: ./config.json, then " SYSCONFDIR "/clean-registry/config.json.\n"
	"See clean-registry(8) and clean-registry.json(5).\n";

struct parse {
	poptContext context;
	struct options *options;
	uint32_t given; /* bit N: the option of value N */
	struct err *err;
};

static void free_context(poptContext *context)
{
	poptFreeContext(*context);
}

/* An argument may hold anything; a message is one line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static const char *long_name(int value)
{
	const struct poptOption *option = OPTIONS;

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
	default:
		return NULL;
	}
}

static int take_value(struct parse *parse, int value)
{
	struct options *options = parse->options;
	char *text = poptGetOptArg(parse->context);
	const char *name = long_name(value);

	switch (value) {
	case OPTION_CONFIG:
		options->config = text;
		return cli_check_file(name, text, parse->err);
	case OPTION_REPORT:
		options->report = text;
		return cli_check_file(name, text, parse->err);
	case OPTION_OUTPUT:
		options->output = text;
		return cli_check_file(name, text, parse->err);
	case OPTION_REPOS_FILE:
		options->repos_file = text;
		return cli_check_file(name, text, parse->err) < 0
			       ? -1
			       : cli_make_absolute(name, &options->repos_file, parse->err);
	case OPTION_REPOSITORY:
		cli_add(&options->repositories, text ? text : xstrdup(""));
		return cli_check_target(name, text, "repository", parse->err);
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
	case OPTION_TOP:
		return cli_take_top(name, text, &options->top, parse->err);
	default:
		return 0;
	}
}

static int take_option(struct parse *parse, int value)
{
	bool *flag = flag_of(parse->options, value);

	if (parse->given & BIT(value) && value != OPTION_REPOSITORY)
		return err_set(parse->err, ERR_USAGE, "--%s: given twice", long_name(value));
	parse->given |= BIT(value);
	if (!flag)
		return take_value(parse, value);
	*flag = true;
	return 0;
}

static int take_options(struct parse *parse)
{
	int value;

	while ((value = poptGetNextOpt(parse->context)) > 0) {
		if (take_option(parse, value) < 0)
			return -1;
	}
	if (value == -1)
		return 0;
	return err_set(parse->err, ERR_USAGE, "%s: %s",
		       poptBadOption(parse->context, POPT_BADOPTION_NOALIAS), poptStrerror(value));
}

/* An option that a command does not take would mislead: "verify --dry-run" is an error. */
static int check_options(const struct parse *parse, size_t command)
{
	uint32_t strange = parse->given & ~COMMANDS[command].options;

	if (!strange)
		return 0;
	return err_set(parse->err, ERR_USAGE, "--%s: not an option of '%s'",
		       long_name(__builtin_ctz(strange)), COMMANDS[command].name);
}

/* FILE or REPOSITORY:TAG, as the command wants it. */
static int check_argument(const struct parse *parse, size_t command, const char *argument)
{
	bool asks = parse->given & (BIT(OPTION_HELP) | BIT(OPTION_VERSION));

	if (!COMMANDS[command].argument || asks)
		return 0;
	if (!argument || !*argument)
		return err_set(parse->err, ERR_USAGE, "'%s': %s is expected behind it",
			       COMMANDS[command].name, COMMANDS[command].argument);
	if (COMMANDS[command].command == COMMAND_WHY && !strchr(argument, ':'))
		return err_set(parse->err, ERR_USAGE, "'%s': %s is expected", argument,
			       COMMANDS[command].argument);
	return 0;
}

static int take_command(struct parse *parse)
{
	const char *name = poptGetArg(parse->context);
	const char *argument = NULL, *more;
	size_t command = 0;

	while (name && command < COMMAND_COUNT && strcmp(name, COMMANDS[command].name) != 0)
		command++;
	if (command == COMMAND_COUNT)
		return err_set(parse->err, ERR_USAGE, "'%s': no such command", name);
	if (COMMANDS[command].argument)
		argument = poptGetArg(parse->context);
	if (check_argument(parse, command, argument) < 0)
		return -1;
	more = name ? poptGetArg(parse->context) : NULL;
	if (more)
		return err_set(parse->err, ERR_USAGE, "'%s': nothing is expected after '%s'", more,
			       argument ? argument : name);
	parse->options->command = COMMANDS[command].command;
	parse->options->argument = argument ? xstrdup(argument) : NULL;
	return check_options(parse, command);
}

/* Sets VALUE when the environment says yes; "no" takes back no option. */
static int take_environment(const char *name, bool *value, struct err *err)
{
	static const char *const yes[] = { "true", "1", "yes", "on" };
	static const char *const no[] = { "false", "0", "no", "off", "" };
	const char *text = getenv(name);

	if (!text)
		return 0;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			*value = true;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE, "%s: true, 1, yes, on, false, 0, no or off is expected",
		       name);
}

static enum cli_outcome print(struct parse *parse)
{
	errno = 0;
	if (parse->given & BIT(OPTION_HELP)) {
		poptPrintHelp(parse->context, stdout, 0);
		fputs(EPILOGUE, stdout);
	} else {
		puts("clean-registry " VERSION);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CLI_DONE;
	err_set(parse->err, ERR_IO, "standard output: %s",
		errno ? strerror(errno) : "cannot be written");
	return CLI_ERROR;
}

static enum cli_outcome read_all(struct parse *parse)
{
	struct options *options = parse->options;

	if (take_options(parse) < 0 || take_command(parse) < 0)
		return CLI_ERROR;
	if (parse->given & (BIT(OPTION_HELP) | BIT(OPTION_VERSION)))
		return print(parse);
	if (take_environment("DRY_RUN", &options->dry_run, parse->err) < 0 ||
	    take_environment("DEBUG", &options->debug, parse->err) < 0)
		return CLI_ERROR;
	if (!options->dry_run || (!options->confirm && !options->force_idle))
		return CLI_RUN;
	err_set(parse->err, ERR_USAGE,
		options->confirm ? "--confirm: a dry run deletes nothing that could be confirmed"
				 : "--force-idle: a dry run writes down nothing");
	return CLI_ERROR;
}

enum cli_outcome cli_parse(int argc, const char **argv, struct options *out, struct err *err)
{
	CLEANUP(free_context)
	poptContext context = poptGetContext("clean-registry", argc, argv, OPTIONS, 0);
	struct parse parse = { .context = context, .options = out, .err = err };
	enum cli_outcome outcome;

	*out = (struct options){ 0 };
	if (!context)
		die_internal("poptGetContext failed");
	poptSetOtherOptionHelp(context, "[COMMAND] [OPTIONS]");
	outcome = read_all(&parse);
	if (outcome != CLI_RUN)
		options_clear(out);
	if (outcome == CLI_ERROR)
		make_printable(err->msg);
	return outcome;
}

void options_clear(struct options *options)
{
	free(options->argument);
	free(options->config);
	free(options->report);
	free(options->output);
	free(options->repos_file);
	free(options->only_namespace);
	cli_clear_list(&options->repositories);
	cli_clear_list(&options->jobs);
	free(options->tags);
	*options = (struct options){ 0 };
}
