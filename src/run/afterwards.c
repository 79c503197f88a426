/* Metrics, the history, and whoever is told: what outlives a run. */
#include "run/afterwards.h"

#include "cli/options.h"
#include "config/config.h"
#include "history/history.h"
#include "metrics/metrics.h"
#include "notify/notify.h"
#include "run/context.h"
#include "session/exit_code.h"
#include "state/state.h"
#include "util/log.h"

/* What earlier runs left in the state is read without its locks where RUN could not have them. */
static int write_metrics(const struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);
	struct state *state = NULL;
	struct err why = { 0 };
	int result;

	if (run->state)
		return metrics_write(&run->report, run->options, run->state, true, err);
	state = state_open_read_only(&options, &why);
	result = metrics_write(&run->report, run->options, state, false, err);
	state_close(state);
	return result;
}

/* While another run has the lock, what is told is told by that one, when it ends. */
static bool has_metrics(const struct run *run)
{
	return run->config->report.metrics_file[0] &&
	       (run->state || run->report.exit_code != EXIT_BUSY);
}

size_t afterwards_write(struct run *run)
{
	struct err err = { 0 };
	size_t errors = 0;

	if (run->options->dry_run)
		return 0;
	if (has_metrics(run) && write_metrics(run, &err) < 0) {
		log_error("%s", err.msg);
		errors++;
	}
	return errors;
}

void afterwards_begun(const struct run *run)
{
	if (!run->options->dry_run)
		notify_begun(run->config);
}

/* A line of the history, also for what ended before it could have the lock. */
static void remember(const struct run *run)
{
	struct history_entry entry = history_entry_of(&run->report);
	struct err err = { 0 };

	if (history_add(run->config, &entry, run->state, &err) < 0)
		log_warning("the history may lack this run: %s", err.msg);
}

void afterwards_tell(struct run *run, const char *why)
{
	struct notify_ended ended = {
		.report = &run->report, .state = run->state, .why = why, .pings = true
	};

	if (run->options->dry_run)
		return;
	remember(run);
	notify_ended(&ended);
}
