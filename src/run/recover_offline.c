/* In this order: no collector is at work any more, then the registry is started, then it is
 * forgotten. */
#include "run/recover_offline.h"

#include "config/config.h"
#include "gc/offline.h"
#include "gc/on_host.h"
#include "session/health.h"
#include "state/leftover.h"
#include "state/state.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT_MS  INT64_C(60000) /* how long the client of a killed run may still be at work */
#define CLIENT_GAP 200            /* milliseconds between two looks */

struct recovery {
	const struct config *config;
	const struct state *state;
	const struct leftover *leftover;
	struct offline offline;
	bool by_token;
};

char *recover_offline_owner(const struct state *state)
{
	char host[HOST_NAME_MAX + 1] = "";

	if (gethostname(host, sizeof host) != 0)
		host[0] = '\0';
	host[HOST_NAME_MAX] = '\0';
	return xasprintf("%s:%s", host, state_path(state));
}

static const char *shown(const struct recovery *recovery)
{
	return leftover_get(recovery->leftover, RECOVER_SHOWN);
}

/* A command of the engine that a killed run had begun may come into effect late. */
static int await_clients(const struct recovery *recovery, struct err *err)
{
	int64_t until = time_monotonic_ms() + CLIENT_MS;
	bool told = false;

	while (gc_on_host_of_run(recovery->offline.name)) {
		if (!told)
			log_info("waiting for a command of the engine that the interrupted run "
				 "began");
		told = true;
		if (time_is_up(until))
			return err_set(err, ERR_COLLECTOR,
				       "a command that the interrupted run began is still at work");
		(void)poll(NULL, 0, CLIENT_GAP);
	}
	return 0;
}

static unsigned time_limit(const struct config *config)
{
	double seconds = config->gc.timeout_minutes * 60;

	return seconds > 0 && seconds < 1 ? 1 : (unsigned)seconds;
}

/* One that only tells removes nothing, and need not be waited for. */
static int end_one(const struct recovery *recovery, const struct offline_container *container,
		   struct err *err)
{
	int waited = 1;

	if (!offline_asks(container)) {
		log_info(
			"container %s collects; waiting for its end before the registry is started",
			container->name);
		progress("waiting for the collector");
		waited = offline_engine_wait(&recovery->offline, container->name,
					     time_limit(recovery->config), err);
		progress_end();
	}
	if (waited == 1)
		return offline_engine_end(&recovery->offline, container->name, err);
	return waited;
}

/* How many containers there are that collect; those of ours that are not at work are removed. */
static int look(const struct recovery *recovery, bool end, size_t *left, struct err *err)
{
	struct offline_containers found;
	int result = offline_engine_list(&recovery->offline, &found, err);

	*left = 0;
	for (size_t i = 0; i < found.count && result == 0; i++) {
		const struct offline_container *container = &found.items[i];
		bool own = offline_is_own(&recovery->offline, container);
		struct err ignored;

		if (own && container->state == OFFLINE_AT_WORK && end)
			result = end_one(recovery, container, err);
		if (own && result == 0)
			(void)!offline_engine_remove(&recovery->offline, container->name, &ignored);
		*left += own || container->state == OFFLINE_AT_WORK;
	}
	offline_containers_clear(&found);
	return result;
}

/* Only a container that is removed can never be started any more. */
static int end_collectors(const struct recovery *recovery, struct err *err)
{
	size_t left = 0;

	if (look(recovery, true, &left, err) < 0 || await_clients(recovery, err) < 0 ||
	    look(recovery, true, &left, err) < 0 || look(recovery, false, &left, err) < 0)
		return -1;
	if (left == 0)
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "%zu container%s that collect%s (label " OFFLINE_COLLECTS
		       "=%.12s) cannot be removed or %s at work",
		       left, units_s(left), left == 1 ? "s" : "", recovery->offline.registry,
		       left == 1 ? "is" : "are");
}

/* It was made anew meanwhile, by compose, say: what has its name must run. */
static int check_successor(const struct recovery *recovery, const struct err *why, struct err *err)
{
	CLEANUP(offline_clear) struct offline named;
	CLEANUP(engine_container_clear) struct engine_container container;
	struct err ignored;

	offline_init(recovery->config, "", "", "", &named);
	if (offline_engine_inspect(&named, &container, &ignored) == 0 && container.running &&
	    strcmp(container.id, recovery->offline.registry) != 0) {
		log_info("the container of the registry, %s, was made anew since it was stopped, "
			 "and runs",
			 container.name);
		return 0;
	}
	*err = *why;
	return err_wrap(err, "the container that was stopped is not found");
}

/* The same start as before the stop: perhaps that has not come into effect yet. */
static bool may_still_stop(const struct recovery *recovery,
			   const struct engine_container *container)
{
	CLEANUP(free_p) char *started = xasprintf("%lld", (long long)container->started_at);

	return strcmp(leftover_get(recovery->leftover, RECOVER_STARTED), started) == 0;
}

static int bring_up(const struct recovery *recovery, const struct engine_container *found,
		    struct err *err)
{
	CLEANUP(engine_container_clear) struct engine_container now = { 0 };

