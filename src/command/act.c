/* Real hands delete, collect and measure; dry hands only say what would be done. */
#include "command/act.h"

#include "apply.h"
#include "apply_dangling.h"
#include "cli.h"
#include "command/collect.h"
#include "command/confirm.h"
#include "command/foresee.h"
#include "command/hazards.h"
#include "command/limits.h"
#include "command/memory.h"
#include "command/rehearsal.h"
#include "command/settle.h"
#include "command/verification.h"
#include "config.h"
#include "forecast.h"
#include "gc.h"
#include "http/engine.h"
#include "inventory.h"
#include "plan.h"
#include "policy.h"
#include "registry/api.h"
#include "registry/facts.h"
#include "state.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const char *const *exec_prefix(const struct run *run)
{
	return (const char *const *)run->config->registry.exec.items;
}

int act_open_state(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	run->state = state_open(&options, err);
	return run->state ? 0 : -1;
}

int act_open_state_read_only(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	run->state = state_open_read_only(&options, err);
	return run->state ? 0 : -1;
}

void act_plan(struct run *run)
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

/* Of the first measurement of a run alone. */
static void tell_unreadable(const struct run *run, const struct measurement *measured,
			    const char *remedy)
{
	if (measured->unreadable && measured == &run->report.before)
		log_warning("%" PRIu64 " part%s of the storage could not be read (%s); its figures "
			    "are too low: %s",
			    measured->unreadable, units_s(measured->unreadable),
			    measured->first_unreadable, remedy);
}

/* By the folder if we have it, else by du in the container; unavailable is a warning, stopped is
 * -1. */
static int measure(struct run *run, struct measurement *measured, struct err *err)
{
	const struct config *config = run->config;
	struct err why = { 0 };

	progress("measuring the storage");
	if (config->paths.host_storage[0] && !run->session.strange) {
		if (measure_folder(config->paths.host_storage, measured, &why) == 0) {
			tell_unreadable(run, measured, "run as root");
			return 0;
		}
		if (why.kind == ERR_STOPPED) {
			*err = why;
			return -1;
		}
		log_warning("the storage cannot be measured here: %s", why.msg);
	}
	if (!config->paths.storage[0])
		return 0;
	if (measure_by_du(exec_prefix(run), config->paths.storage, measured, &why) < 0)
		log_info("the storage cannot be measured through the container: %s", why.msg);
	else
		tell_unreadable(run, measured,
				"let registry.exec run as root (docker exec -u 0, say)");
	return 0;
}

static uint32_t first_repository_to_change(const struct run *run, const struct apply *apply)
{
	uint32_t r = dangling_repository(apply->dangling, apply);

	if (r != INVENTORY_NONE)
		return r;
	r = 0;

	while (run->plan->repositories[r].step_count == 0)
		r++;
	return r;
}

/* Asks what the registry allows, and plans again where that differs from what was assumed. */
static int probe(struct run *run, const struct apply *apply, struct err *err)
{
	enum tag_delete assumed = run->session.inventory->server.tag_delete;

	if (apply_probe(run->session.api, run->session.http, run->session.inventory,
			first_repository_to_change(run, apply), &run->session.server, run->config,
			err) < 0)
		return -1;
	if (run->session.inventory->server.tag_delete == assumed)
		return 0;
	log_info("the registry deletes %s after all; planning again",
		 assumed == TAG_DELETE_YES ? "only whole manifests" : "single tags");
	act_plan(run);
	return limits_check(run, err) < 0 ? -1 : hazards_before_deletes(run, err);
}

void act_note_error(struct run *run, const struct err *err)
{
	run->report.errors++;
	log_error("%s", err->msg);
}

struct apply act_new_apply(struct run *run)
{
	return (struct apply){ .inventory = run->session.inventory,
			       .plan = run->plan,
			       .policy = run->rules.policy,
			       .now = run->report.started_at,
			       .api = run->session.api,
			       .http = run->session.http,
			       .state = run->state,
			       .holds = run->rules.holds,
			       .layout = run->session.layout,
			       .proved = run->session.proved,
			       .window = (unsigned)run->config->registry.max_concurrent_requests,
			       .until_ms = run->until_ms,
			       .outcome = &run->outcome };
}

