/* Process set-up, then the command, then its exit code. */
#include "cli/kind.h"
#include "cli/options.h"
#include "cli/references.h"
#include "command/complete.h"
#include "command/history.h"
#include "command/hold.h"
#include "command/plan.h"
#include "command/runs.h"
#include "command/usage.h"
#include "command/verify.h"
#include "command/why.h"
#include "config/config.h"
#include "credentials/credentials.h"
#include "init/init.h"
#include "notify/notify.h"
#include "restore/restore.h"
#include "run/check.h"
#include "run/recover.h"
#include "run/run.h"
#include "session/exit_code.h"
#include "several/several.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/stop_signal.h"
#include "util/writer.h"
#include "util/xalloc.h"
#include "watch/watch.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors 0 to 2 must be open, or a file of ours would become stdout. */
static void open_standard_files(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd < 3)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 3)
		close(fd);
}

/* Tables may go to a pager that is not read on. What cannot be had leaves stdout as it is. */
static void let_stop_end_output(void)
{
	static struct writer writer;
	FILE *stream = NULL;

	writer = writer_of(STDOUT_FILENO);
	stream = writer_stream(&writer);
	if (stream)
		stdout = stream;
}

/* What is large goes back to the system once it is released, instead of lying about between what
 * stays: glibc would raise this limit with each that is released. */
static void set_up_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
}

static void set_up_signals(void)
{
	/* A closed stdout and a file-size limit are errors of write(), not the end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* A parent may have ignored it; we wait for children. */
	signal(SIGCHLD, SIG_DFL);
	stop_signal_init();
}

static void complain(const char *message)
{
	CLEANUP(free_p) char *line = log_complaint(message);

	fputs(line, stderr);
}

static void print_notes(const char *path, const struct notes *notes)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < notes->count; i++) {
		const char *line = notes->lines[i];

		/* Errors about the file itself begin with its path. */
		bool named = strncmp(line, path, length) == 0 && line[length] == ':';
		CLEANUP(free_p)
		char *whole = named ? xstrdup(line) : xasprintf("%s: %s", path, line);

		complain(whole);
	}
}

/* The verb check makes no file, and shows what is logged in its answers. */
static void open_log(const struct options *options, const struct config *config,
		     const struct several_gate *gate)
{
	bool checks = options->command == COMMAND_CHECK;

	log_open(config->log.file[0] && !checks ? config->log.file : NULL,
		 (struct log_options){ .debug = options->debug,
				       .http = options->http_logs,
				       .quiet = options->quiet,
				       .json = config->log.format == LOG_JSON,
				       .syslog = config->log.syslog && !checks ? LOG_SYSLOG : NULL,
				       .name = gate ? several_name(gate) : NULL,
				       .unshown = checks,
				       .off_stdout = options->command == COMMAND_USAGE ||
						     options->command == COMMAND_PLAN ||
						     options->command == COMMAND_WHY ||
						     options->command >= COMMAND_HOLD ||
						     options_stdout_is_taken(options) });
}

static int dispatch(const struct options *options, const char *path, const struct config *config)
{
	switch (options->command) {
	case COMMAND_RUN:
	case COMMAND_APPLY:
	case COMMAND_COLLECT:
		return run_command(options, config);
	case COMMAND_RECOVER:
		return recover_command(config);
	case COMMAND_PLAN:
		return command_plan(options, config);
	case COMMAND_WHY:
		return command_why(options, config);
	case COMMAND_USAGE:
		return command_usage(options, config);
	case COMMAND_VERIFY:
		return command_verify(options, config);
	case COMMAND_HOLD:
		return command_hold(options, config);
	case COMMAND_RELEASE:
		return command_release(options, config);
	case COMMAND_HOLDS:
		return command_holds(options, config);
	case COMMAND_RUNS:
		return command_runs(options, config);
	case COMMAND_HISTORY:
		return command_history(options, config);
	case COMMAND_RESTORE:
		return restore_command(options, config);
	case COMMAND_CHECK:
		return check_command(options, path, config);
	case COMMAND_WATCH: /* its children do one of the above */
	case COMMAND_INIT:  /* needs no configuration */
		break;
	}
	return EXIT_USAGE;
}

