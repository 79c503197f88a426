/* Carries the plan out, so many repositories at a time. */
#include "apply/apply.h"

#include "apply/dangling.h"
#include "apply/worker.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "state/state.h"
#include "util/causes.h"
#include "util/log.h"
#include "util/xalloc.h"

/* Debts of a repository that could not be read, must not be touched, or is not worked on now, and
 * those of what is in use or held, stay for another night. */
static bool is_settled(const struct apply *apply, uint32_t id)
{
	const struct inventory_manifest *manifest = &apply->inventory->manifests[id];
	const struct inventory_repository *repository =
		&apply->inventory->repositories[manifest->repository];

	if (dangling_has(apply->dangling, id))
		return false;
	/* Pushed again but planned again: a new pending delete is recorded. */
	if (!manifest->repushed && (!manifest->pending || apply->plan->manifests[id].goes))
		return false;
	return manifest->kind == MANIFEST_MISSING ||
	       (!repository->trouble && !apply->plan->manifests[id].in_use &&
		!apply->plan->manifests[id].held &&
		policy_targets(apply->policy, repository->name) &&
		!policy_protects_repository(apply->policy, repository->name));
}

static void clear_pending(const struct apply *apply, uint32_t id)
{
	const struct inventory *inventory = apply->inventory;
	const char *name = inventory->repositories[inventory->manifests[id].repository].name;
	const char *digest = inventory_digest(inventory, id);
	bool gone = inventory->manifests[id].kind == MANIFEST_MISSING;
	struct err err = { 0 };

	log_debug("%s: %s is no longer owed: it %s", name, digest, gone ? "is gone" : "stays");
	if (state_clear_pending(apply->state, name, digest, gone, &err) < 0)
		log_warning("%s: %s", name, err.msg);
}

void apply_settle_debts(const struct apply *apply)
{
	const struct inventory *inventory = apply->inventory;
	struct err err = { 0 };

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (is_settled(apply, m))
			clear_pending(apply, m);
	}
	for (uint32_t r = 0; r < inventory->repository_count; r++) {
		const struct inventory_repository *repository = &inventory->repositories[r];

		if (!repository->trouble && apply->plan->repositories[r].step_count == 0 &&
		    state_checkpoint(apply->state, repository->name, &err) < 0)
			log_warning("%s: %s", repository->name, err.msg);
	}
}

struct workers {
	struct apply *apply;
	uint32_t next;    /* the repository that is looked at next */
	unsigned working; /* workers */
	bool starting;    /* a worker may be done before it returns */
};

static void start_workers(struct workers *workers);

static void on_worker_done(void *ctx)
{
	struct workers *workers = ctx;

	workers->working--;
	start_workers(workers);
}

/* Counts the tags of a repository that is left as failed. */
static void leave(const struct apply *apply, uint32_t repository)
{
	const struct inventory_repository *left = &apply->inventory->repositories[repository];

	for (uint32_t i = 0; i < left->tag_count; i++)
		outcome_set(apply->outcome, left->first_tag + i, TAG_FAILED);
}

/* Until a delete was seen to be one, in the registry's answers or in its folder, there is one
 * worker at a time: what all of them are told may be old. */
static unsigned most_workers(const struct workers *workers)
{
	return workers->apply->heeded || *workers->apply->trust == STORAGE_CONFIRMED
		       ? workers->apply->window
		       : 1;
}

static void start_workers(struct workers *workers)
{
	struct apply *apply = workers->apply;

	if (workers->starting)
		return;
	workers->starting = true;
	while (workers->working < most_workers(workers) &&
	       workers->next < apply->inventory->repository_count && !apply_ends(apply)) {
		uint32_t repository = workers->next++;

		if (apply->plan->repositories[repository].step_count == 0)
			continue;
		if (dangling_blocks(apply->dangling, apply, repository)) {
			leave(apply, repository);
			continue;
		}
		workers->working++;
		apply_worker_begin(apply, repository, on_worker_done, workers);
	}
	workers->starting = false;
}

static void go_on(const struct apply *apply)
{
	start_workers(apply->workers);
}

static void tell_failed(const struct cause *cause)
{
	if (cause->count == 1)
		log_error("%s: %s: %s; the rest of this repository is left for the next run",
			  cause->place, cause->what, cause->why);
	else if (cause->places == 1)
		log_error("%s: %s and %zu more: %s; the rest of this repository is left for the "
			  "next run",
			  cause->place, cause->what, cause->count - 1, cause->why);
	else
		log_error("%zu repositories: %s; the rest of them is left for the next run, among "
			  "them %s (%s)",
			  cause->places, cause->why, cause->place, cause->what);
}

/* Has workers delete, as many at a time as may be. */
static int run_workers(struct apply *apply, struct workers *workers, struct err *err)
{
	int result;

	apply->workers = workers;
	apply->go_on = go_on;
	apply->failed = causes_new();
	start_workers(workers);
	result = http_run(apply->http, err);
	causes_tell(apply->failed, SIZE_MAX, tell_failed);
	causes_free(apply->failed);
	apply->failed = NULL;
	apply->workers = NULL;
	return result;
}

/* The state that cannot be written, before anything was deleted: an error of usage. */
static enum err_kind end_kind(const struct apply *apply)
{
	return apply->end == APPLY_UNWRITTEN && apply->outcome->tags_deleted == 0 &&
			       apply->outcome->manifests_deleted == 0 &&
			       !apply->outcome->end_unknown
		       ? ERR_USAGE
		       : ERR_IO;
}

int apply_run(struct apply *apply, struct err *err)
{
	static const char *const ENDS[] = {
		[APPLY_STRANGE] = "paths.host_storage is not the registry's own",
		[APPLY_STALE] = "nothing more is deleted, and nothing is collected: let no cache "
				"keep anything of /v2/, or set registry.url to the registry itself",
		[APPLY_UNWRITTEN] = "nothing more is deleted, and nothing is collected: what is "
				    "deleted is written down before, so that it can be restored",
	};
	struct workers workers = { .apply = apply };

	if (!apply->journal)
		die_internal("nothing writes down what is deleted");
	if (dangling_run(apply->dangling, apply, err) < 0) {
		if (apply->end == APPLY_UNWRITTEN)
			err->kind = end_kind(apply);
		return -1;
	}
	if (run_workers(apply, &workers, err) < 0)
		return -1;
	for (uint32_t r = workers.next; r < apply->inventory->repository_count; r++)
		apply->left += apply->plan->repositories[r].step_count > 0;
	return apply->end == APPLY_GOES_ON ? 0
					   : err_set(err, end_kind(apply), "%s", ENDS[apply->end]);
}
