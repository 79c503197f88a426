/* Refuses a plan that breaks a limit. */
#include "command/limits.h"

#include "cli.h"
#include "command/act.h"
#include "safety.h"
#include "util/log.h"

int limits_check(const struct run *run, struct err *err)
{
	const struct safety_question question = { .config = run->config,
						  .inventory = run->session.inventory,
						  .plan = run->plan,
						  .history = &run->rules.history,
						  .now = run->report.started_at };
	struct config_notes refused = { 0 };
	size_t count;

	safety_check(&question, &refused);
	count = refused.count;
	for (size_t i = 0; i < count; i++) {
		if (run->options->force)
			log_warning("%s; --force goes on", refused.lines[i]);
		else
			log_error("%s", refused.lines[i]);
	}
	config_notes_clear(&refused);
	if (count == 0 || run->options->force)
		return 0;
	return err_set(err, ERR_SAFETY,
		       "the plan is refused, nothing is deleted; if it is right, run again with "
		       "--force");
}
