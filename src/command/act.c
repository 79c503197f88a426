/* Real hands delete, collect and measure; dry hands only say what would be done. */
#include "command/act.h"

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
#include "util/stop.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

#define RESTART_SECONDS 60

static const char *const *exec_prefix(const struct run *run)
{
	return (const char *const *)run->config->registry.exec.items;
}

static struct state_options state_options(const struct config *config)
{
	return (struct state_options){ .folder = config->paths.state,
				       .url = config->registry.url,
				       .container = config->registry.container,
				       .host_storage = config->paths.host_storage };
}

static int open_state(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	run->state = state_open(&options, err);
	return run->state ? 0 : -1;
}

static int open_state_read_only(struct run *run, struct err *err)
{
	struct state_options options = state_options(run->config);

	(void)err;
	run->state = state_open_read_only(&options);
	return 0;
}

void act_plan(struct run *run)
{
	plan_free(run->plan);
	outcome_clear(&run->outcome);
	forecast_free(run->forecast);
	run->plan = plan_build(run->session.inventory, run->policy, run->report.started_at);
	outcome_init(&run->outcome, run->session.inventory, run->plan);
	run->forecast = forecast_build(run->session.inventory, run->plan);
	run->report.inventory = run->session.inventory;
	run->report.plan = run->plan;
	run->report.outcome = &run->outcome;
	run->report.forecast = run->forecast;
}

static bool collection_is_due(const struct run *run)
{
	switch (run->config->gc.when) {
	case GC_ALWAYS:
		return true;
	case GC_NEVER:
		return false;
	case GC_DELETED:
		break;
	}
	return state_collection_owed(run->state);
}

/* S8: -1 with ERR_BUSY when a collector is at work. */
static int check_collector(struct run *run, struct err *err)
{
	struct err why = { 0 };

	switch (gc_activity(run->config, &why)) {
	case GC_RUNNING:
		return err_set(
			err, ERR_BUSY,
			"a collector is already at work on this registry; wait until it ends");
	case GC_ACTIVITY_UNKNOWN:
		log_warning("whether a collector is already at work cannot be asked: %s", why.msg);
		break;
	case GC_IDLE:
		break;
	}
	return 0;
}

/* By the folder if we have it, else by du in the container; unavailable is a warning, stopped is
 * -1. */
static int measure(struct run *run, struct measurement *measured, struct err *err)
{
	const struct config *config = run->config;
	struct err why = { 0 };

	log_progress("measuring the storage");
	if (config->paths.host_storage[0]) {
		if (measure_folder(config->paths.host_storage, measured, &why) == 0) {
			if (measured->unreadable)
				log_warning("%" PRIu64
					    " entries of the storage could not be read (%s); its "
					    "figures are too low: run as root",
					    measured->unreadable, measured->first_unreadable);
			return 0;
		}
		if (why.kind == ERR_STOPPED) {
			*err = why;
			return -1;
		}
		log_warning("the storage cannot be measured here: %s", why.msg);
	}
	if (config->paths.storage[0] &&
	    measure_by_du(exec_prefix(run), config->paths.storage, measured, &why) < 0)
		log_info("the storage cannot be measured through the container: %s", why.msg);
	return 0;
}

static uint32_t first_repository_to_change(const struct run *run)
{
	uint32_t r = 0;

	while (run->plan->repositories[r].step_count == 0)
		r++;
	return r;
}

/* Asks what the registry allows, and plans again where that differs from what was assumed. */
static int probe(struct run *run, struct err *err)
{
	enum tag_delete assumed = run->session.inventory->server.tag_delete;

	if (apply_probe(run->session.api, run->session.http, run->session.inventory,
			first_repository_to_change(run), &run->session.server,
			run->config->paths.config, err) < 0)
		return -1;
	if (run->session.inventory->server.tag_delete == assumed)
		return 0;
	log_info("the registry deletes %s after all; planning again",
		 assumed == TAG_DELETE_YES ? "only whole manifests" : "single tags");
	act_plan(run);
	return 0;
}

static struct apply new_apply(struct run *run)
{
	return (struct apply){ .inventory = run->session.inventory,
			       .plan = run->plan,
			       .policy = run->policy,
			       .now = run->report.started_at,
			       .api = run->session.api,
			       .http = run->session.http,
			       .state = run->state,
			       .layout = run->session.layout,
			       .proved = run->session.proved,
			       .window = (unsigned)run->config->registry.max_concurrent_requests,
			       .outcome = &run->outcome };
}

