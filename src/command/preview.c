/* The stages of a run up to its plan. */
#include "command/preview.h"

#include "cli/options.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "report/undated.h"
#include "session/exit_code.h"
#include "session/output_file.h"
#include "session/pulls_known.h"
#include "state/state.h"
#include "util/log.h"
#include "util/notes.h"
#include "util/stop_signal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int finish_output(struct err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "standard output: %s",
		       errno ? strerror(errno) : "cannot be written");
}

static int run_stages(struct preview *preview,
		      int (*print)(struct preview *preview, struct err *err), struct err *err)
{
	struct state_options options = state_options(preview->config);
	struct session *session = &preview->session;

	preview->now = time(NULL);
	preview->state = state_open_read_only(&options, err);
	if (!preview->state)
		return -1;
	policy_inputs_recall(&preview->rules, preview->state, preview->now);
	session->inventory->asked_for = &preview->rules.policy->only;
	if (policy_inputs_read_holds(&preview->rules, preview->state, err) < 0 ||
	    session_open(session, true, err) < 0 ||
	    session_read(session, preview->state, err) < 0 ||
	    policy_inputs_ask_in_use(&preview->rules, session->inventory, err) < 0 ||
	    policy_inputs_check_named(&preview->rules, session, err) < 0)
		return -1;
	if (pulls_known_read(session, preview->state, preview->now, err) < 0)
		return -1;
	preview->errors += policy_inputs_missing_targets(&preview->rules, session);
	preview->plan = plan_build(session->inventory, preview->rules.policy, preview->now);
	session->inventory->failures += report_undated(session->inventory, preview->plan);
	preview->forecast = forecast_build(session->inventory, preview->plan);
	if (stop_signal())
		return err_set(err, ERR_STOPPED, "stopped");
	errno = 0;
	return print(preview, err) < 0 ? -1 : finish_output(err);
}

int preview_run(const struct options *options, const struct config *config,
		int (*print)(struct preview *preview, struct err *err))
{
	struct preview preview = { .options = options,
				   .config = config,
				   .session = session_new(config) };
	struct notes faults = { 0 };
	struct err err = { 0 };
	int code = EXIT_USAGE;

	if (policy_inputs_open(&preview.rules, config, options, &faults) < 0) {
		policy_inputs_print_faults(&faults);
	} else if (options->output &&
		   output_file_open(&preview.output, options->output, options, config, &err) < 0) {
		fprintf(stderr, "clean-registry: --output: %s\n", err.msg);
	} else {
		if (run_stages(&preview, print, &err) == 0)
			err.kind = ERR_NONE;
		else
			log_error("%s", err.msg);
		session_remember(&preview.session, preview.state);
		code = exit_code(
			&err, (struct exit_facts){ .errors = preview.errors +
							     preview.session.inventory->failures });
	}
	log_info("ended, exit code %d", code);
	notes_clear(&faults);
	file_new_discard(&preview.output);
	forecast_free(preview.forecast);
	plan_free(preview.plan);
	session_close(&preview.session);
	state_close(preview.state);
	policy_inputs_close(&preview.rules);
	return code;
}
