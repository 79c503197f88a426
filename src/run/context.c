/* What the stages of a run have in common. */
#include "run/context.h"

#include "config/config.h"
#include "door/door.h"
#include "forecast/forecast.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "run/journal.h"
#include "run/native_ready.h"
#include "run/native_recovery.h"
#include "run/next_collection.h"
#include "run/recover_offline.h"
#include "session/native_left.h"
#include "state/state.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"

int run_open_state(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);
	int found;

	run->state = state_open(&options, err);
	if (run->state)
		run_journal_open(run);
	/* In a container that is stopped no door can be looked for. */
	if (!run->state || native_left_put_back(run->config, run->state, err) < 0 ||
	    recover_offline(run->config, run->state, false, err) < 0)
		return -1;
	run->native_due = native_ready_has_due(run->config, run->state);
	found = door_recover(run->config, run->state, err);
	run->door_used = run->door_owed = found > 0;
	return found < 0 ? -1 : 0;
}

int run_open_state_read_only(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	run->state = state_open_read_only(&options, err);
	if (!run->state)
		return -1;
	run->native_due = native_ready_has_due(run->config, run->state);
	return native_recovery_tell(run->config, run->state, err) < 0 ||
			       recover_offline_tell(run->state, err) < 0 ||
			       door_tell_leftover(run->state, err) < 0
		       ? -1
		       : 0;
}

void run_plan(struct run *run)
{
	plan_free(run->plan);
	outcome_clear(&run->outcome);
	forecast_free(run->forecast);
	run->plan = plan_build(run->session.inventory, run->rules.policy, run->report.started_at);
	outcome_init(&run->outcome, run->session.inventory, run->plan);
	run->forecast = forecast_build(run->session.inventory, run->plan);
	run->report.inventory = run->session.inventory;
	run->report.plan = run->plan;
	run->report.outcome = &run->outcome;
	run->report.forecast = run->forecast;
}

void run_plan_nothing(struct run *run)
{
	plan_free(run->plan);
	outcome_clear(&run->outcome);
	run->plan = plan_nothing(run->session.inventory, run->rules.policy, run->report.started_at);
	outcome_init(&run->outcome, run->session.inventory, run->plan);
}

void run_plan_again(struct run *run)
{
	if (run->forecast)
		run_plan(run);
	else
		run_plan_nothing(run);
	run->apply.plan = run->plan;
}

void run_note_error(struct run *run, const struct err *err)
{
	run->report.errors++;
	log_error("%s", err->msg);
}

struct apply run_new_apply(struct run *run)
{
	return (struct apply){ .inventory = run->session.inventory,
			       .plan = run->plan,
			       .policy = run->rules.policy,
			       .now = run->report.started_at,
			       .api = run->session.api,
			       .http = run->session.http,
			       .state = run->state,
			       .journal = run->journal,
			       .holds = run->rules.holds,
			       .restored = run->session.restored,
			       .layout = run->session.layout,
			       .trust = &run->session.trust,
			       .window = (unsigned)run->config->registry.max_concurrent_requests,
			       .until_ms = run->until_ms,
			       .outcome = &run->outcome };
}

bool run_collection_is_due(const struct run *run)
{
	if (!next_collection_is_due(run))
		return false;
	switch (run->config->gc.when) {
	case GC_ALWAYS:
		return true;
	case GC_NEVER:
		return false;
	case GC_DELETED:
		break;
	}
	return state_collection_is_pending(run->state) || run->native_due;
}

bool run_is_out_of_time(struct run *run)
{
	size_t repositories = run->apply.left, tags = run->outcome.tags_planned;
	bool collects = run->config->gc.when != GC_NEVER && next_collection_is_due(run) &&
			state_collection_is_pending(run->state);

	if (run->out_of_time || !time_is_up(run->until_ms) || (repositories == 0 && !collects))
		return run->out_of_time;
	run->out_of_time = true;
	run->report.errors++;
	log_warning(
		"time is up (--max-minutes): %zu repositor%s with %zu tag%s to delete %s left for "
		"the next run%s",
		repositories, repositories == 1 ? "y" : "ies", tags, units_s(tags),
		repositories == 1 ? "is" : "are",
		collects ? "; nothing is collected now, and the collection stays owed" : "");
	return true;
}
