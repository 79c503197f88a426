/* One collection, from the last looks before it to the registry's restart after it. */
#include "run/collect.h"

#include "apply/dangling.h"
#include "config/config.h"
#include "gc/activity.h"
#include "gc/gc.h"
#include "run/context.h"
#include "run/empty_repositories.h"
#include "run/hazard_check.h"
#include "run/journal.h"
#include "run/leftovers.h"
#include "run/native_collection.h"
#include "run/next_collection.h"
#include "run/offline_collection.h"
#include "run/rehearsal.h"
#include "run/renew_cache.h"
#include "run/settle.h"
#include "run/stale_cache.h"
#include "run/wait_idle.h"
#include "state/state.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/time.h"

#include <inttypes.h>

void collect_tell(const struct config *config)
{
	if (config->gc.method == GC_NATIVE)
		log_info("would then collect what nothing refers to");
	else if (config->gc.method == GC_OFFLINE)
		log_info("would then stop the registry's container, run the collector in a "
			 "container "
			 "of its own, and start the registry again");
	else
		log_info("would then run the collector");
}

static const char AFTER_COLLECTION[] = "after the collection, which stays owed until this succeeds";

/* What was removed before the collector failed is gone all the same. */
static void renew_after_failure(struct run *run)
{
	struct err err = { 0 };

	if (renew_cache(run, AFTER_COLLECTION) == 0 && stale_cache_check(run, &err) < 0)
		run_note_error(run, &err);
}

static bool removed_something(const struct gc_result *gc)
{
	return gc->blobs_deleted > 0 || gc->links_deleted > 0;
}

/* -1, or whether the collection may begin: nobody uploads, nothing is in its way, and no tag needs
 * what it would remove. */
static int may_begin(struct run *run, enum quiet *quiet, struct err *err)
{
	const struct config *config = run->config;
	const struct quiet_place place = {
		.config = config,
		.layout = storage_may_be_own(run->session.trust) ? run->session.layout : NULL,
		.inventory = run->session.inventory,
	};
	int64_t until;

	/* The native collector asks for itself, and takes nothing that a push needs. */
	if (config->gc.method == GC_NATIVE)
		return 0;
	until = time_monotonic_ms() + config->gc.quiet_wait_minutes * INT64_C(60000);

	if (run->until_ms && until > run->until_ms)
		until = run->until_ms;
	if (wait_idle(&place, until, quiet, err) < 0)
		return -1;
	while (*quiet != QUIET_NEVER) {
		if (*quiet == QUIET_WAITED && gc_check_idle(run->config, err) < 0)
			return -1;
		if (rehearsal_before_collection(run, *quiet == QUIET_WAITED, err) < 0)
			return -1;
		/* Somebody may have begun to upload since. Once it was waited for that, what was
		 * said before is out of date. */
		if (wait_idle(&place, until, quiet, err) < 0)
			return -1;
		if (*quiet == QUIET_NOW)
			return 0;
	}
	run->report.errors++;
	return 0;
}

static int check_stop(struct err *err)
{
	if (stop_signal_count() == 0)
		return 0;
	return err_set(err, ERR_STOPPED, "stopped by signal %d; the collection stays owed",
		       stop_signal());
}

static int collect_online(struct run *run, const struct strtab *expected, struct err *err)
{
	int result;

	if (settle_begin(run, err) < 0)
		return -1;
	result =
		gc_run(run->config, GC_REMOVE, run->session.layout, expected, &run->report.gc, err);
	settle_end(run, err);
	return result;
}

/* EXPECTED should go, or be explained. */
static int collect_expecting(struct run *run, const struct strtab *expected, struct err *err)
{
	struct gc_result *gc = &run->report.gc;
	struct err why = { 0 };
	bool stale = false, renewed = true;
	int result;

	run_journal_collecting(run);
	result = run->config->gc.method == GC_OFFLINE ? offline_collection(run, expected, err)
						      : collect_online(run, expected, err);
	if (result < 0) {
		run->collector_failed = err->kind == ERR_COLLECTOR;
		if (removed_something(gc) && !gc->end_unknown)
			renew_after_failure(run);
		return -1;
	}
	log_info("collected: %" PRIu64 " blob%s removed, %" PRIu64 " kept", gc->blobs_deleted,
		 gc->blobs_deleted == 1 ? "" : "s", gc->blobs_marked);
	if (leftovers_check(run, expected, err) < 0) {
		run->collector_failed = true;
		if (removed_something(gc))
			renew_after_failure(run);
		return -1;
	}
	/* A collection that an earlier run owed may have removed something then, and ended before
	 * the cache was renewed: it is owed until that is done. */
	stale = empty_repositories_hide(run) || removed_something(gc) || run->collection_was_owed ||
		run->door_used;
	renewed = !stale || renew_cache(run, AFTER_COLLECTION) == 0;
	empty_repositories_finish(run, renewed);
	if (!renewed)
		return 0;
	if (stale && stale_cache_check(run, err) < 0) {
		run->collector_failed = true;
		return -1;
	}
	if (next_collection_done(run, &why) < 0)
		run_note_error(run, &why);
	return 0;
}

static int collect(struct run *run, struct err *err)
{
	struct strtab *expected;
	int result;

	if (run->config->gc.method == GC_NATIVE)
		return native_collection(run, err);
	expected = leftovers_expected(run);
	result = collect_expecting(run, expected, err);
	strtab_free(expected);
	return result;
}

int collect_run(struct run *run, struct err *err)
{
	enum quiet quiet = QUIET_NOW;
	int barred = 0;

	if (run->rehearsal.nothing)
		return 0;
	if (run->outcome.end_unknown) {
		run->report.errors++;
		log_warning(
			"a DELETE may still be at work, so nothing is collected now; the next run "
			"will");
		return 0;
	}
	/* What it had may be nowhere else. */
	if (run->outcome.lost) {
		log_warning("a tag was lost, or may be, so nothing is collected in this run: what "
			    "it had is in the storage until the next one; the collection stays "
			    "owed");
		return state_add_pending_collection(run->state, err);
	}
	if (dangling_needs_blobs(run->apply.dangling, &run->apply)) {
		run->report.errors++;
		log_warning("a DELETE that was cut is not finished yet, and what it needs for that "
			    "would be collected: nothing is collected now, and the collection "
			    "stays owed");
		return state_add_pending_collection(run->state, err);
	}
	barred = hazard_check_before_collection(run, err);
	if (barred != 0)
		return barred < 0 ? -1 : 0;
	if (gc_check_idle(run->config, err) < 0 ||
	    state_add_pending_collection(run->state, err) < 0 || check_stop(err) < 0 ||
	    may_begin(run, &quiet, err) < 0 || check_stop(err) < 0)
		return -1;
	return quiet == QUIET_NEVER || run_is_out_of_time(run) ? 0 : collect(run, err);
}

int collect_empties_alone(struct run *run, struct err *err)
{
	bool renewed = true;

	if (!run->config->cleanup.delete_empty_repositories)
		return 0;
	if (gc_check_idle(run->config, err) < 0)
		return -1;
	if (empty_repositories_hide(run))
		renewed = renew_cache(run, "empty repositories stay until this succeeds") == 0;
	empty_repositories_finish(run, renewed);
	return 0;
}