static int run_with_config(const struct options *options, const char *path,
			   const struct config *config, const struct notes *warnings,
			   const struct notes *told, struct several_gate *gate)
{
	int code;

	open_log(options, config, gate);
	for (size_t i = 0; i < warnings->count; i++)
		log_warning("%s: %s", path, warnings->lines[i]);
	if (options->widened)
		log_warning("--repository names a tag or digest: all of that repository is worked "
			    "on, as the rules say");
	log_info("clean-registry %s%s, configuration %s", VERSION,
		 options->dry_run ? ", dry run" : "", path);
	for (size_t i = 0; i < told->count; i++)
		log_info("%s", told->lines[i]);
	code = dispatch(options, path, config);
	log_close();
	if (gate)
		several_tell(gate, log_warnings(), log_errors());
	return code;
}

/* Who watches the runs is to know of one that did not begin, because of ERR. Returns the exit
 * code. */
static int tell_not_begun(const struct options *options, const struct config *config,
			  const struct err *err)
{
	int code = exit_code(err, (struct exit_facts){ 0 });

	credentials_hide(config);
	if (options->command == COMMAND_RUN || options->command == COMMAND_APPLY ||
	    options->command == COMMAND_COLLECT)
		run_not_begun(options, config, code, err->msg);
	else if (options->command == COMMAND_VERIFY)
		command_verify_not_begun(options, config, code, err->msg);
	return code;
}

/* Of a configuration that was read. */
static int run_logged_in(struct options *options, const char *path, struct config *config,
			 struct notes *faults, struct notes *warnings, struct several_gate *gate)
{
	CLEANUP(notes_clear) struct notes told = { 0 };
	struct err err = { 0 };

	notify_hide(config);
	if (cli_kind_check(options, config, &err) < 0) {
		complain(err.msg);
		return EXIT_USAGE;
	}
	if (gate && !several_may_begin(gate, config))
		return EXIT_USAGE;
	if (gate)
		options->max_ms = several_time_left(gate, options->max_ms);
	/* Lists of what is known here ask nobody. */
	if (options->command != COMMAND_HOLDS && options->command != COMMAND_RUNS &&
	    options->command != COMMAND_HISTORY &&
	    credentials_complete(config, &told, warnings, &err) < 0) {
		notes_add(faults, "%s", err.msg);
		if (options->command == COMMAND_CHECK)
			return check_without_config(options, path, config, faults);
		print_notes(path, faults);
		return tell_not_begun(options, config, &err);
	}
	credentials_hide(config);
	if (cli_resolve(options, config, &err) == 0)
		return run_with_config(options, path, config, warnings, &told, gate);
	complain(err.msg);
	run_refused(options, err.msg);
	return EXIT_USAGE;
}

/* The configuration PATH has FAULTS. */
static void refuse(const struct options *options, const char *path, const struct notes *faults)
{
	print_notes(path, faults);
	run_refused(options, faults->lines[0]);
}

/* Of the configuration PATH; GATE: it is one of several. */
static int run_from_file(struct options *options, const char *path, struct several_gate *gate)
{
	/* Somebody waits for what check says, and sees it as well after a few seconds. */
	static const long CHECK_RETRY_SECONDS = 5;
	struct config config = { 0 };
	struct config_overrides overrides = { .repositories_file = options->repos_file };
	struct notes faults = { 0 }, warnings = { 0 };
	int code = EXIT_USAGE;
	bool loaded = config_load(path, &overrides, &config, &faults, &warnings) == 0;

	if (loaded && options->command == COMMAND_CHECK &&
	    config.registry.retry_seconds > CHECK_RETRY_SECONDS)
		config.registry.retry_seconds = CHECK_RETRY_SECONDS;
	if (loaded)
		code = run_logged_in(options, path, &config, &faults, &warnings, gate);
	else if (options->command == COMMAND_CHECK)
		code = check_without_config(options, path, NULL, &faults);
	else
		refuse(options, path, &faults);
	secrets_clear();
	config_clear(&config);
	notes_clear(&faults);
	notes_clear(&warnings);
	return code;
}

