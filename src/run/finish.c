/* Reports, decides on the exit code, and cleans up. */
#include "run/finish.h"

#include "apply_scaleway/namespaces.h"
#include "cli/options.h"
#include "config/config.h"
#include "forecast/forecast.h"
#include "forecast/listed.h"
#include "gc/gc.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "report/run_json.h"
#include "report/scaleway_json.h"
#include "run/afterwards.h"
#include "run/context.h"
#include "run/journal.h"
#include "run/next_collection.h"
#include "run/page.h"
#include "session/exit_code.h"
#include "session/names_file.h"
#include "session/output_file.h"
#include "state/reserve.h"
#include "state/state.h"
#include "undo/journal.h"
#include "util/file.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/string_list.h"
#include "util/time.h"

#include <errno.h>
#include <stdio.h>

/* Whether something was deleted, or may have been where that is all that is known. */
static bool has_changed(const struct run *run)
{
	const struct outcome *outcome = &run->outcome;

	return outcome->tags_deleted > 0 || outcome->manifests_deleted > 0 ||
	       (run->config->registry.kind == KIND_SCALEWAY && outcome->end_unknown) ||
	       run->namespaces.deleted > 0 || run->namespaces.failed > 0;
}

static int code_of(const struct run *run, const struct err *err)
{
	return exit_code(err, (struct exit_facts){ .errors = run->report.errors,
						   .changed = has_changed(run),
						   .collector_failed = run->collector_failed });
}

int finish_open_report(const struct run *run, struct file_new *file, struct err *err)
{
	const char *path = run->options->report;

	if (!path || options_report_to_stdout(run->options) ||
	    output_file_open(file, path, run->options, run->config, err) == 0)
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
	if (!file->stream && output_file_open(file, path, run->options, run->config, err) < 0)
		return err_wrap(err, "--report");
	if (report_write(&run->report, file->stream, err) < 0)
		return err_wrap(err, "%s", path);
	return file_new_publish(file, err);
}

/* What --format asks for, of how RUN ended; WHY: what ended it early, or NULL. */
static void print_answer(struct run *run, const char *why)
{
	struct err err = { 0 };

	if (run->options->format != FORMAT_SCALEWAY ||
	    scaleway_json_write(&run->report, why, stdout, &err) == 0)
		return;
	log_error("standard output: %s", err.msg);
	run->report.errors++;
	if (run->report.exit_code == EXIT_ALL_DONE)
		run->report.exit_code = EXIT_PARTLY;
}

/* What was given up is made anew as soon as there may be room again. */
static void keep_reserve(const struct run *run)
{
	struct err err = { 0 };

	if (run->state && state_keep_reserve(run->state, &err) < 0)
		log_warning("the next run has no reserve for a full disk: %s", err.msg);
}

/* For the shells of those who type them. */
static void keep_names(const struct run *run)
{
	const struct report *report = &run->report;

	if (run->state && report->inventory && !report->dry_run)
		names_file_save(report->inventory, report->outcome, run->state, report->started_at,
				run->config->undo.keep_days);
}

void finish_early(struct run *run, int64_t began, int code, const char *why)
{
	struct report *report = &run->report;
	struct err err = { 0 };

	report->errors++;
	report->exit_code = code;
	report->seconds = (double)(time_monotonic_ms() - began) / 1000;
	report->finished_at = report->started_at + (int64_t)report->seconds;
	if (run->page.stream && run_page_write(run, why, &err) < 0)
		log_error("%s", err.msg);
	report->errors += afterwards_write(run);
	afterwards_tell(run, why);
	print_answer(run, why);
}

/* What was asked for and is not there is an error of the run. */
static void show(struct run *run, const struct err *failure)
{
	struct err err = { 0 };

	if (run_page_write(run, failure->kind == ERR_NONE ? NULL : failure->msg, &err) == 0)
		return;
	log_error("%s", err.msg);
	run->report.errors++;
	run->report.exit_code = code_of(run, failure);
}

/* What is written already says how the run ended, so it is written anew when that became worse. */
static void correct(struct run *run, struct file_new *file, const struct err *failure)
{
	const bool printed = run->options->report && options_report_to_stdout(run->options);
	const char *why = failure->kind == ERR_NONE ? NULL : failure->msg;
	struct err err = { 0 };

	if (!printed && write_report(run, file, &err) < 0)
		log_debug("%s", err.msg);
	if (run_page_write(run, why, &err) < 0)
		log_debug("%s", err.msg);
}

/* ERRORS: as the report has them. */
static void tell_others(struct run *run, struct file_new *file, const struct err *failure,
			size_t errors)
{
	run->report.errors += afterwards_write(run);
	run->report.exit_code = code_of(run, failure);
	if (run->report.errors != errors && run->report.exit_code != EXIT_USAGE)
		correct(run, file, failure);
	afterwards_tell(run, NULL);
}

/* Reports, and returns the exit code, which a report that cannot be written can still make worse.
 */
int finish_run(struct run *run, struct file_new *file, int64_t began, const struct err *failure)
{
	struct report *report = &run->report;
	struct err err = { 0 };
	size_t errors;

	if (failure->kind != ERR_NONE)
		log_error("%s", failure->msg);
	report->errors += run->outcome.failures + run->session.inventory->failures;
	report->errors += failure->kind != ERR_NONE && failure->kind != ERR_STOPPED;
	report->exit_code = code_of(run, failure);
	report->seconds = (double)(time_monotonic_ms() - began) / 1000;
	report->requests = run->session.http ? http_requests(run->session.http) : 0;
	report->requests += run->door_requests;
	report->finished_at = report->started_at + (int64_t)report->seconds;
	report->scaleway = run->session.scaleway;
	if (report->scaleway)
		report->namespaces = &run->namespaces;
	if (report->gc.done)
		report->removed = listed_blobs_weigh(run->session.inventory, report->gc.removed);
	next_collection_report(run);
	run_journal_judge(run);
	report_log(report);
	if (report->exit_code != EXIT_USAGE && write_report(run, file, &err) < 0) {
		log_error("%s", err.msg);
		report->errors++;
		report->exit_code = code_of(run, failure);
	}
	errors = report->errors;
	show(run, failure);
	run_journal_end(run);
	/* What is told now needs the room first. */
	keep_reserve(run);
	session_remember(&run->session, run->state);
	keep_names(run);
	tell_others(run, file, failure, errors);
	print_answer(run, failure->kind == ERR_NONE ? NULL : failure->msg);
	report_log_end(report);
	return report->exit_code;
}

void finish_clear(struct run *run, struct file_new *file)
{
	file_new_discard(file);
	file_new_discard(&run->page);
	outcome_clear(&run->outcome);
	measure_clear(&run->report.before);
	measure_clear(&run->report.after);
	gc_result_clear(&run->report.gc);
	verify_result_clear(&run->report.verification);
	tree_names_clear(&run->report.repositories_removed);
	string_list_clear(&run->report.native.unclear);
	string_list_clear(&run->report.native.reasons);
	rehearsal_clear(&run->rehearsal);
	empty_repositories_clear(&run->empties);
	apply_scaleway_namespaces_clear(&run->namespaces);
	inventory_free(run->verified);
	forecast_free(run->forecast);
	plan_free(run->plan);
	session_close(&run->session);
	undo_journal_free(run->journal);
	state_close(run->state);
	policy_inputs_close(&run->rules);
}