static int delete_planned(struct run *run, struct err *err)
{
	struct apply apply = new_apply(run);
	int result = apply_run(&apply, err);

	log_progress(NULL);
	return result;
}

/* After a restart the registry needs a moment: the engine's own retries wait for it. */
static int wait_for_registry(struct run *run, struct err *err)
{
	struct http_options options = session_http_options(run->config);
	struct facts facts = { 0 };
	struct http *http;
	struct api *api;
	int result;

	options.retry_seconds = RESTART_SECONDS;
	http = http_new(&options, err);
	if (!http)
		return -1;
	api = api_new(http, run->config->registry.url);
	result = facts_ping(api, http, &facts, err);
	api_free(api);
	http_free(http);
	return result;
}

/* The registry's cache in memory still believes in what the collector removed (registry notes, 4).
 */
static int renew_cache(struct run *run)
{
	const struct config *config = run->config;
	struct err err = { 0 };

	if (config->gc.restart.count == 0) {
		if (run->session.server.cache != CONFIG_NO)
			log_warning(
				"the registry's cache still believes in the layers that were "
				"removed: images pushed before its next restart may lack layers; "
				"restart it now (`docker restart %s`) or set gc.restart",
				config->registry.container[0] ? config->registry.container
							      : "REGISTRY");
		return 0;
	}
	if (gc_restart(config, &err) < 0 || wait_for_registry(run, &err) < 0) {
		run->report.errors++;
		log_error("after the collection, which stays owed until this succeeds: %s",
			  err.msg);
		return -1;
	}
	log_info("the registry answers again");
	return 0;
}

static void note_failed_state(struct run *run, const struct err *err)
{
	run->report.errors++;
	log_error("%s", err->msg);
}

static bool removed_something(const struct gc_result *gc)
{
	return gc->blobs_deleted > 0 || gc->links_deleted > 0;
}

static int collect(struct run *run, struct err *err)
{
	struct gc_result *gc = &run->report.gc;
	struct err why = { 0 };

	if (run->outcome.end_unknown) {
		run->report.errors++;
		log_warning(
			"a DELETE may still be at work, so nothing is collected now; the next run "
			"will");
		return 0;
	}
	if (check_collector(run, err) < 0)
		return -1;
	if (state_owe_collection(run->state, err) < 0)
		return -1;
	if (stop_count() > 0)
		return err_set(err, ERR_STOPPED, "stopped by signal %d; the collection stays owed",
			       stop_signal());
	if (gc_run(run->config, GC_REMOVE, run->session.layout, gc, err) < 0) {
		run->collector_failed = true;
		if (removed_something(gc) && !gc->end_unknown)
			(void)!renew_cache(run);
		return -1;
	}
	log_info("collected: %" PRIu64 " blob%s removed, %" PRIu64 " kept", gc->blobs_deleted,
		 gc->blobs_deleted == 1 ? "" : "s", gc->blobs_marked);
	/* A collection that an earlier run owed may have removed something then, and ended before
	 * the cache was renewed: it is owed until that is done. */
	if ((removed_something(gc) || run->collection_was_owed) && renew_cache(run) < 0)
		return 0;
	if (state_collection_done(run->state, &why) < 0)
		note_failed_state(run, &why);
	return 0;
}

static int delete_and_collect(struct run *run, struct err *err)
{
	if (run->plan->step_count > 0 && delete_planned(run, err) < 0)
		return -1;
	if (collection_is_due(run) && collect(run, err) < 0)
		return -1;
	return 0;
}

static int act(struct run *run, struct err *err)
{
	struct apply apply = new_apply(run);
	struct err why = { 0 };
	int result;

	run->collection_was_owed = state_collection_owed(run->state);
	apply_settle_debts(&apply);
	if (run->plan->step_count == 0 && !collection_is_due(run)) {
		log_info("nothing is to be deleted");
		return 0;
	}
	if (check_collector(run, err) < 0)
		return -1;
	session_ask_server(&run->session);
	if (run->plan->step_count > 0 && probe(run, err) < 0)
		return -1;
	if (measure(run, &run->report.before, err) < 0)
		return -1;
	result = delete_and_collect(run, err);
	if (run->report.before.allocated != MEASURE_UNKNOWN)
		(void)!measure(run, &run->report.after, &why);
	return result;
}

static int show(struct run *run, struct err *err)
{
	(void)err;
	if (collection_is_due(run) ||
	    (run->config->gc.when != GC_NEVER && run->plan->step_count > 0))
		log_info("would then run the collector");
	return 0;
}

const struct hands HANDS_REAL = { open_state, act, false };
const struct hands HANDS_DRY = { open_state_read_only, show, true };
