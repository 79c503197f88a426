/* One run, from its first question to its exit code: what the README says in words. */
#include "run/run.h"

#include "apply/apply.h"
#include "apply/dangling.h"
#include "cli/options.h"
#include "config/config.h"
#include "inventory/inventory.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "plan_file/write.h"
#include "policy/policy.h"
#include "report/run_json.h"
#include "report/scaleway_json.h"
#include "report/undated.h"
#include "run/afterwards.h"
#include "run/collect.h"
#include "run/collect_only.h"
#include "run/confirm.h"
#include "run/context.h"
#include "run/delete.h"
#include "run/deletion_door.h"
#include "run/finish.h"
#include "run/foresee.h"
#include "run/measured.h"
#include "run/next_collection.h"
#include "run/page.h"
#include "run/questions.h"
#include "run/scaleway.h"
#include "session/cache_file.h"
#include "session/exit_code.h"
#include "session/pulls_known.h"
#include "session/restored_known.h"
#include "state/state.h"
#include "util/date.h"
#include "util/file.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <time.h>

/* What the native collector would take hangs on no date of an image. */
static bool asks_for_dates(const struct run *run, const struct operations *operations)
{
	return operations->plans || !run->options->dry_run || run->config->gc.method != GC_NATIVE;
}

/* Reads the registry, and plans. Nothing but GETs is sent. */
static int read_and_plan(struct run *run, const struct operations *operations, struct err *err)
{
	struct session *session = &run->session;

	if (policy_inputs_check_plan_age(&run->rules, run->report.started_at, err) < 0 ||
	    operations->open_state(run, err) < 0)
		return -1;
	afterwards_begun(run);
	policy_inputs_recall(&run->rules, run->state, run->report.started_at);
	next_collection_load(run);
	session->inventory->asked_for = &run->rules.policy->only;
	if (session_open(session, operations->read_only, err) < 0)
		return -1;
	session_ask_server(session);
	run->report.driver = session->server.driver;
	/* What the folder does not show, the collector's list may (run/rehearsal.h). */
	session->lists_later = true;
	session->undated = !asks_for_dates(run, operations);
	if (session_read(session, run->state, err) < 0)
		return -1;
	if (!operations->plans)
		return 0;
	if (policy_inputs_read_holds(&run->rules, run->state, err) < 0 ||
	    policy_inputs_ask_in_use(&run->rules, session->inventory, err) < 0 ||
	    policy_inputs_check_named(&run->rules, session, err) < 0)
		return -1;
	if (pulls_known_read(session, run->state, run->report.started_at, err) < 0)
		return -1;
	run->report.errors += policy_inputs_missing_targets(&run->rules, session);
	run_plan(run);
	session->inventory->failures += report_undated(session->inventory, run->plan);
	report_log_plan(&run->report);
	if (run->rules.file.wanted)
		plan_file_log(&run->rules.file, session->inventory, run->plan);
	return 0;
}

static int delete_and_collect(struct run *run, struct err *err)
{
	if (delete_is_due(run) && delete_planned(run, err) < 0)
		return -1;
	if (run_door_close(run, err) < 0)
		return -1;
	if (run_is_out_of_time(run))
		return 0;
	return run_collection_is_due(run) && !run->rehearsal.failed
		       ? collect_run(run, err)
		       : collect_empties_alone(run, err);
}

static int collect_nothing(struct run *run, struct err *err)
{
	log_info("nothing is to be deleted");
	return collect_empties_alone(run, err) < 0 ? -1 : run_verify(run, err);
}

static int confirm(const struct run *run, struct err *err)
{
	return run->options->confirm && run->plan->step_count > 0 ? confirm_ask(run, err) : 0;
}

/* All that may forbid it is asked first; then it is done, measured and verified. */
static int execute_plan(struct run *run, struct err *err)
{
	if (questions_ask(run, QUESTIONS_FIRST, err) < 0)
		return -1;
	run->apply = run_new_apply(run);
	run->apply.dangling = dangling_find(&run->apply);
	cache_file_save_untagged(run->session.untagged, run->state);
	restored_known_save(&run->session, run->state);
	pulls_known_save(&run->session, run->state);
	if (empty_repositories_recover(run, err) < 0)
		return -1;
	run->collection_was_owed = state_collection_is_pending(run->state);
	apply_settle_debts(&run->apply);
	if (!delete_is_due(run) && !run_collection_is_due(run))
		return collect_nothing(run, err);
	if (questions_ask(run, QUESTIONS_ACTING | (delete_is_due(run) ? QUESTIONS_TRIED : 0U),
			  err) < 0 ||
	    confirm(run, err) < 0)
		return -1;
	return run_measured(run, delete_and_collect, err);
}

/* A run that ended before it deleted anything tells the next one nothing. */
static void remember(struct run *run, bool ended_well)
{
	const struct outcome *outcome = &run->outcome;
	struct growth_run entry = { .started_at = run->report.started_at,
				    .ended_at = time(NULL),
				    .tags_deleted = outcome->tags_deleted,
				    .complete = ended_well && outcome->failures == 0 &&
						outcome->tags_planned == 0 &&
						run->session.inventory->failures == 0 &&
						!run->out_of_time && !stop_signal() };

	if ((ended_well || outcome->tags_deleted > 0) &&
	    policy_inputs_remember(&run->rules, run->state, &entry) < 0)
		run->report.errors++;
}

