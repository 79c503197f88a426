/* Refuses a plan that breaks a limit. */
#include "run/limits.h"

#include "cli/options.h"
#include "plan/limits.h"
#include "run/context.h"
#include "util/log.h"
#include "util/notes.h"

void limits_ask(const struct policy_inputs *rules, const struct inventory *inventory,
		const struct plan *plan, int64_t now, struct notes *notes)
{
	const struct safety_question question = { .config = rules->config,
						  .inventory = inventory,
						  .plan = plan,
						  .growth = &rules->growth,
						  .now = now };

	plan_limits_check(&question, notes);
}

int limits_check(const struct run *run, struct err *err)
{
	struct notes refused = { 0 };
	size_t count;

	limits_ask(&run->rules, run->session.inventory, run->plan, run->report.started_at,
		   &refused);
	count = refused.count;
	for (size_t i = 0; i < count; i++) {
		if (run->options->force)
			log_warning("%s; --force goes on", refused.lines[i]);
		else
			log_error("%s", refused.lines[i]);
	}
	notes_clear(&refused);
	if (count == 0 || run->options->force)
		return 0;
	return err_set(err, ERR_SAFETY,
		       "the plan is refused, nothing is deleted; if it is right, run again with "
		       "--force");
}
