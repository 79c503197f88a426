/* Which repositories are looked at, and what must be known before one may go. */
#include "run/empty_repositories.h"

#include "apply/outcome.h"
#include "cli/options.h"
#include "config/config.h"
#include "empty/removal.h"
#include "inventory/inventory.h"
#include "policy/policy.h"
#include "run/context.h"
#include "run/next_collection.h"
#include "storage/tree.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/units.h"
#include "util/xalloc.h"

#include <poll.h>
#include <string.h>
#include <time.h>

/* The registry looks for the links of the layers of a manifest, and then writes the links of the
 * manifest: a request that found them before they were hidden has come to its end by then. */
#define WAIT_MS 5000

struct empties_hidden {
	const char *repository; /* the inventory's */
	struct empty_verdict verdict;
};

void empty_repositories_clear(struct empty_repositories *empties)
{
	free(empties->hidden);
	*empties = (struct empty_repositories){ 0 };
}

static struct empty_removal removal_of(const struct run *run)
{
	return (struct empty_removal){ .layout = run->session.layout };
}

static bool is_proved(const struct run *run)
{
	return storage_is_own(run->session.trust);
}

static void note_error(struct run *run, const char *repository, const struct err *err)
{
	run->report.errors++;
	log_error("the empty repository %s could not be removed: %s", repository, err->msg);
}

static void note_removed(struct run *run, const char *repository)
{
	struct tree_names *removed = &run->report.repositories_removed;

	buf_add(&removed->text, repository, strlen(repository) + 1);
	removed->count++;
	log_info("removed the empty repository %s", repository);
}

/* The folder is not identified: only warns of leftovers. */
static void tell_remains(const struct run *run)
{
	CLEANUP(tree_names_clear) struct tree_names names = { 0 };
	struct err err = { 0 };

	if (run->session.layout &&
	    tree_repositories(run->session.layout, TREE_REMAINS, &names, &err) == 0 &&
	    names.count > 0)
		log_warning("an interrupted run hid parts of %zu empty repositor%s, %s first: they "
			    "are put back once paths.host_storage is proved to be the registry's "
			    "own folder",
			    names.count, names.count == 1 ? "y" : "ies", names.text.data);
}

int empty_repositories_recover(struct run *run, struct err *err)
{
	struct empty_removal removal = removal_of(run);
	CLEANUP(tree_names_clear) struct tree_names names = { 0 };
	const char *name = NULL;

	if (!is_proved(run)) {
		tell_remains(run);
		return 0;
	}
	if (tree_repositories(run->session.layout, TREE_REMAINS, &names, err) < 0)
		return -1;
	name = names.text.data;
	for (size_t i = 0; i < names.count; i++, name += strlen(name) + 1) {
		int result = empty_recover(&removal, name, err);

		if (result < 0)
			return err_wrap(err, "what an interrupted run hid in %s", name);
		if (result == 1)
			note_removed(run, name);
		else
			log_info("put back what an interrupted run hid in %s", name);
	}
	return 0;
}

/* Why no repository may be removed, or NULL. A cache that knows their layers would tell later
 * pushes that those are there. */
static const char *obstacle(struct run *run)
{
	const struct server_config *server = &run->session.server;

	if (!is_proved(run))
		return "paths.host_storage was not proved to be the registry's own folder";
	if (run->options->confirm)
		return "--confirm does not ask for that";
	if (run->outcome.end_unknown)
		return "a DELETE may still be at work";
	/* What was deleted from it could not be put back without its links to layers. */
	if (next_collection_waits(run))
		return "a collection is owed, and not due yet (gc.every_days)";
	session_ask_server(&run->session);
	if (server->cache == CONFIG_NO)
		return NULL;
	if (server->cache == CONFIG_UNKNOWN)
		return "it is not known whether the registry has a cache (storage.cache)";
	if (server->cache_lasts)
		return "the registry has a cache that a restart does not empty (storage.cache)";
	if (run->config->gc.restart.count == 0)
		return "the registry has a cache (storage.cache), and gc.restart is not set";
	return NULL;
}

/* Has no tag any more, as far as this run knows, and nothing protects it. */
static bool is_candidate(const struct run *run, uint32_t r)
{
	const struct inventory_repository *repository = &run->session.inventory->repositories[r];

	if (repository->trouble || !policy_targets(run->rules.policy, repository->name) ||
	    policy_protects_repository(run->rules.policy, repository->name))
		return false;
	for (uint32_t t = 0; t < repository->tag_count; t++) {
		if (run->outcome.tags[repository->first_tag + t] != TAG_DELETED)
			return false;
	}
	return true;
}