static int execute(struct run *run, struct err *err)
{
	int result = execute_plan(run, err);

	run_door_settle(run);
	dangling_free(run->apply.dangling);
	run->apply.dangling = NULL;
	remember(run, result == 0);
	return result;
}

static bool would_collect(const struct run *run)
{
	return run_collection_is_due(run) ||
	       (run->config->gc.when != GC_NEVER && next_collection_is_due(run) &&
		run->plan->step_count > 0);
}

/* Asks the same, and says what would be done; the answers may leave less to do. */
static int dry_run(struct run *run, struct err *err)
{
	run->report.collects = would_collect(run);
	if (foresee(run, err) < 0)
		return -1;
	run->report.collects = would_collect(run);
	if (run->report.collects && !run->rehearsal.failed && !run->rehearsal.nothing)
		collect_tell(run->config);
	empty_repositories_show(run);
	return 0;
}

static const struct operations EXECUTE = { run_open_state, execute, false, true };
static const struct operations DRY_RUN = { run_open_state_read_only, dry_run, true, true };

static int execute_scaleway(struct run *run, struct err *err)
{
	int result = scaleway_execute(run, err);

	remember(run, result == 0);
	return result;
}

static const struct operations SCALEWAY = { scaleway_open_state, execute_scaleway, false, true };
static const struct operations SCALEWAY_DRY_RUN = { scaleway_open_state_read_only, scaleway_dry_run,
						    true, true };

/* What collects was refused before: Scaleway's registry has no collector of ours. */
static const struct operations *choose_operations(const struct options *options,
						  const struct config *config)
{
	if (config->registry.kind == KIND_SCALEWAY)
		return options->dry_run ? &SCALEWAY_DRY_RUN : &SCALEWAY;
	if (options->command == COMMAND_COLLECT)
		return options->dry_run ? &COLLECT_ONLY_DRY : &COLLECT_ONLY;
	return options->dry_run ? &DRY_RUN : &EXECUTE;
}

static struct run new_run(const struct options *options, const struct config *config)
{
	struct run run = { .config = config,
			   .options = options,
			   .session = session_new(config),
			   .last_collection = DATE_ABSENT,
			   .report = { .config = config,
				       .next_collection = DATE_ABSENT,
				       .command = options_command(options),
				       .started_at = time(NULL),
				       .dry_run = options->dry_run } };

	measure_nothing(&run.report.before);
	measure_nothing(&run.report.after);
	return run;
}

void run_not_begun(const struct options *options, const struct config *config, int code,
		   const char *why)
{
	struct run run = new_run(options, config);
	struct file_new file = { 0 };
	struct err err = { 0 };

	if (run_page_open(&run, &err) < 0)
		log_error("%s", err.msg);
	finish_early(&run, time_monotonic_ms(), code, why);
	finish_clear(&run, &file);
}

void run_refused(const struct options *options, const char *why)
{
	struct err err = { 0 };

	if (options->format == FORMAT_SCALEWAY && scaleway_json_refuse(why, stdout, &err) < 0)
		log_error("standard output: %s", err.msg);
}

static int check_format(const struct run *run, struct err *err)
{
	if (run->options->format == FORMAT_REPORT || run->config->registry.kind == KIND_SCALEWAY)
		return 0;
	return err_set(err, ERR_USAGE, "--format: scaleway is for registry.kind \"scaleway\" only");
}

/* -1: why it cannot begin was told, and is in ERR. */
static int prepare(struct run *run, struct file_new *file, struct err *err)
{
	CLEANUP(notes_clear) struct notes faults = { 0 };
	int result;

	if (run_page_open(run, err) < 0) {
		fprintf(stderr, "clean-registry: %s\n", err->msg);
		return -1;
	}
	if (policy_inputs_open(&run->rules, run->config, run->options, &faults) < 0) {
		policy_inputs_print_faults(&faults);
		return err_set(err, ERR_USAGE, "%s", faults.lines[0]);
	}
	result = check_format(run, err);
	if (result == 0 && run->options->confirm)
		result = confirm_possible(err);
	if (result == 0 && finish_open_report(run, file, err) < 0)
		result = err_wrap(err, "--report");
	if (result < 0)
		fprintf(stderr, "clean-registry: %s\n", err->msg);
	return result;
}

int run_command(const struct options *options, const struct config *config)
{
	const struct operations *operations = choose_operations(options, config);
	struct run run = new_run(options, config);
	struct file_new file = { 0 };
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();
	int code = EXIT_USAGE;

	run.until_ms = options->max_ms ? began + options->max_ms : 0;
	if (prepare(&run, &file, &err) < 0) {
		finish_early(&run, began, code, err.msg);
	} else {
		if (read_and_plan(&run, operations, &err) == 0 && operations->act(&run, &err) == 0)
			err.kind = ERR_NONE;
		code = finish_run(&run, &file, began, &err);
	}
	finish_clear(&run, &file);
	return code;
}
