/* What is done in one repository, a row of states: look, write the debts, delete, delete, …, look
 * again when the last look is old. Everything happens in callbacks of the one HTTP loop. */
#include "apply_worker.h"

#include "apply.h"
#include "apply_confirm.h"
#include "apply_look.h"
#include "http/engine.h"
#include "inventory.h"
#include "plan.h"
#include "plan_text.h"
#include "registry/api.h"
#include "state.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/stop.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* A look is good for three times what it took, so that looking never costs more than a third of the
 * time, but not for less than this. S6 allows ten seconds, where three times is not longer. */
#define LOOK_FACTOR 3
#define LOOK_MS     500

struct worker {
	struct apply *apply;
	uint32_t repository;
	const char *name;
	struct step *steps;
	size_t count, current;
	int64_t look_began, look_took; /* ms */
	bool looked;
	bool digest_gone; /* while a DELETE without a clear end is looked into */
	char fault[400];
	void (*done)(void *ctx);
	void *ctx;
};

static void next_step(struct worker *worker);

/* All tags that a step takes with it. */
static void set_step_status(struct worker *worker, const struct step *step, enum tag_status status)
{
	const struct inventory *inventory = worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[worker->repository];

	if (step->tag != INVENTORY_NONE) {
		outcome_set(worker->apply->outcome, step->tag, status);
		return;
	}
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		if (inventory->tags[repository->first_tag + i].manifest == step->manifest)
			outcome_set(worker->apply->outcome, repository->first_tag + i, status);
	}
}

static void strike(struct worker *worker, struct step *step, bool gone)
{
	struct apply *apply = worker->apply;
	bool owed = step->owed || apply->inventory->manifests[step->manifest].owed;
	struct err err = { 0 };

	if (step->tag != INVENTORY_NONE || !owed)
		return;
	step->owed = false;
	if (state_strike(apply->state, worker->name,
			 inventory_digest(apply->inventory, step->manifest), gone, &err) < 0)
		log_warning("%s: %s", worker->name, err.msg);
}

/* Done with the repository, one way or the other. */
static void finish(struct worker *worker)
{
	void (*done)(void *ctx) = worker->done;
	void *ctx = worker->ctx;

	free(worker->steps);
	free(worker);
	done(ctx);
}

/* Everything that was planned is done, or stays after all. */
static void settle(struct worker *worker)
{
	struct err err = { 0 };

	if (state_settle(worker->apply->state, worker->name, &err) < 0)
		log_warning("%s: %s", worker->name, err.msg);
	finish(worker);
}

/* Leaves the repository: what was not done yet stays owed. */
static void fail(struct worker *worker, const char *what, const char *why)
{
	struct apply *apply = worker->apply;

	apply->outcome->failures++;
	log_error("%s: %s: %s; the rest of this repository is left for the next run", worker->name,
		  what, why);
	for (size_t i = 0; i < worker->count; i++) {
		if (worker->steps[i].state == STEP_TO_DO)
			set_step_status(worker, &worker->steps[i], TAG_FAILED);
	}
	finish(worker);
}

static void describe(const struct worker *worker, const struct step *step, char *text, size_t size)
{
	const struct inventory *inventory = worker->apply->inventory;

	if (step->tag != INVENTORY_NONE)
		snprintf(text, size, "tag %s", inventory->tags[step->tag].name);
	else
		snprintf(text, size, "manifest %s", inventory_digest(inventory, step->manifest));
}

static void log_deleted_tag(const struct worker *worker, const struct step *step, uint32_t tag)
{
	const struct apply *apply = worker->apply;
	CLEANUP(buf_free) struct buf why = { 0 };

	plan_explain(apply->inventory, apply->plan, tag, &why);
	log_info("deleted %s:%s (%s)%s", worker->name, apply->inventory->tags[tag].name,
		 buf_string(&why),
		 step->tag == INVENTORY_NONE ? "" : ", the tag only: its image stays");
}