	if (found->running && !may_still_stop(recovery, found)) {
		log_info("container %s runs already", shown(recovery));
		return 0;
	}
	if (found->running && offline_engine_stop(&recovery->offline, err) < 0)
		return -1;
	log_info("starting container %s", shown(recovery));
	/* What podman leaves beside a container has its client's environment, and would count as
	 * one. */
	unsetenv(GC_RUN_VARIABLE);
	if (offline_engine_start(&recovery->offline, err) < 0 ||
	    offline_engine_inspect(&recovery->offline, &now, err) < 0)
		return -1;
	if (now.running)
		return 0;
	return err_set(err, ERR_COLLECTOR, "it was started and does not run");
}

static int start_registry(const struct recovery *recovery, struct err *err)
{
	CLEANUP(engine_container_clear) struct engine_container found;
	struct err why = { 0 };

	if (offline_engine_inspect(&recovery->offline, &found, &why) < 0) {
		if (check_successor(recovery, &why, err) < 0)
			return -1;
	} else if (bring_up(recovery, &found, err) < 0) {
		return -1;
	}
	/* Nothing is waited for after a signal, and what runs need not be. */
	if (stop_signal_count() > 0) {
		log_info("container %s runs; whether the registry answers was not waited for",
			 shown(recovery));
		return 0;
	}
	progress("waiting for the registry");
	if (health_await(recovery->config, recovery->by_token, err) < 0) {
		progress_end();
		return err_wrap(err, "container %s was started, but the registry does not answer",
				shown(recovery));
	}
	progress_end();
	log_info("the registry answers again");
	return 0;
}

static int recover(const struct recovery *recovery, struct err *err)
{
	bool stopped =
		strcmp(leftover_get(recovery->leftover, RECOVER_PHASE), RECOVER_PREPARED) != 0;

	if (!engine_has_containers(&recovery->offline.target))
		return err_set(err, ERR_COLLECTOR,
			       "registry.exec does not lead to a container of docker, podman or "
			       "nerdctl any more");
	if (end_collectors(recovery, err) < 0)
		return -1;
	return stopped ? start_registry(recovery, err) : 0;
}

/* What ERR says stands last: what is to be done is said first. */
static int fail(const struct recovery *recovery, struct err *err)
{
	enum err_kind kind = err->kind == ERR_STOPPED ? ERR_STOPPED : ERR_COLLECTOR;
	CLEANUP(free_p) char *why = xasprintf("%.600s", err->msg);
	bool stopped =
		strcmp(leftover_get(recovery->leftover, RECOVER_PHASE), RECOVER_PREPARED) != 0;

	if (!stopped)
		return err_set(err, kind,
			       "a collection that was prepared cannot be cleared away: %s", why);
	return err_set(err, kind,
		       "the registry's container %s was stopped for a collection and is not known "
		       "to run: %s. Once that is mended: clean-registry recover",
		       shown(recovery), why);
}

static int fail_unread(struct err *err)
{
	err->kind = ERR_COLLECTOR;
	return err_wrap(err, "whether a registry was stopped for its collection is not known: see "
			     "that it runs, and remove that file");
}

int recover_offline(const struct config *config, const struct state *state, bool by_token,
		    struct err *err)
{
	CLEANUP(leftover_clear) struct leftover leftover;
	CLEANUP(free_p) char *owner = recover_offline_owner(state);
	struct recovery recovery = {
		.config = config, .state = state, .leftover = &leftover, .by_token = by_token
	};
	int found = leftover_read(state, LEFTOVER_OFFLINE, &leftover, err);
	int result;

	if (found == 0)
		return 0;
	if (found < 0)
		return fail_unread(err);
	offline_init(config, leftover_get(&leftover, RECOVER_CONTAINER),
		     leftover_get(&leftover, RECOVER_NAME), owner, &recovery.offline);
	result = recover(&recovery, err);
	if (result < 0)
		fail(&recovery, err);
	else if (leftover_remove(state, LEFTOVER_OFFLINE, err) < 0)
		result = fail(&recovery, err);
	offline_clear(&recovery.offline);
	return result;
}

int recover_offline_elsewhere(const struct config *config, struct err *err)
{
	CLEANUP(offline_clear) struct offline offline;
	CLEANUP(engine_container_clear) struct engine_container container = { 0 };
	CLEANUP(offline_containers_clear) struct offline_containers found = { 0 };
	struct err ignored;

	offline_init(config, "", "", "", &offline);
	if (!engine_has_containers(&offline.target) ||
	    offline_engine_inspect(&offline, &container, &ignored) < 0 || container.running)
		return 0;
	offline_clear(&offline);
	offline_init(config, container.id, "", "", &offline);
	if (offline_engine_list(&offline, &found, &ignored) < 0 || found.count == 0)
		return 0;
	return err_set(err, ERR_COLLECTOR,
		       "container %s is stopped, and another clean-registry made container %s to "
		       "collect it: recover with that one's configuration (%s)",
		       container.name, found.items[0].name, found.items[0].owner);
}

int recover_offline_tell(const struct state *state, struct err *err)
{
	CLEANUP(leftover_clear) struct leftover leftover;
	int found = leftover_read(state, LEFTOVER_OFFLINE, &leftover, err);

	if (found < 0)
		return fail_unread(err);
	if (found > 0)
		log_warning(
			"an earlier run began a collection with container %s stopped, and did not "
			"end it: the next run does, or clean-registry recover",
			leftover_get(&leftover, RECOVER_SHOWN));
	return 0;
}
