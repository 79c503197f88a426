/* The command line: what it means, and that nothing doubtful becomes a run that deletes. */
#include "cli/options.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGUMENTS 8
#define LIST(...)                                                                     \
	{                                                                             \
		(char **)(uintptr_t)(const char *const[]){ __VA_ARGS__ },             \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) \
	}

struct parsed {
	enum cli_outcome outcome;
	struct options options;
	struct err err;
};

/* Arguments end at the first NULL. */
static struct parsed parse(const char *const *arguments)
{
	const char *argv[ARGUMENTS + 2] = { "/usr/sbin/clean-registry" };
	struct parsed parsed = { 0 };
	int argc = 1;

	while (argc <= ARGUMENTS && arguments[argc - 1]) {
		argv[argc] = arguments[argc - 1];
		argc++;
	}
	parsed.outcome = cli_parse(argc, argv, &parsed.options, &parsed.err);
	return parsed;
}

static int plain_environment(void **state)
{
	(void)state;
	return unsetenv("DRY_RUN") | unsetenv("DEBUG") | unsetenv("POSIXLY_CORRECT");
}

static void assert_same(const char *found, const char *wanted)
{
	if (!wanted)
		assert_null(found);
	else
		assert_string_equal(found, wanted);
}

static void assert_same_list(const struct string_list *found, const struct string_list *wanted)
{
	assert_int_equal(found->count, wanted->count);
	for (size_t i = 0; i < wanted->count; i++)
		assert_string_equal(found->items[i], wanted->items[i]);
}