/* PATH, a folder or NULL, becomes the registry's own file in it. */
static void name_file(char **path, const char *kind, const struct several_gate *gate)
{
	char *folder = *path;

	if (folder)
		*path = xasprintf("%s/%s.%s", folder, several_name(gate), kind);
	free(folder);
}

/* In the child for one of several registries: what is to be written or read by its name, is. */
static int run_one_of_several(void *ctx, const char *path, struct several_gate *gate)
{
	struct options *options = ctx;

	let_stop_end_output();
	free(options->config);
	options->config = xstrdup(path);
	name_file(&options->report, "json", gate);
	name_file(&options->html, "html", gate);
	return run_from_file(options, path, gate);
}

static void open_log_of_watch(const struct options *options, const struct config *config)
{
	open_log(options, config, NULL);
}

/* In the child of watch for one run. */
static int run_when_due(struct options *options, const char *path, struct config *config,
			struct notes *warnings)
{
	struct notes faults = { 0 };

	return run_logged_in(options, path, config, &faults, warnings, NULL);
}

static int run_watch(const struct options *options, const char *path)
{
	static const struct watch_calls CALLS = { open_log_of_watch, run_when_due };
	struct notes faults = { 0 };
	int code = watch_command(options, path, &CALLS, &faults);

	print_notes(path, &faults);
	notes_clear(&faults);
	return code;
}

static int end_without_path(const struct options *options)
{
	static const char WHAT[] = "no configuration: neither ./config.json nor " SYSCONFDIR
				   "/clean-registry/config.json exists; name one with --config";
	struct notes faults = { 0 };
	int code = EXIT_USAGE;

	notes_add(&faults, WHAT);
	if (options->command == COMMAND_CHECK)
		code = check_without_config(options, NULL, NULL, &faults);
	else
		complain(faults.lines[0]);
	notes_clear(&faults);
	return code;
}

static int run_with_options(struct options *options)
{
	const char *path = options->config ? options->config : config_default_path();
	bool folder = path && several_is_folder(path);
	struct err err = { 0 };

	if (several_check(options, folder, &err) < 0) {
		complain(err.msg);
		return EXIT_USAGE;
	}
	if (folder)
		return several_run(options, path, run_one_of_several, options);
	if (!path)
		return end_without_path(options);
	return options->command == COMMAND_WATCH ? run_watch(options, path)
						 : run_from_file(options, path, NULL);
}

/* Its exit code is about the file alone: what check finds is still to be done. */
static int run_init(const struct options *options)
{
	struct options check = { .command = COMMAND_CHECK };
	int code = init_command(options);

	if (code != EXIT_ALL_DONE)
		return code;
	check.config = xstrdup(init_output(options));
	printf("\nWhat `clean-registry check --config %s` says of it:\n", check.config);
	run_with_options(&check);
	options_clear(&check);
	return EXIT_ALL_DONE;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct err err = { 0 };
	int code;

	open_standard_files();
	if (argc > 1 && strcmp(argv[1], "complete") == 0)
		return complete_command(argc - 2, argv + 2);
	set_up_memory();
	set_up_signals();
	let_stop_end_output();
	log_find_readers();
	/* The password would be in a core, and other processes of this user could read it. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	prctl(PR_SET_DUMPABLE, 0);
	switch (cli_parse(argc, (const char **)(void *)argv, &options, &err)) {
	case CLI_DONE:
		return EXIT_ALL_DONE;
	case CLI_ERROR:
		complain(err.msg);
		return EXIT_USAGE;
	case CLI_RUN:
		break;
	}
	code = options.command == COMMAND_INIT ? run_init(&options) : run_with_options(&options);
	options_clear(&options);
	return code;
}
