/* The table of options, and how popt walks it. */
#include "cli.h"

#include "util/units.h"
#include "util/xalloc.h"

#include <errno.h>
#include <popt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TOP_MOST 1000000

enum {
	OPTION_CONFIG = 1,
	OPTION_DRY_RUN,
	OPTION_QUIET,
	OPTION_DEBUG,
	OPTION_REPORT,
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
	  "Only warnings and errors on stdout; the log file stays complete", NULL },
	{ "debug", '\0', POPT_ARG_NONE, NULL, OPTION_DEBUG, "Tell every detail", NULL },
	{ "report", '\0', POPT_ARG_STRING, NULL, OPTION_REPORT, "Write the run to FILE as JSON",
	  "FILE" },
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
#define EVERYWHERE                                                                       \
	(BIT(OPTION_CONFIG) | BIT(OPTION_QUIET) | BIT(OPTION_DEBUG) | BIT(OPTION_HELP) | \
	 BIT(OPTION_VERSION))

static const struct {
	const char *name;
	enum command command;
	uint32_t options; /* a bit for each that it takes */
} COMMANDS[] = {
	{ "run", COMMAND_RUN, EVERYWHERE | BIT(OPTION_DRY_RUN) | BIT(OPTION_REPORT) },
	{ "usage", COMMAND_USAGE,
	  EVERYWHERE | BIT(OPTION_JSON) | BIT(OPTION_TOP) | BIT(OPTION_TAGS) },
	{ "verify", COMMAND_VERIFY, EVERYWHERE | BIT(OPTION_DEEP) },
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof *COMMANDS)

static const char *const EPILOGUE =
	"\n"
	"Commands: run (the default) deletes what is old, and collects;\n"
	"          usage shows where the space goes, and changes nothing;\n"
	"          verify checks that every tag is whole, and changes nothing.\n"
	"\n"
	"Environment: DRY_RUN=true and DEBUG=true are as --dry-run and --debug.\n"
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

/* TEXT becomes the value of an option that names a file. */
static int take_file(struct parse *parse, int value, char *text, char **field)
{
	*field = text;
	if (!text || !*text)
		return err_set(parse->err, ERR_USAGE, "--%s: the name of a file is missing",
			       long_name(value));
	/* "--report -n" would otherwise be a run that deletes. */
	if (*text == '-')
		return err_set(parse->err, ERR_USAGE,
			       "--%s: '%s' looks like an option; a file of that name is ./%s",
			       long_name(value), text, text);
	return 0;
}

/* A number of lines: a whole one, in its range. */
static int take_top(struct parse *parse)
{
	CLEANUP(free_p) char *text = poptGetOptArg(parse->context);
	uint64_t number = 0;

	if (!text || !units_parse_u64(text, &number) || number < 1 || number > TOP_MOST)
		return err_set(parse->err, ERR_USAGE,
			       "--%s: a whole number from 1 to %d is expected",
			       long_name(OPTION_TOP), TOP_MOST);
	parse->options->top = number;
	return 0;
}

static int take_repository(struct parse *parse)
{
	char *text = poptGetOptArg(parse->context);

	parse->options->tags = text;
	if (!text || !*text || *text == '-')
		return err_set(parse->err, ERR_USAGE, "--%s: the name of a repository is expected",
			       long_name(OPTION_TAGS));
	return 0;
}

static int take_option(struct parse *parse, int value)
{
	struct options *options = parse->options;

	if (parse->given & BIT(value))
		return err_set(parse->err, ERR_USAGE, "--%s: given twice", long_name(value));
	parse->given |= BIT(value);
	switch (value) {
	case OPTION_CONFIG:
		return take_file(parse, value, poptGetOptArg(parse->context), &options->config);
	case OPTION_REPORT:
		return take_file(parse, value, poptGetOptArg(parse->context), &options->report);
	case OPTION_TOP:
		return take_top(parse);
	case OPTION_TAGS:
		return take_repository(parse);
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_DRY_RUN:
		options->dry_run = true;
		return 0;
	case OPTION_QUIET:
		options->quiet = true;
		return 0;
	case OPTION_DEBUG:
		options->debug = true;
		return 0;
	case OPTION_DEEP:
		options->deep = true;
		return 0;
	default:
		return 0;
	}
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

static int take_command(struct parse *parse)
{
	const char *name = poptGetArg(parse->context);
	const char *more = name ? poptGetArg(parse->context) : NULL;
	size_t command = 0;

	while (name && command < COMMAND_COUNT && strcmp(name, COMMANDS[command].name) != 0)
		command++;
	if (command == COMMAND_COUNT)
		return err_set(parse->err, ERR_USAGE, "'%s': no such command", name);
	if (more)
		return err_set(parse->err, ERR_USAGE, "'%s': nothing is expected after '%s'", more,
			       name);
	parse->options->command = COMMANDS[command].command;
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
	return CLI_RUN;
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
	free(options->config);
	free(options->report);
	free(options->tags);
	*options = (struct options){ 0 };
}