/* Whether it may go now; otherwise the log says why not. */
static bool may_go(const struct run *run, const char *name, const char *why_not,
		   struct empty_verdict *verdict)
{
	int64_t hours = run->config->cleanup.empty_repository_hours;

	if (!storage_may_be_own(run->session.trust)) {
		log_info("repository %s has no tags, and stays: %s", name, why_not);
		return false;
	}
	*verdict = empty_judge(run->session.layout, name, (int64_t)time(NULL) - hours * 3600);
	if (verdict->state == EMPTY_HELD)
		log_debug("repository %s has no tags, and stays: %s", name, verdict->reason);
	else if (verdict->state == EMPTY_STRANGE)
		log_info("repository %s has no tags, and stays: %s", name, verdict->reason);
	else if (verdict->state == EMPTY_YOUNG)
		log_info("repository %s is empty, and stays until nothing in it changed for %ld "
			 "hour%s: %s",
			 name, (long)hours, units_s((uint64_t)hours), verdict->reason);
	else if (why_not)
		log_info("repository %s is empty, and stays: %s", name, why_not);
	return verdict->state == EMPTY_IDLE && !why_not;
}

static void each_to_go(struct run *run, void (*each)(struct run *run, const char *name,
						     const struct empty_verdict *verdict))
{
	const struct inventory *inventory = run->session.inventory;
	const struct policy *policy = run->rules.policy;
	const char *why_not = NULL;

	/* Who names jobs, applies a plan, or collects alone wants nothing else. */
	if (!run->config->cleanup.delete_empty_repositories || policy->jobs_alone ||
	    policy->wanted || run->options->command == COMMAND_COLLECT)
		return;
	why_not = obstacle(run);
	for (uint32_t r = 0; r < inventory->repository_count && stop_signal_count() == 0; r++) {
		struct empty_verdict verdict;

		if (is_candidate(run, r) &&
		    may_go(run, inventory->repositories[r].name, why_not, &verdict))
			each(run, inventory->repositories[r].name, &verdict);
	}
}

static void show(struct run *run, const char *name, const struct empty_verdict *verdict)
{
	(void)run;
	(void)verdict;
	log_info("would remove the empty repository %s", name);
}

void empty_repositories_show(struct run *run)
{
	each_to_go(run, show);
}

static void hide(struct run *run, const char *name, const struct empty_verdict *verdict)
{
	struct empty_repositories *empties = &run->empties;
	struct empty_removal removal = removal_of(run);
	struct err err = { 0 };
	int result = empty_hide(&removal, name, verdict, &err);

	if (result < 0)
		note_error(run, name, &err);
	if (result == 0)
		log_info("repository %s stays: something came in meanwhile", name);
	if (result != 1)
		return;
	empties->hidden =
		xreallocarray(empties->hidden, empties->count + 1, sizeof *empties->hidden);
	empties->hidden[empties->count++] = (struct empties_hidden){ name, *verdict };
}

bool empty_repositories_hide(struct run *run)
{
	each_to_go(run, hide);
	return run->empties.count > 0 && run->session.server.cache != CONFIG_NO;
}

/* False after a stop signal. */
static bool wait_for_requests(void)
{
	struct pollfd stop = { .fd = stop_signal_fd(), .events = POLLIN };
	int64_t until = time_monotonic_ms() + WAIT_MS, left = WAIT_MS;

	progress("waiting for pushes that saw the empty repositories");
	for (; left > 0 && stop_signal_count() == 0; left = until - time_monotonic_ms())
		(void)poll(&stop, 1, (int)left);
	progress_end();
	return stop_signal_count() == 0;
}

static void put_back(struct run *run, const char *repository)
{
	struct empty_removal removal = removal_of(run);
	struct err err = { 0 };

	if (empty_put_back(&removal, repository, &err) < 0)
		note_error(run, repository, &err);
	else
		log_info("repository %s is empty, and stays for now", repository);
}

static void remove_hidden(struct run *run, const struct empties_hidden *hidden)
{
	struct empty_removal removal = removal_of(run);
	struct err err = { 0 };

	switch (empty_remove(&removal, hidden->repository, &hidden->verdict, &err)) {
	case 1:
		note_removed(run, hidden->repository);
		break;
	case 0:
		log_info("repository %s stays: something came in meanwhile", hidden->repository);
		break;
	default:
		note_error(run, hidden->repository, &err);
		break;
	}
}

void empty_repositories_finish(struct run *run, bool renewed)
{
	struct empty_repositories *empties = &run->empties;
	bool may_remove = empties->count > 0 && renewed && wait_for_requests();

	for (size_t i = 0; i < empties->count; i++) {
		if (may_remove)
			remove_hidden(run, &empties->hidden[i]);
		else
			put_back(run, empties->hidden[i].repository);
	}
	empty_repositories_clear(empties);
}