static void options_mean_what_they_say(void **state)
{
	const struct {
		const char *what;
		const char *arguments[ARGUMENTS];
		struct options options;
	} cases[] = {
		{ "nothing", { NULL }, { 0 } },
		{ "the verb", { "run" }, { 0 } },
		{ "a file", { "-c", "a.json" }, { .config = (char[]){ "a.json" } } },
		{ "a file, glued", { "-ca.json" }, { .config = (char[]){ "a.json" } } },
		{ "a file, long", { "--config=a=b" }, { .config = (char[]){ "a=b" } } },
		{ "a file, in two words", { "--config", "a" }, { .config = (char[]){ "a" } } },
		{ "a file with a dash", { "-c", "./-n" }, { .config = (char[]){ "./-n" } } },
		{ "a dry run", { "-n" }, { .dry_run = true } },
		{ "a dry run, long", { "--dry-run" }, { .dry_run = true } },
		{ "a dry run before the verb", { "-n", "run" }, { .dry_run = true } },
		{ "a dry run behind the verb", { "run", "-n" }, { .dry_run = true } },
		{ "short ones together", { "-nq" }, { .dry_run = true, .quiet = true } },
		{ "quiet and debug", { "--quiet", "--debug" }, { .quiet = true, .debug = true } },
		{ "all",
		  { "run", "-qnc", "a", "--debug", "--report", "r.json", "--html=p.html", "--" },
		  { .config = (char[]){ "a" },
		    .report = (char[]){ "r.json" },
		    .html = (char[]){ "p.html" },
		    .dry_run = true,
		    .quiet = true,
		    .debug = true } },
		{ "the verb behind the dashes", { "-n", "--", "run" }, { .dry_run = true } },
		{ "usage", { "usage" }, { .command = COMMAND_USAGE } },
		{ "usage with all it takes",
		  { "usage", "-qc", "a", "--debug", "--json", "--top=20", "--tags", "team/app" },
		  { .command = COMMAND_USAGE,
		    .config = (char[]){ "a" },
		    .tags = (char[]){ "team/app" },
		    .top = 20,
		    .json = true,
		    .quiet = true,
		    .debug = true } },
		{ "the fewest lines",
		  { "--top", "1", "usage" },
		  { .command = COMMAND_USAGE, .top = 1 } },
		{ "the most lines",
		  { "usage", "--top", "1000000" },
		  { .command = COMMAND_USAGE, .top = 1000000 } },
		{ "repositories",
		  { "--repository", "a", "--repository=team/b/", "--force", "--confirm" },
		  { .repositories = LIST("a", "team/b"), .force = true, .confirm = true } },
		{ "a namespace",
		  { "--namespace", "team/" },
		  { .only_namespace = (char[]){ "team" } } },
		{ "the shortest time", { "--max-minutes", "0.001" }, { .max_ms = 60 } },
		{ "the longest time",
		  { "apply", "p", "--max-minutes=525600" },
		  { .command = COMMAND_APPLY,
		    .argument = (char[]){ "p" },
		    .max_ms = INT64_C(31536000000) } },
		{ "a time", { "--max-minutes", "1.5" }, { .max_ms = 90000 } },
		{ "jobs", { "--jobs", "a,b c,,d" }, { .jobs = LIST("a", "b c", "d") } },
		{ "a file of repositories",
		  { "--repos-file", "/a/b" },
		  { .repos_file = (char[]){ "/a/b" } } },
		{ "plan",
		  { "plan", "--output=p", "--jobs=a" },
		  { .command = COMMAND_PLAN, .output = (char[]){ "p" }, .jobs = LIST("a") } },
		{ "apply",
		  { "apply", "p", "--force" },
		  { .command = COMMAND_APPLY, .argument = (char[]){ "p" }, .force = true } },
		{ "why",
		  { "why", "team/app:1" },
		  { .command = COMMAND_WHY, .argument = (char[]){ "team/app:1" } } },
		{ "a report on standard output",
		  { "--report", "-" },
		  { .report = (char[]){ "-" } } },
		{ "the answer of another tool",
		  { "apply", "p", "--format=scaleway", "--report", "a" },
		  { .command = COMMAND_APPLY,
		    .argument = (char[]){ "p" },
		    .report = (char[]){ "a" },
		    .format = FORMAT_SCALEWAY } },
		{ "what is printed by default", { "--format", "report" }, { 0 } },
		{ "collect", { "collect" }, { .command = COMMAND_COLLECT } },
		{ "recover", { "recover" }, { .command = COMMAND_RECOVER } },
		{ "collect with its options",
		  { "collect", "--force-idle", "--report=a", "-q" },
		  { .command = COMMAND_COLLECT,
		    .force_idle = true,
		    .report = (char[]){ "a" },
		    .quiet = true } },
		{ "init", { "init" }, { .command = COMMAND_INIT } },
		{ "init of a container",
		  { "init", "--container=a", "--engine", "podman", "--output", "b" },
		  { .command = COMMAND_INIT,
		    .container = (char[]){ "a" },
		    .engine = (char[]){ "podman" },
		    .output = (char[]){ "b" } } },
		{ "init of all others",
		  { "init", "--compose=a", "--kubectl=b/c/d", "--host=e" },
		  { .command = COMMAND_INIT,
		    .compose = (char[]){ "a" },
		    .kubectl = (char[]){ "b/c/d" },
		    .host = (char[]){ "e" } } },
		{ "verify", { "verify" }, { .command = COMMAND_VERIFY } },
		{ "verify with all it takes",
		  { "verify", "-qc", "a", "--debug", "--deep" },
		  { .command = COMMAND_VERIFY,
		    .config = (char[]){ "a" },
		    .quiet = true,
		    .debug = true,
		    .deep = true } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed parsed = parse(cases[i].arguments);

		print_message("# %s\n", cases[i].what);
		assert_int_equal(parsed.outcome, CLI_RUN);
		assert_int_equal(parsed.options.command, cases[i].options.command);
		assert_same(parsed.options.config, cases[i].options.config);
		assert_same(parsed.options.report, cases[i].options.report);
		assert_same(parsed.options.html, cases[i].options.html);
		assert_same(parsed.options.tags, cases[i].options.tags);
		assert_same(parsed.options.argument, cases[i].options.argument);
		assert_same(parsed.options.output, cases[i].options.output);
		assert_same(parsed.options.container, cases[i].options.container);
		assert_same(parsed.options.compose, cases[i].options.compose);
		assert_same(parsed.options.kubectl, cases[i].options.kubectl);
		assert_same(parsed.options.host, cases[i].options.host);
		assert_same(parsed.options.engine, cases[i].options.engine);
		assert_same(parsed.options.repos_file, cases[i].options.repos_file);
		assert_same(parsed.options.only_namespace, cases[i].options.only_namespace);
		assert_same_list(&parsed.options.repositories, &cases[i].options.repositories);
		assert_same_list(&parsed.options.jobs, &cases[i].options.jobs);
		assert_int_equal(parsed.options.force, cases[i].options.force);
		assert_int_equal(parsed.options.confirm, cases[i].options.confirm);
		assert_int_equal(parsed.options.force_idle, cases[i].options.force_idle);
		assert_int_equal(parsed.options.top, cases[i].options.top);
		assert_int_equal(parsed.options.max_ms, cases[i].options.max_ms);
		assert_int_equal(parsed.options.json, cases[i].options.json);
		assert_int_equal(parsed.options.format, cases[i].options.format);
		assert_int_equal(parsed.options.dry_run, cases[i].options.dry_run);
		assert_int_equal(parsed.options.quiet, cases[i].options.quiet);
		assert_int_equal(parsed.options.debug, cases[i].options.debug);
		assert_int_equal(parsed.options.deep, cases[i].options.deep);
		options_clear(&parsed.options);
		assert_null(parsed.options.config);
	}
}

#define NOT_A_TOP     "--top: a whole number from 1 to 1000000 is expected"
#define NO_MINUTES    "--max-minutes: a number of minutes from 0.001 to 525600 is expected"
#define NO_FORMAT     "--format: report or scaleway is expected"
#define NO_REPOSITORY "--tags: the name of a repository is expected"

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *arguments[ARGUMENTS];
		const char *message;
	} cases[] = {
		{ { "--dryrun" }, "--dryrun: unknown option" },
		{ { "-x" }, "-x: unknown option" },
		{ { "-nx" }, "-nx: unknown option" },
		{ { "--dry" }, "--dry: unknown option" },
		{ { "-dry-run" }, "-dry-run: unknown option" },
		{ { "--dry-run=false" }, "--dry-run=false: option does not take an argument" },
		{ { "--config" }, "--config: missing argument" },
		{ { "-n", "-c" }, "-c: missing argument" },
		{ { "--config=" }, "--config: the name of a file is missing" },
		{ { "--report", "" }, "--report: the name of a file is missing" },
		{ { "--report", "-n" },
		  "--report: '-n' looks like an option; a file of that name is ./-n" },
		{ { "-c", "--dry-run" },
		  "--config: '--dry-run' looks like an option; a file of that name is "
		  "./--dry-run" },
		{ { "-c", "a", "-c", "a" }, "--config: given twice" },
		{ { "-c", "a", "--config=b" }, "--config: given twice" },
		{ { "--html", "-" },
		  "--html: '-' looks like an option; a file of that name is ./-" },
		{ { "verify", "--html=a" }, "--html: not an option of 'verify'" },
		{ { "--report=a", "--report=b" }, "--report: given twice" },
		{ { "-n", "-n" }, "--dry-run: given twice" },
		{ { "-nn" }, "--dry-run: given twice" },
		{ { "-q", "--quiet" }, "--quiet: given twice" },
		{ { "--debug", "--debug" }, "--debug: given twice" },
		{ { "--help", "--help" }, "--help: given twice" },
		{ { "clean" }, "'clean': no such command" },
		{ { "Run" }, "'Run': no such command" },
		{ { "" }, "'': no such command" },
		{ { "-" }, "'-': no such command" },
		{ { "--", "-n" }, "'-n': no such command" },
		{ { "run", "run" }, "'run': nothing is expected after 'run'" },
		{ { "run", "" }, "'': nothing is expected after 'run'" },
		{ { "run", "a", "-n" }, "'a': nothing is expected after 'run'" },
		{ { "a\nb\033" }, "'a?b?': no such command" },
		{ { "--version", "x" }, "'x': no such command" },
		{ { "help", "x" }, "'x': no such command" },
		{ { "help", "plan", "x" }, "'x': nothing is expected after 'plan'" },
		{ { "-hh" }, "--help: given twice" },
		{ { "plan", "--output", "-" },
		  "--output: '-' looks like an option; a file of that name is ./-" },
		{ { "--help", "--dryrun" }, "--dryrun: unknown option" },
		{ { "usage", "--dry-run" }, "--dry-run: not an option of 'usage'" },
		{ { "usage", "--report=a" }, "--report: not an option of 'usage'" },
		{ { "--json" }, "--json: not an option of 'run'" },
		{ { "run", "--top", "3" }, "--top: not an option of 'run'" },
		{ { "--tags=a" }, "--tags: not an option of 'run'" },
		{ { "usage", "team/app" }, "'team/app': nothing is expected after 'usage'" },
		{ { "usage", "--top", "0" }, NOT_A_TOP },
		{ { "usage", "--top", "1000001" }, NOT_A_TOP },
		{ { "usage", "--top", "99999999999999999999" }, NOT_A_TOP },
		{ { "usage", "--top", "-1" }, NOT_A_TOP },
		{ { "usage", "--top", "5x" }, NOT_A_TOP },
		{ { "--max-minutes", "0" }, NO_MINUTES },
		{ { "--max-minutes", "525601" }, NO_MINUTES },
		{ { "--max-minutes", "1e3" }, NO_MINUTES },
		{ { "--max-minutes", "5m" }, NO_MINUTES },
		{ { "--max-minutes=" }, NO_MINUTES },
		{ { "collect", "--max-minutes=5" }, "--max-minutes: not an option of 'collect'" },
		{ { "usage", "--top", " 5" }, NOT_A_TOP },
		{ { "usage", "--top=" }, NOT_A_TOP },
		{ { "usage", "--top", "5", "--top", "5" }, "--top: given twice" },
		{ { "usage", "--tags=" }, NO_REPOSITORY },
		{ { "usage", "--tags", "--json" }, NO_REPOSITORY },
		{ { "usage", "--tags=a", "--tags=b" }, "--tags: given twice" },
		{ { "run", "--force-idle" }, "--force-idle: not an option of 'run'" },
		{ { "collect", "--force" }, "--force: not an option of 'collect'" },
		{ { "collect", "--confirm" }, "--confirm: not an option of 'collect'" },
		{ { "collect", "--repository=a" }, "--repository: not an option of 'collect'" },
		{ { "collect", "--force-idle", "--dry-run" },
		  "--force-idle: a dry run writes down nothing" },
		{ { "collect", "app" }, "'app': nothing is expected after 'collect'" },
		{ { "verify", "--dry-run" }, "--dry-run: not an option of 'verify'" },
		{ { "verify", "--report=a" }, "--report: not an option of 'verify'" },
		{ { "--deep" }, "--deep: not an option of 'run'" },
		{ { "run", "--deep" }, "--deep: not an option of 'run'" },
		{ { "verify", "--deep", "--deep" }, "--deep: given twice" },
		{ { "--engine=docker" }, "--engine: not an option of 'run'" },
		{ { "check", "--host=a" }, "--host: not an option of 'check'" },
		{ { "init", "--dry-run" }, "--dry-run: not an option of 'init'" },
		{ { "init", "--config=a" }, "--config: not an option of 'init'" },
		{ { "init", "--engine=lxc" }, "--engine: docker, podman or nerdctl is expected" },
		{ { "init", "--container=" }, "--container: a name is expected behind it" },
		{ { "init", "--host", "--engine" }, "--host: a name is expected behind it" },
		{ { "init", "app" }, "'app': nothing is expected after 'init'" },
		{ { "verify", "app" }, "'app': nothing is expected after 'verify'" },
		{ { "why" }, "'why': REPOSITORY:TAG is expected behind it" },
		{ { "why", "team/app" }, "'team/app': REPOSITORY:TAG is expected" },
		{ { "why", "" }, "'why': REPOSITORY:TAG is expected behind it" },
		{ { "why", "a:b", "c" }, "'c': nothing is expected after 'a:b'" },
		{ { "apply" }, "'apply': FILE is expected behind it" },
		{ { "apply", "p", "--jobs=a" }, "--jobs: not an option of 'apply'" },
		{ { "plan", "--dry-run" }, "--dry-run: not an option of 'plan'" },
		{ { "--output=p" }, "--output: not an option of 'run'" },
		{ { "--jobs", "," }, "--jobs: names of jobs are expected, as in A,B" },
		{ { "--jobs", "-n" }, "--jobs: names of jobs are expected, as in A,B" },
		{ { "--jobs=a", "--jobs=b" }, "--jobs: given twice" },
		{ { "--repository=" }, "--repository: the name of a repository is expected" },
		{ { "--namespace=a:b" }, "--namespace: no namespace can have the name 'a:b'" },
		{ { "--repository", "-n" }, "--repository: the name of a repository is expected" },
		{ { "--namespace", "/" }, "--namespace: the name of a namespace is expected" },
		{ { "--namespace=a", "--namespace=b" }, "--namespace: given twice" },
		{ { "--repos-file=" }, "--repos-file: the name of a file is missing" },
		{ { "--format=json" }, NO_FORMAT },
		{ { "--format=" }, NO_FORMAT },
		{ { "--format", "Scaleway" }, NO_FORMAT },
		{ { "--format=report", "--format=report" }, "--format: given twice" },
		{ { "--format=scaleway", "--report=-" },
		  "--report: standard output has what --format prints; name a file" },
		{ { "plan", "--format=scaleway" }, "--format: not an option of 'plan'" },
		{ { "watch", "--format=scaleway" }, "--format: not an option of 'watch'" },
		{ { "--confirm", "-n" },
		  "--confirm: a dry run deletes nothing that could be confirmed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed parsed = parse(cases[i].arguments);

		assert_int_equal(parsed.outcome, CLI_ERROR);
		assert_string_equal(parsed.err.msg, cases[i].message);
		assert_int_equal(parsed.err.kind, ERR_USAGE);
		assert_null(parsed.options.config);
		assert_null(parsed.options.report);
		assert_null(parsed.options.tags);
	}
}