bool act_out_of_time(struct run *run)
{
	size_t repositories = run->apply.left, tags = run->outcome.tags_planned;
	bool collects = run->config->gc.when != GC_NEVER && state_collection_owed(run->state);

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

/* What APPLY found holds; the plan may be another by now. */
static int delete_planned(struct run *run, struct apply *apply, struct err *err)
{
	int result;

	apply->plan = run->plan;
	if (run->plan->step_count > 0)
		log_info("deleting %zu tag%s (%zu manifest%s)", run->outcome.tags_planned,
			 units_s(run->outcome.tags_planned), run->plan->manifests_going,
			 units_s(run->plan->manifests_going));
	result = apply_run(apply, err);
	run->session.strange |= apply->end == APPLY_STRANGE;
	memory_add_untagged(run->session.untagged, run->session.inventory, run->plan, &run->outcome,
			    time(NULL));
	memory_save_untagged(run->session.untagged, run->state);
	progress_end();
	return result;
}

static bool has_to_delete(const struct run *run, const struct apply *apply)
{
	return run->plan->step_count > 0 ||
	       dangling_repository(apply->dangling, apply) != INVENTORY_NONE;
}

static int delete_and_collect(struct run *run, struct err *err)
{
	struct apply *apply = &run->apply;

	if (has_to_delete(run, apply) && delete_planned(run, apply, err) < 0)
		return -1;
	if (act_out_of_time(run))
		return 0;
	return collect_is_due(run) && !run->rehearsal.failed ? collect_run(run, err)
							     : collect_empties_alone(run, err);
}

static bool was_removed(const void *ctx, const char *repository, const char *digest)
{
	return gc_removed(ctx, repository, digest);
}

/* Only where everything that we began has come to its end, and what is there now can be seen. */
static bool can_verify(const struct run *run)
{
	const struct outcome *outcome = &run->outcome;
	const struct gc_result *gc = &run->report.gc;
	bool changed = gc->ran || outcome->tags_deleted > 0 || outcome->manifests_deleted > 0 ||
		       run->report.repositories_removed.count > 0;

	return changed && run->apply.end != APPLY_STALE && !outcome->end_unknown &&
	       !gc->end_unknown && stop_count() == 0;
}

/* Every tag that is there now. A verification that cannot be done is an error of the run. */
static int verify(struct run *run, struct err *err)
{
	const struct verify_past past = { .before = run->session.inventory,
					  .removed = was_removed,
					  .ctx = &run->report.gc };
	struct err why = { 0 };
	size_t errors = 0;

	run->verified = verification_inventory(&run->session);
	if (verification_read(&run->session, run->verified, &why) == 0 &&
	    verification_run(&run->session, run->verified, &past, false, &run->report.verification,
			     &errors, &why) == 0) {
		run->report.verified = run->verified;
		run->report.errors += errors;
		return 0;
	}
	if (why.kind == ERR_STOPPED) {
		*err = why;
		return -1;
	}
	run->report.errors++;
	log_error("whether all tags are whole could not be verified: %s", why.msg);
	return 0;
}

/* No tag goes and no collection is due. */
static int act_on_rest(struct run *run, struct err *err)
{
	log_info("nothing is to be deleted");
	if (collect_empties_alone(run, err) < 0)
		return -1;
	return can_verify(run) ? verify(run, err) : 0;
}

int act_measured(struct run *run, act_work work, struct err *err)
{
	struct err why = { 0 };
	int result;

	if (!time_is_up(run->until_ms) && measure(run, &run->report.before, err) < 0)
		return -1;
	progress_end();
	result = work(run, err);
	if (run->report.before.allocated != MEASURE_UNKNOWN && !run->out_of_time)
		(void)!measure(run, &run->report.after, &why);
	progress_end();
	if (run->out_of_time)
		log_info("time is up: what is there now is not verified; clean-registry verify "
			 "does");
	/* What ended the run counts more than what ends this. */
	else if (can_verify(run) && verify(run, result < 0 ? &why : err) < 0)
		return -1;
	return result;
}

static int carry_out_with(struct run *run, struct apply *apply, struct err *err)
{
	memory_save_untagged(run->session.untagged, run->state);
	if (settle_check(run, err) < 0 || empties_recover(run, err) < 0)
		return -1;
	run->collection_was_owed = state_collection_owed(run->state);
	apply_settle_debts(apply);
	if (!has_to_delete(run, apply) && !collect_is_due(run))
		return act_on_rest(run, err);
	if (collect_check_idle(run, err) < 0)
		return -1;
	session_ask_server(&run->session);
	if (hazards_before_deletes(run, err) < 0)
		return -1;
	if (has_to_delete(run, apply) && probe(run, apply, err) < 0)
		return -1;
	if (rehearsal_before_deletes(run, err) < 0)
		return -1;
	if (run->options->confirm && run->plan->step_count > 0 && confirm_ask(run, err) < 0)
		return -1;
	return act_measured(run, delete_and_collect, err);
}

static int carry_out(struct run *run, struct err *err)
{
	struct apply *apply = &run->apply;
	int result;

	*apply = act_new_apply(run);
	apply->dangling = dangling_find(apply);
	result = carry_out_with(run, apply, err);
	dangling_free(apply->dangling);
	apply->dangling = NULL;
	return result;
}

/* A run that ended before it deleted anything tells the next one nothing. */
static int act(struct run *run, struct err *err)
{
	int result = limits_check(run, err) < 0 ? -1 : carry_out(run, err);
	const struct outcome *outcome = &run->outcome;
	struct history_run entry = { .started_at = run->report.started_at,
				     .ended_at = time(NULL),
				     .tags_deleted = outcome->tags_deleted,
				     .complete = result == 0 && outcome->failures == 0 &&
						 outcome->tags_planned == 0 &&
						 run->session.inventory->failures == 0 &&
						 !run->out_of_time && !stop_signal() };

	if ((result == 0 || outcome->tags_deleted > 0) &&
	    rules_remember(&run->rules, run->state, &entry) < 0)
		run->report.errors++;
	return result;
}

static int show(struct run *run, struct err *err)
{
	bool deletes = run->config->gc.when != GC_NEVER && run->plan->step_count > 0;

	run->report.collects = collect_is_due(run) || deletes;
	if (foresee(run, err) < 0)
		return -1;
	if (run->report.collects && !run->rehearsal.failed && !run->rehearsal.nothing)
		log_info("would then run the collector");
	empties_show(run);
	return 0;
}

const struct hands HANDS_REAL = { act_open_state, act, false, true };
const struct hands HANDS_DRY = { act_open_state_read_only, show, true, true };
