/* What is asked before, what is deleted, and which namespaces may be looked at after it. */
#include "run/scaleway.h"

#include "apply/apply.h"
#include "apply_scaleway/apply.h"
#include "apply_scaleway/namespaces.h"
#include "cli/options.h"
#include "config/config.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "run/confirm.h"
#include "run/context.h"
#include "run/journal.h"
#include "run/questions.h"
#include "scaleway/object.h"
#include "scan_scaleway/catalog.h"
#include "state/state.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/units.h"

#include <string.h>

int scaleway_open_state(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	run->state = state_open(&options, err);
	if (!run->state)
		return -1;
	run_journal_open(run);
	return 0;
}

int scaleway_open_state_read_only(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	run->state = state_open_read_only(&options, err);
	return run->state ? 0 : -1;
}

static struct apply_scaleway new_apply(struct run *run)
{
	return (struct apply_scaleway){
		.inventory = run->session.inventory,
		.catalog = run->session.scaleway,
		.plan = run->plan,
		.now = run->report.started_at,
		.api = run->session.scaleway_api,
		.http = run->session.http,
		.state = run->state,
		.journal = run->journal,
		.holds = run->rules.holds,
		.window = (unsigned)run->config->registry.max_concurrent_requests,
		.until_ms = run->until_ms,
		.deleting_seconds = (unsigned)run->config->registry.deleting_seconds,
		.retry_seconds = (unsigned)run->config->registry.retry_seconds,
		.outcome = &run->outcome,
	};
}

static int delete_tags(struct run *run, struct err *err)
{
	struct apply_scaleway apply = new_apply(run);
	int result;

	log_info("deleting %zu tag%s", run->outcome.tags_planned,
		 units_s(run->outcome.tags_planned));
	result = apply_scaleway_run(&apply, err);
	progress_end();
	run->apply.left = apply.left;
	if (apply.already_gone > 0)
		log_info("%zu tag%s of them had been deleted already", apply.already_gone,
			 units_s(apply.already_gone));
	return result;
}

/* Why no namespace is looked at, or NULL. */
static const char *namespaces_obstacle(const struct run *run)
{
	const struct outcome *outcome = &run->outcome;

	if (!run->session.scaleway->whole || run->session.inventory->failures > 0)
		return "not everything could be listed";
	if (outcome->failures > 0 || outcome->tags_failed > 0 || outcome->lost)
		return "not everything that was planned could be done";
	if (outcome->end_unknown)
		return "a tag may still be being deleted";
	if (run->options->confirm)
		return "--confirm does not ask for that";
	return NULL;
}

/* Who names repositories or jobs, or applies a plan, wants nothing else. */
static bool wants_namespaces(const struct run *run)
{
	const struct policy *policy = run->rules.policy;

	return run->config->cleanup.delete_empty_namespaces && !policy->jobs_alone &&
	       !policy->wanted && policy->only.count == 0;
}

/* The id of the one that --namespace names; NULL: it is not there. */
static const char *named_namespace(const struct run *run, const char *name)
{
	const struct scaleway_catalog *catalog = run->session.scaleway;

	for (size_t n = 0; n < catalog->namespace_count; n++) {
		if (strcmp(catalog->namespaces[n].name, name) == 0)
			return catalog->namespaces[n].id;
	}
	return NULL;
}

static int delete_namespaces(struct run *run, struct err *err)
{
	const char *name = run->rules.policy->only_namespace;
	const char *obstacle = namespaces_obstacle(run);
	const struct scaleway_emptying emptying = {
		.rules = { .catalog = run->session.scaleway,
			   .policy = run->rules.policy,
			   .only = name ? named_namespace(run, name) : NULL,
			   .now = run->report.started_at,
			   .hours = run->config->cleanup.empty_namespace_hours },
		.api = run->session.scaleway_api,
		.http = run->session.http,
		.until_ms = run->until_ms,
		.deleting_seconds = (unsigned)run->config->registry.deleting_seconds,
		.dry_run = run->options->dry_run,
	};
	int result;

	if (!wants_namespaces(run) || (name && !emptying.rules.only))
		return 0;
	if (obstacle) {
		log_info("no empty namespace is deleted in this run: %s", obstacle);
		return 0;
	}
	result = apply_scaleway_namespaces(&emptying, &run->namespaces, err);
	run->report.errors += run->namespaces.failed;
	return result;
}

/* What --max-minutes left, or a fault elsewhere. */
static void tell_left(struct run *run)
{
	size_t left = 0;

	for (size_t i = 0; i < run->namespaces.count; i++)
		left += run->namespaces.items[i].fate == SCALEWAY_NAMESPACE_PLANNED;
	if (left == 0)
		return;
	log_warning("%zu empty namespace%s left for the next run", left,
		    left == 1 ? " is" : "s are");
	run->report.errors++;
}

int scaleway_execute(struct run *run, struct err *err)
{
	if (questions_ask(run, QUESTIONS_FIRST, err) < 0)
		return -1;
	run->apply = run_new_apply(run);
	apply_settle_debts(&run->apply);
	if (run->plan->step_count == 0)
		log_info("no tag is to be deleted");
	else if ((run->options->confirm && confirm_ask(run, err) < 0) || delete_tags(run, err) < 0)
		return -1;
	if (run_is_out_of_time(run) || stop_signal() != 0)
		return 0;
	if (delete_namespaces(run, err) < 0)
		return -1;
	tell_left(run);
	return 0;
}

int scaleway_dry_run(struct run *run, struct err *err)
{
	if (questions_ask(run, QUESTIONS_FIRST, err) < 0)
		return err_wrap(err, "the run would stop here");
	return delete_namespaces(run, err);
}
