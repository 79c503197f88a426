/* The nightly run, as a row of stages. */
#include "command/run.h"

#include "apply.h"
#include "cli.h"
#include "command/act.h"
#include "command/collect_command.h"
#include "command/confirm.h"
#include "command/target.h"
#include "config.h"
#include "forecast.h"
#include "http/engine.h"
#include "inventory.h"
#include "plan.h"
#include "plan_file.h"
#include "policy.h"
#include "report.h"
#include "report_undated.h"
#include "state.h"
#include "state_reserve.h"
#include "util/file.h"
#include "util/log.h"
#include "util/stop.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* The stages up to the plan send nothing but GETs. */
static int run_stages(struct run *run, const struct hands *hands, struct err *err)
{
	struct session *session = &run->session;

	if (rules_check_plan_age(&run->rules, run->report.started_at, err) < 0 ||
	    hands->open_state(run, err) < 0)
		return -1;
	rules_recall(&run->rules, run->state, run->report.started_at);
	session->inventory->asked_for = &run->rules.policy->only;
	if (session_open(session, hands->read_only, err) < 0 ||
	    session_read(session, run->state, err) < 0)
		return -1;
	if (!hands->plans)
		return hands->act(run, err);
	if (rules_read_holds(&run->rules, run->state, err) < 0 ||
	    rules_ask_in_use(&run->rules, session->inventory, err) < 0 ||
	    rules_check_named(&run->rules, session, err) < 0)
		return -1;
	run->report.errors += rules_missing_targets(&run->rules, session->inventory);
	act_plan(run);
	session->inventory->failures += report_undated(session->inventory, run->plan);
	report_log_plan(&run->report);
	if (run->rules.file.wanted)
		plan_file_log(&run->rules.file, session->inventory, run->plan);
	return hands->act(run, err);
}

/* Of several reasons the first that applies: 128+n, 4, 1, 0; the others end a run before it
 * deletes. */
static int exit_code(const struct run *run, const struct err *err)
{
	bool deleted = run->outcome.tags_deleted > 0 || run->outcome.manifests_deleted > 0;

	if (err->kind == ERR_STOPPED || stop_signal())
		return 128 + stop_signal();
	if (err->kind == ERR_COLLECTOR || run->collector_failed)
		return EXIT_COLLECTOR;
	if (err->kind == ERR_USAGE)
		return EXIT_USAGE;
	if (err->kind == ERR_UNREACHABLE && !deleted)
		return EXIT_UNREACHABLE;
	if (err->kind == ERR_BUSY && !deleted)
		return EXIT_BUSY;
	if (err->kind == ERR_SAFETY && !deleted)
		return EXIT_SAFETY;
	return err->kind != ERR_NONE || run->report.errors ? EXIT_PARTLY : EXIT_ALL_DONE;
}

static int open_report(const struct run *run, struct file_new *file, struct err *err)
{
	const char *path = run->options->report;

	if (!path || options_report_to_stdout(run->options) ||
	    target_open(file, path, run->options, run->config, err) == 0)
		return 0;
	if (err->kind != ERR_IO || !reserve_is_full(errno))
		return -1;
	/* It is this run that may free the disk. */
	log_warning("--report: %s; it is tried again at the end", err->msg);
	return 0;
}

static int print_report(const struct report *report, struct err *err)
{
	if (report_write(report, stdout, err) < 0)
		return err_wrap(err, "standard output");
	return 0;
}

static int write_report(const struct run *run, struct file_new *file, struct err *err)
{
	const char *path = run->options->report;

	if (!path)
		return 0;
	if (options_report_to_stdout(run->options))
		return print_report(&run->report, err);
	if (!file->stream && target_open(file, path, run->options, run->config, err) < 0)
		return err_wrap(err, "--report");
	if (report_write(&run->report, file->stream, err) < 0)
		return err_wrap(err, "%s", path);
	return file_new_publish(file, err);
}

/* What was given up is made anew as soon as there may be room again. */
static void keep_reserve(const struct run *run)
{
	struct err err = { 0 };

	if (run->state && state_keep_reserve(run->state, &err) < 0)
		log_warning("the next run has no reserve for a full disk: %s", err.msg);
}

/* Reports, and returns the exit code, which a report that cannot be written can still make worse.
 */
static int finish(struct run *run, struct file_new *file, int64_t began, const struct err *failure)
{
	struct report *report = &run->report;
	struct err err = { 0 };

	if (failure->kind != ERR_NONE)
		log_error("%s", failure->msg);
	report->errors += run->outcome.failures + run->session.inventory->failures;
	report->errors += failure->kind != ERR_NONE && failure->kind != ERR_STOPPED;
	report->exit_code = exit_code(run, failure);
	report->seconds = (double)(time_monotonic_ms() - began) / 1000;
	report->requests = run->session.http ? http_requests(run->session.http) : 0;
	report->finished_at = report->started_at + (int64_t)report->seconds;
	report_log(report);
	if (report->exit_code != EXIT_USAGE && write_report(run, file, &err) < 0) {
		log_error("%s", err.msg);
		report->errors++;
		report->exit_code = exit_code(run, failure);
	}
	/* What is told now needs the room first. */
	keep_reserve(run);
	session_remember(&run->session, run->state);
	report_log_end(report);
	return report->exit_code;
}

static void clear(struct run *run, struct file_new *file)
{
	file_new_discard(file);
	outcome_clear(&run->outcome);
	measure_clear(&run->report.before);
	measure_clear(&run->report.after);
	gc_result_clear(&run->report.gc);
	verify_result_clear(&run->report.verification);
	tree_names_clear(&run->report.repositories_removed);
	rehearsal_clear(&run->rehearsal);
	empties_clear(&run->empties);
	inventory_free(run->verified);
	forecast_free(run->forecast);
	plan_free(run->plan);
	session_close(&run->session);
	state_close(run->state);
	rules_close(&run->rules);
}

static const struct hands *choose_hands(const struct options *options)
{
	if (options->command == COMMAND_COLLECT)
		return options->dry_run ? &HANDS_COLLECT_DRY : &HANDS_COLLECT;
	return options->dry_run ? &HANDS_DRY : &HANDS_REAL;
}

int command_run(const struct options *options, const struct config *config)
{
	const struct hands *hands = choose_hands(options);
	struct run run = { .config = config,
			   .options = options,
			   .session = session_new(config),
			   .report = { .config = config,
				       .command = options_command(options),
				       .started_at = time(NULL),
				       .dry_run = options->dry_run } };
	struct file_new file = { 0 };
	struct config_notes faults = { 0 };
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();
	int code = EXIT_USAGE;

	run.until_ms = options->max_ms ? began + options->max_ms : 0;
	measure_nothing(&run.report.before);
	measure_nothing(&run.report.after);
	if (rules_open(&run.rules, config, options, &faults) < 0) {
		rules_print_faults(&faults);
	} else if (options->confirm && confirm_possible(&err) < 0) {
		fprintf(stderr, "clean-registry: %s\n", err.msg);
	} else if (open_report(&run, &file, &err) < 0) {
		fprintf(stderr, "clean-registry: --report: %s\n", err.msg);
	} else {
		if (run_stages(&run, hands, &err) == 0)
			err.kind = ERR_NONE;
		code = finish(&run, &file, began, &err);
	}
	config_notes_clear(&faults);
	clear(&run, &file);
	return code;
}
