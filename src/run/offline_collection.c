/* What is begun is written down first; how it ends is run/recover.h's in any case. */
#include "run/offline_collection.h"

#include "config/config.h"
#include "gc/gc.h"
#include "gc/offline.h"
#include "gc/on_host.h"
#include "http/engine.h"
#include "run/context.h"
#include "run/offline_check.h"
#include "run/recover_offline.h"
#include "state/leftover.h"
#include "state/state.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct work {
	struct run *run;
	struct offline offline;
	struct engine_container registry; /* as it was before */
	int64_t stopped_ms;               /* when that was begun; 0: it was not */
	bool disturbed;                   /* somebody started the registry meanwhile */
};

static void clear(struct work *work)
{
	offline_clear(&work->offline);
	engine_container_clear(&work->registry);
}

/* Looks at the registry's container, and names ours. */
static int begin(struct work *work, struct run *run, struct err *err)
{
	CLEANUP(free_p) char *owner = run->state ? recover_offline_owner(run->state) : xstrdup("");
	struct offline asked;
	CLEANUP(free_p) char *name = NULL;
	int result;

	*work = (struct work){ .run = run };
	offline_init(run->config, "", "", "", &asked);
	result = offline_engine_inspect(&asked, &work->registry, err);
	offline_clear(&asked);
	if (result < 0)
		return -1;
	name = xasprintf("clean-registry-%.12s-%lld-%ld", work->registry.id, (long long)time(NULL),
			 (long)getpid());
	offline_init(run->config, work->registry.id, name, owner, &work->offline);
	return offline_may_stop(&work->registry, err);
}

/* What was made by a run that was killed before it made more of it is removed; who else has one has
 * it for a collection, too. EXPECTED: how many of ours there are to be. */
static int look_for_others(const struct work *work, bool remove, struct err *err)
{
	struct offline_containers found;
	int result = offline_engine_list(&work->offline, &found, err);

	for (size_t i = 0; i < found.count && result == 0; i++) {
		const struct offline_container *container = &found.items[i];
		bool own = offline_is_own(&work->offline, container);
		struct err ignored;

		if (container->state == OFFLINE_ENDED && !own)
			continue;
		if (!own || container->state == OFFLINE_AT_WORK)
			result = err_set(err, ERR_BUSY,
					 "another clean-registry collects this registry offline: "
					 "container %s of %s; if that one is not at work any more, "
					 "remove that container",
					 container->name, container->owner);
		else if (remove)
			(void)!offline_engine_remove(&work->offline, container->name, &ignored);
	}
	offline_containers_clear(&found);
	return result;
}

int offline_collection_check(struct run *run, struct err *err)
{
	struct work work;
	int result;

	if (run->config->gc.method != GC_OFFLINE)
		return 0;
	result = begin(&work, run, err);
	if (result == 0)
		result = offline_check_storage(run, &work.registry, err);
	if (result == 0)
		result = look_for_others(&work, false, err);
	clear(&work);
	return result;
}

static int write_down(const struct work *work, const char *phase, struct err *err)
{
	CLEANUP(leftover_clear) struct leftover leftover = { .kind = LEFTOVER_OFFLINE };
	CLEANUP(free_p)
	char *started = xasprintf("%lld", (long long)work->registry.started_at);

	leftover_set(&leftover, RECOVER_CONTAINER, work->offline.registry);
	leftover_set(&leftover, RECOVER_SHOWN, work->registry.name);
	leftover_set(&leftover, RECOVER_STARTED, started);
	leftover_set(&leftover, RECOVER_NAME, work->offline.name);
	leftover_set(&leftover, RECOVER_PHASE, phase);
	return leftover_write(work->run->state, &leftover, err);
}

static int check_stop(struct err *err)
{
	if (stop_signal_count() == 0)
		return 0;
	return err_set(err, ERR_STOPPED, "stopped by signal %d; the collection stays owed",
		       stop_signal());
}

/* Two that look at the same time see each other: each has made its container before. */
static int prepare(const struct work *work, struct err *err)
{
	const struct run *run = work->run;

	if (offline_engine_create(&work->offline, run->config, &work->registry,
				  state_path(run->state), err) < 0)
		return err_wrap(err, "the collector's own container cannot be made");
	return look_for_others(work, false, err) < 0 || check_stop(err) < 0 ? -1 : 0;
}

/* -1: it runs, or that is not known. */
static int check_stopped(const struct work *work, struct err *err)
{
	CLEANUP(engine_container_clear) struct engine_container now;

	if (offline_engine_inspect(&work->offline, &now, err) < 0)
		return -1;
	if (!now.running && !now.restarting)
		return 0;
	return err_set(
		err, ERR_COLLECTOR,
		"container %s was stopped for the collection, and was started again at once, "
		"by systemd, say, so nothing is collected; the collection stays owed. Set "
		"gc.method to \"registry\"",
		work->registry.name);
}

static int stop_registry(struct work *work, struct err *err)
{
	if (write_down(work, RECOVER_STOPPING, err) < 0)
		return -1;
	log_info("stopping container %s for the collection", work->registry.name);
	work->stopped_ms = time_monotonic_ms();
	return offline_engine_stop(&work->offline, err) < 0 ? -1 : check_stopped(work, err);
}

/* That it cannot be seen for once means nothing. */
static bool is_still_stopped(void *ctx)
{
	struct work *work = ctx;
	CLEANUP(engine_container_clear) struct engine_container now;
	struct err ignored;

	if (offline_engine_inspect(&work->offline, &now, &ignored) == 0 &&
	    (now.running || now.started_at > work->registry.started_at))
		work->disturbed = true;
	return !work->disturbed;
}