static void log_deleted(const struct worker *worker, const struct step *step)
{
	const struct inventory *inventory = worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[worker->repository];
	const char *digest = inventory_digest(inventory, step->manifest);
	bool tagged = false;

	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t tag = repository->first_tag + i;

		if (step->tag == INVENTORY_NONE ? inventory->tags[tag].manifest != step->manifest
						: tag != step->tag)
			continue;
		tagged = true;
		log_deleted_tag(worker, step, tag);
	}
	if (tagged)
		return;
	if (worker->apply->plan->manifests[step->manifest].untagged)
		log_info("deleted %s@%s, which had no tag", worker->name, digest);
	else
		log_info("deleted %s@%s, which belonged to what went", worker->name, digest);
}

static void step_done(struct worker *worker)
{
	struct step *step = &worker->steps[worker->current];
	struct apply *apply = worker->apply;

	step->state = STEP_DONE;
	log_deleted(worker, step);
	set_step_status(worker, step, TAG_DELETED);
	if (step->tag == INVENTORY_NONE) {
		apply->inventory->manifests[step->manifest].gone = true;
		apply->outcome->manifests_deleted++;
		strike(worker, step, true);
	}
	log_progress("deleting: %zu of %zu tags", apply->outcome->tags_deleted,
		     apply->outcome->tags_deleted + apply->outcome->tags_planned);
	next_step(worker);
}

static void step_changed(struct worker *worker, struct step *step)
{
	char text[256];

	describe(worker, step, text, sizeof text);
	log_info("%s: %s changed since it was planned, or is needed now; it stays", worker->name,
		 text);
	set_step_status(worker, step, TAG_CHANGED);
	step->state = STEP_DROPPED;
	strike(worker, step, false);
}

/* After a DELETE without a clear end: is one of its tags still listed? */
static void on_listed_again(void *ctx, const struct api_list *list)
{
	struct worker *worker = ctx;
	const struct step *step = &worker->steps[worker->current];
	const struct inventory *inventory = worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[worker->repository];
	char text[256];

	describe(worker, step, text, sizeof text);
	if (list->trouble) {
		fail(worker, text, worker->fault);
		return;
	}
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		const struct inventory_tag *tag = &inventory->tags[repository->first_tag + i];

		if (step->tag == INVENTORY_NONE ? tag->manifest != step->manifest
						: tag != &inventory->tags[step->tag])
			continue;
		for (size_t k = 0; k < list->count; k++) {
			if (strcmp(list->names[k], tag->name) == 0) {
				fail(worker, text, worker->fault);
				return;
			}
		}
	}
	if (step->tag == INVENTORY_NONE && !worker->digest_gone)
		fail(worker, text, worker->fault);
	else
		step_done(worker);
}

static void on_resolved_again(void *ctx, const struct api_answer *answer)
{
	struct worker *worker = ctx;

	worker->digest_gone = answer->outcome == API_ABSENT;
	api_tags(worker->apply->api, worker->name, on_listed_again, worker);
}

static void on_deleted(void *ctx, const struct api_answer *answer)
{
	struct worker *worker = ctx;
	const struct http_response *response = answer->response;
	const struct step *step = &worker->steps[worker->current];
	struct apply *apply = worker->apply;
	char text[256];

	if (response->failure == HTTP_ABANDONED && response->attempts == 0) {
		finish(worker); /* it was never sent */
		return;
	}
	if (api_end_unknown(response))
		apply->outcome->end_unknown = true;
	if (answer->outcome == API_OK && step->tag == INVENTORY_NONE)
		apply_confirm(apply, worker->name,
			      inventory_digest(apply->inventory, step->manifest));
	if (answer->outcome == API_OK || answer->outcome == API_ABSENT) {
		step_done(worker);
		return;
	}
	snprintf(worker->fault, sizeof worker->fault, "DELETE: %s", answer->why);
	if (response->failure == HTTP_NO_CONNECTION || response->failure == HTTP_ABANDONED ||
	    (response->status >= 400 && response->status < 500)) {
		describe(worker, step, text, sizeof text);
		fail(worker, text, worker->fault);
		return;
	}
	api_manifest(apply->api, worker->name, inventory_digest(apply->inventory, step->manifest),
		     NULL, on_resolved_again, worker);
}