static void the_environment_says_yes_or_no(void **state)
{
	static const char *const nothing[ARGUMENTS] = { NULL };
	static const struct {
		const char *text;
		int meaning; /* -1: an error */
	} cases[] = {
		{ "true", 1 }, { "TRUE", 1 },   { "1", 1 },   { "yes", 1 }, { "On", 1 },
		{ "", 0 },     { "False", 0 },  { "0", 0 },   { "no", 0 },  { "OFF", 0 },
		{ " ", -1 },   { "true ", -1 }, { "y", -1 },  { "2", -1 },  { "01", -1 },
		{ "t", -1 },   { "ture", -1 },  { "-1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct parsed dry, debug;

		print_message("# '%s'\n", cases[i].text);
		assert_int_equal(setenv("DRY_RUN", cases[i].text, 1), 0);
		dry = parse(nothing);
		assert_int_equal(unsetenv("DRY_RUN"), 0);
		assert_int_equal(setenv("DEBUG", cases[i].text, 1), 0);
		debug = parse(nothing);
		assert_int_equal(unsetenv("DEBUG"), 0);
		assert_int_equal(dry.outcome, cases[i].meaning < 0 ? CLI_ERROR : CLI_RUN);
		assert_int_equal(debug.outcome, cases[i].meaning < 0 ? CLI_ERROR : CLI_RUN);
		assert_int_equal(dry.options.dry_run, cases[i].meaning > 0);
		assert_int_equal(debug.options.debug, cases[i].meaning > 0);
		assert_false(dry.options.debug);
		assert_false(debug.options.dry_run);
		if (cases[i].meaning < 0) {
			assert_string_equal(
				dry.err.msg,
				"DRY_RUN: true, 1, yes, on, false, 0, no or off is expected");
			assert_int_equal(dry.err.kind, ERR_USAGE);
		}
	}
}

static void no_in_the_environment_takes_back_no_option(void **state)
{
	static const char *const arguments[ARGUMENTS] = { "-n", "--debug" };
	struct parsed parsed;

	(void)state;
	assert_int_equal(setenv("DRY_RUN", "false", 1) | setenv("DEBUG", "0", 1), 0);
	parsed = parse(arguments);
	assert_int_equal(parsed.outcome, CLI_RUN);
	assert_true(parsed.options.dry_run);
	assert_true(parsed.options.debug);
}

static void a_bad_environment_releases_what_was_read(void **state)
{
	static const char *const arguments[ARGUMENTS] = { "-c", "a", "--report", "b" };
	struct parsed parsed;

	(void)state;
	assert_int_equal(setenv("DEBUG", "maybe", 1), 0);
	parsed = parse(arguments);
	assert_int_equal(parsed.outcome, CLI_ERROR);
	assert_null(parsed.options.config);
	assert_null(parsed.options.report);
}

/* With POSIXLY_CORRECT, popt reads no option behind the verb: that must not become a run. */
static void options_behind_the_verb_are_never_lost(void **state)
{
	static const char *const arguments[ARGUMENTS] = { "run", "--dry-run" };
	struct parsed parsed;

	(void)state;
	assert_int_equal(setenv("POSIXLY_CORRECT", "1", 1), 0);
	parsed = parse(arguments);
	assert_int_equal(parsed.outcome, CLI_ERROR);
	assert_string_equal(parsed.err.msg, "'--dry-run': nothing is expected after 'run'");
}

/* Parses in a child whose stdout is FD; returns its outcome. */
static int outcome_with_stdout(int fd, const char *first, const char *second)
{
	const char *const arguments[ARGUMENTS] = { first, second };
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct parsed parsed = { .outcome = CLI_RUN };

		if (dup2(fd, STDOUT_FILENO) >= 0)
			parsed = parse(arguments);
		_exit((int)parsed.outcome);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static char *output_of(const char *first, const char *second)
{
	FILE *file = tmpfile();
	char *text = xcalloc(1, 16384);
	size_t length;

	assert_non_null(file);
	assert_int_equal(outcome_with_stdout(fileno(file), first, second), CLI_DONE);
	rewind(file);
	length = fread(text, 1, 16383, file);
	assert_true(length > 0);
	fclose(file);
	return text;
}

static void the_version_is_one_line(void **state)
{
	CLEANUP(free_p) char *text = output_of("--version", NULL);
	CLEANUP(free_p) char *by_letter = output_of("-V", NULL);
	CLEANUP(free_p) char *of_command = output_of("verify", "-V");

	(void)state;
	assert_string_equal(text, "clean-registry " VERSION "\n");
	assert_string_equal(by_letter, text);
	assert_string_equal(of_command, text);
}

static void help_names_every_option(void **state)
{
	static const char *const parts[] = {
		"Usage: clean-registry [COMMAND] [OPTIONS]\n",
		"-c, --config=FILE",
		"-n, --dry-run",
		"-q, --quiet",
		"--debug",
		"--report=FILE",
		"--json",
		"--top=N",
		"--tags=REPOSITORY",
		"-h, --help",
		"-V, --version",
		"apply FILE",
		"why REPOSITORY:TAG",
		"DRY_RUN",
		"DEBUG",
	};
	static const char *const ways[] = { "--help", "-h", "help" };

	(void)state;
	for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
		CLEANUP(free_p) char *text = output_of(ways[w], NULL);

		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
			if (!strstr(text, parts[i]))
				fail_msg("%s: no '%s' in:\n%s", ways[w], parts[i], text);
		}
	}
}