static int run_collector(struct work *work, enum gc_mode mode, const struct strtab *expected,
			 struct gc_result *result, struct err *err)
{
	CLEANUP(string_list_clear) struct string_list words = { 0 };
	const struct gc_command command = { .mode = mode, .watch = is_still_stopped, .ctx = work };
	struct gc_command with_words = command;

	offline_run_words(&work->offline, mode == GC_ASK, &words);
	with_words.argv = (const char *const *)words.items;
	return gc_run_command(work->run->config, &with_words, expected, result, err);
}

/* With the registry stopped: what was pushed until then, and whether that container has the same.
 */
static int ask(struct work *work, struct err *err)
{
	struct gc_result answer = { 0 };
	int result = 0;

	if (!offline_check_is_possible(work->run))
		return check_stop(err);
	result = run_collector(work, GC_ASK, NULL, &answer, err);
	if (result < 0)
		(void)err_wrap(err, "garbage-collect --dry-run, with the registry stopped");
	else
		result = offline_check_answer(work->run, &answer, err);
	gc_result_clear(&answer);
	return result < 0 || check_stop(err) < 0 ? -1 : check_stopped(work, err);
}

/* The engine's own word on how the container ended. True: it has, for sure. */
static bool find_end(const struct work *work, struct gc_result *gc)
{
	struct offline_containers found;
	struct err ignored;
	bool ended = false;

	if (offline_engine_list(&work->offline, &found, &ignored) == 0)
		for (size_t i = 0; i < found.count; i++) {
			const struct offline_container *container = &found.items[i];

			if (strcmp(container->name, work->offline.name) != 0)
				continue;
			ended = container->state == OFFLINE_ENDED;
			if (ended)
				gc->exit_status = container->status;
		}
	offline_containers_clear(&found);
	gc->done = gc->done && ended && gc->exit_status == 0;
	return ended;
}

static int explain_end(const struct work *work, bool given_up, struct err *err)
{
	if (work->disturbed)
		return err_set(err, ERR_COLLECTOR,
			       "container %s was started by somebody else while the collector was "
			       "at work%s: what was pushed meanwhile may lack layers; the "
			       "collection stays owed",
			       work->registry.name, given_up ? ", which was ended" : "");
	if (stop_signal_count() > 1)
		return err_set(err, ERR_STOPPED,
			       "stopped by signal %d again: the collector was ended, and the "
			       "collection stays owed",
			       stop_signal());
	return err_set(err, ERR_COLLECTOR,
		       "the collector did not end within %g minutes (gc.timeout_minutes) and was "
		       "ended; the collection stays owed",
		       work->run->config->gc.timeout_minutes);
}

/* What is not to be waited for any longer is ended; what only lost its client is waited for later.
 */
static int collect(struct work *work, const struct strtab *expected, struct err *err)
{
	struct gc_result *gc = &work->run->report.gc;
	int result = run_collector(work, GC_REMOVE, expected, gc, err);
	bool given_up = gc->left_running, ended = find_end(work, gc);
	struct err ignored;

	gc->left_running = false;
	if (given_up && !ended)
		(void)!offline_engine_end(&work->offline, work->offline.name, &ignored);
	/* The watch looks only now and then. */
	if (given_up || (result == 0 && !is_still_stopped(work)))
		return explain_end(work, given_up, err);
	if (result == 0 && !gc->done)
		return err_set(err, ERR_COLLECTOR,
			       "whether the collector ended well is not known (exit status %d)",
			       gc->exit_status);
	return result;
}

/* In a second try nothing is waited for: nobody else starts the registry. */
static int bring_back(struct work *work, struct err *err)
{
	struct run *run = work->run;
	struct err ignored;
	int result =
		recover_offline(run->config, run->state, http_by_token(run->session.http), err);

	if (result == 0 || err->kind != ERR_STOPPED)
		return result;
	(void)!offline_engine_end(&work->offline, work->offline.name, &ignored);
	return recover_offline(run->config, run->state, http_by_token(run->session.http), err);
}

static int finish(struct work *work, int result, struct err *err)
{
	struct gc_result *gc = &work->run->report.gc;
	struct err why = { 0 };

	if (bring_back(work, &why) < 0) {
		gc->end_unknown = true;
		if (result < 0)
			log_error("%s", err->msg);
		*err = why;
		result = -1;
	}
	unsetenv(GC_RUN_VARIABLE);
	if (work->stopped_ms) {
		gc->stopped_seconds = (double)(time_monotonic_ms() - work->stopped_ms) / 1000;
		log_info("the registry was stopped for %.1f s", gc->stopped_seconds);
	}
	return result;
}

int offline_collection(struct run *run, const struct strtab *expected, struct err *err)
{
	struct work work;
	int result = begin(&work, run, err);

	if (result == 0)
		result = look_for_others(&work, true, err);
	if (result == 0)
		result = write_down(&work, RECOVER_PREPARED, err);
	if (result < 0) {
		clear(&work);
		return -1;
	}
	/* The engine's clients can be recognised by it. */
	setenv(GC_RUN_VARIABLE, work.offline.name, 1);
	result = prepare(&work, err);
	if (result == 0)
		result = stop_registry(&work, err);
	if (result == 0)
		result = ask(&work, err);
	if (result == 0)
		result = collect(&work, expected, err);
	result = finish(&work, result, err);
	clear(&work);
	return result;
}