/* A tag delete goes out only directly after the tag was seen at its planned digest (S6). */
static void on_tag_resolved(void *ctx, const struct api_answer *answer)
{
	struct worker *worker = ctx;
	struct step *step = &worker->steps[worker->current];
	struct apply *apply = worker->apply;
	const char *digest = inventory_digest(apply->inventory, step->manifest);
	const char *now = answer->response->docker_content_digest;
	char text[256];

	if (answer->outcome == API_NOT_MODIFIED ||
	    (answer->outcome == API_OK && now && strcmp(now, digest) == 0)) {
		api_delete(apply->api, worker->name, apply->inventory->tags[step->tag].name,
			   on_deleted, worker);
	} else if (answer->outcome == API_OK || answer->outcome == API_ABSENT) {
		step_changed(worker, step);
		next_step(worker);
	} else if (answer->response->failure == HTTP_ABANDONED) {
		finish(worker);
	} else {
		describe(worker, step, text, sizeof text);
		fail(worker, text, answer->why);
	}
}

static int write_debts(struct worker *worker, struct err *err)
{
	struct apply *apply = worker->apply;
	CLEANUP(free_p) const char **digests = xcalloc(worker->count + 1, sizeof *digests);
	size_t count = 0;

	for (size_t i = 0; i < worker->count; i++) {
		struct step *step = &worker->steps[i];

		if (step->state == STEP_TO_DO && step->tag == INVENTORY_NONE && !step->owed) {
			digests[count++] = inventory_digest(apply->inventory, step->manifest);
			step->owed = true;
		}
	}
	return count ? state_owe(apply->state, worker->name, digests, count, apply->now, err) : 0;
}

static void on_looked(void *ctx, const char *trouble)
{
	struct worker *worker = ctx;
	struct err err = { 0 };

	if (stop_count() > 0) {
		finish(worker);
		return;
	}
	if (trouble) {
		fail(worker, "it could not be read again before deleting", trouble);
		return;
	}
	for (size_t i = 0; i < worker->count; i++) {
		if (worker->steps[i].state == STEP_CHANGED)
			step_changed(worker, &worker->steps[i]);
	}
	if (write_debts(worker, &err) < 0) {
		fail(worker, "the state could not be written", err.msg);
		return;
	}
	worker->looked = true;
	worker->look_took = time_monotonic_ms() - worker->look_began;
	next_step(worker);
}

static bool look_is_stale(const struct worker *worker)
{
	int64_t limit = worker->look_took * LOOK_FACTOR;

	if (limit < LOOK_MS)
		limit = LOOK_MS;
	return !worker->looked || time_monotonic_ms() - worker->look_began > limit;
}

static void next_step(struct worker *worker)
{
	struct apply *apply = worker->apply;
	const struct step *step;

	while (worker->current < worker->count &&
	       worker->steps[worker->current].state != STEP_TO_DO)
		worker->current++;
	if (worker->current == worker->count) {
		settle(worker);
		return;
	}
	if (stop_count() > 0 || apply->strange) {
		finish(worker);
		return;
	}
	if (look_is_stale(worker)) {
		worker->look_began = time_monotonic_ms();
		look_begin(apply, worker->repository, worker->steps, worker->count, on_looked,
			   worker);
		return;
	}
	step = &worker->steps[worker->current];
	if (step->tag == INVENTORY_NONE)
		api_delete(apply->api, worker->name,
			   inventory_digest(apply->inventory, step->manifest), on_deleted, worker);
	else
		api_manifest(apply->api, worker->name, apply->inventory->tags[step->tag].name,
			     inventory_digest(apply->inventory, step->manifest), on_tag_resolved,
			     worker);
}

void apply_worker_begin(struct apply *apply, uint32_t repository, void (*done)(void *ctx),
			void *ctx)
{
	const struct plan_repository *plan = &apply->plan->repositories[repository];
	struct worker *worker = xcalloc(1, sizeof *worker);

	*worker = (struct worker){ .apply = apply,
				   .repository = repository,
				   .name = apply->inventory->repositories[repository].name,
				   .steps = xcalloc(plan->step_count, sizeof *worker->steps),
				   .count = plan->step_count,
				   .done = done,
				   .ctx = ctx };
	for (size_t i = 0; i < worker->count; i++) {
		const struct plan_step *step = &apply->plan->steps[plan->first_step + i];

		worker->steps[i] = (struct step){ .manifest = step->manifest, .tag = step->tag };
	}
	next_step(worker);
}