/* Only the options that the command takes. */
static void help_of_a_command_is_about_it(void **state)
{
	static const struct {
		const char *first, *second, *has, *has_not;
	} cases[] = {
		{ "usage", "--help", "--top=N", "-n, --dry-run" },
		{ "why", "-h", "Usage: clean-registry why REPOSITORY:TAG [OPTIONS]", "--deep" },
		{ "help", "verify", "--deep", "--report" },
		{ "--help", "run", "--dry-run", "--force-idle" },
		{ "help", "apply", "Usage: clean-registry apply FILE [OPTIONS]", "--jobs" },
		{ "help", "collect", "--force-idle", "--repository" },
		{ "plan", "--help", "--output=FILE", "--report" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free_p) char *text = output_of(cases[i].first, cases[i].second);

		if (!strstr(text, cases[i].has) || strstr(text, cases[i].has_not))
			fail_msg("%s %s:\n%s", cases[i].first, cases[i].second, text);
	}
}

static void output_that_cannot_be_written_is_an_error(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(full >= 0);
	assert_int_equal(outcome_with_stdout(full, "--help", NULL), CLI_ERROR);
	assert_int_equal(outcome_with_stdout(full, "help", "plan"), CLI_ERROR);
	close(full);
}

static void clearing_nothing_is_fine(void **state)
{
	struct options options = { 0 };

	(void)state;
	options_clear(&options);
	options.config = xstrdup("a");
	options_clear(&options);
	assert_null(options.config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_mean_what_they_say, plain_environment),
		cmocka_unit_test_setup(mistakes_are_told, plain_environment),
		cmocka_unit_test_setup(the_environment_says_yes_or_no, plain_environment),
		cmocka_unit_test_setup(no_in_the_environment_takes_back_no_option,
				       plain_environment),
		cmocka_unit_test_setup(a_bad_environment_releases_what_was_read, plain_environment),
		cmocka_unit_test_setup(options_behind_the_verb_are_never_lost, plain_environment),
		cmocka_unit_test_setup(the_version_is_one_line, plain_environment),
		cmocka_unit_test_setup(help_names_every_option, plain_environment),
		cmocka_unit_test_setup(help_of_a_command_is_about_it, plain_environment),
		cmocka_unit_test_setup(output_that_cannot_be_written_is_an_error,
				       plain_environment),
		cmocka_unit_test(clearing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
