/* What is done in one repository, a row of states: choose a batch, look (in full when the last look
 * is old), write the debts, delete, delete, …, and list the tags before the next batch. Everything
 * happens in callbacks of the one HTTP loop. */
#include "apply/worker.h"

#include "apply/batch.h"
#include "apply/canary.h"
#include "apply/journal.h"
#include "apply/recheck_quick.h"
#include "apply/record.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/unclear.h"
#include "apply/view.h"
#include "config/config.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "lists/holds.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "registry/api.h"
#include "state/state.h"
#include "util/causes.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A look is good for three times what it took, so that looking never costs more than a third of the
 * time, but not for less than this. S6 allows ten seconds, where three times is not longer. */
#define LOOK_FACTOR 3
#define LOOK_MS     500

static void advance(struct worker *worker);

static void on_pause_over(void *ctx)
{
	advance(ctx);
}

/* The run does not end before it is known what went with what was sent. */
static void set_unchecked(struct worker *worker, bool unchecked)
{
	if (worker->unchecked != unchecked)
		http_keep(worker->apply->http, unchecked);
	worker->unchecked = unchecked;
}

/* Done with the repository, one way or the other. */
static void finish(struct worker *worker)
{
	void (*done)(void *ctx) = worker->done;
	void *ctx = worker->ctx;

	for (size_t i = 0; i < worker->count; i++)
		step_release(&worker->steps[i]);
	set_unchecked(worker, false);
	view_free(worker->view);
	free(worker->steps);
	free(worker);
	done(ctx);
}

/* Everything that was planned is done, or stays after all. */
static void settle(struct worker *worker)
{
	struct err err = { 0 };

	record_remove(worker->apply->state, worker->name);
	if (state_checkpoint(worker->apply->state, worker->name, &err) < 0)
		log_warning("%s: %s", worker->name, err.msg);
	finish(worker);
}

static void fail(struct worker *worker, const char *what, const char *why)
{
	step_fail(worker, what, why);
	advance(worker);
}

/* It surely was not carried out: all is looked at again before it is sent again (S6). */
static bool comes_again(struct worker *worker, struct step *step,
			const struct http_response *response)
{
	long limit = worker->apply->policy->config->registry.retry_seconds;
	int64_t pause = retry_pause(&worker->retry, response, (unsigned)limit);

	if (pause < 0)
		return false;
	log_debug("%s: DELETE: %s; it is looked at again before it is sent again", worker->name,
		  response->message);
	step->sent = false;
	if (--worker->batch_sent == 0)
		set_unchecked(worker, false);
	worker->ready = false;
	worker->pause_ms = pause;
	worker->looked = worker->looked && response->failure == HTTP_EXPIRED;
	advance(worker);
	return true;
}

static bool was_never_sent(const struct http_response *response)
{
	return response->failure == HTTP_NO_CONNECTION || response->failure == HTTP_EXPIRED ||
	       response->failure == HTTP_NO_TOKEN ||
	       (response->failure == HTTP_ABANDONED && response->attempts == 0);
}

static void on_cleared(struct worker *worker, struct step *step, bool done)
{
	char text[256];

	step_describe(worker, step, text, sizeof text);
	if (!done) {
		fail(worker, text, worker->fault);
		return;
	}
	step_done(worker, step);
	advance(worker);
}

static void on_deleted(void *ctx, const struct api_answer *answer)
{
	struct worker *worker = ctx;
	const struct http_response *response = answer->response;
	struct step *step = &worker->steps[worker->current];
	struct apply *apply = worker->apply;
	char text[256];

	if (comes_again(worker, step, response))
		return;
	worker->retry = (struct retry){ 0 };
	step->sent = !was_never_sent(response);
	if (!step->sent && response->failure == HTTP_ABANDONED) {
		advance(worker);
		return;
	}
	if (api_end_unknown(response))
		apply->outcome->end_unknown = true;
	if (response->status == 202 && step->tag == INVENTORY_NONE)
		apply_confirm(apply, worker->name, step_digest(worker, step), worker->sent_at);
	if ((answer->outcome == API_OK && response->status == 202) ||
	    answer->outcome == API_ABSENT) {
		if (!apply_confirm_tag(worker, step, on_cleared))
			on_cleared(worker, step, true);
		return;
	}
	/* An answer 200 may be a login page. */
	snprintf(worker->fault, sizeof worker->fault, "DELETE: %s",
		 answer->why[0] ? answer->why : "an answer that is not 202");
	if (!step->sent || response->failure == HTTP_ABANDONED ||
	    (response->status >= 400 && response->status < 500)) {
		step_describe(worker, step, text, sizeof text);
		fail(worker, text, worker->fault);
		return;
	}
	unclear_begin(worker, step, on_cleared);
}

/* Somebody may hold what is to go until the last moment: it is looked at again then. */
static bool may_send(struct worker *worker)
{
	const struct apply *apply = worker->apply;
	struct err err = { 0 };

	if (recheck_holds(apply, &err) < 0) {
		fail(worker, "nothing more is deleted", err.msg);
		return false;
	}
	if (!apply->holds || apply->holds->version == worker->holds)
		return true;
	log_info("%s: what is held has changed; it is looked at again", worker->name);
	worker->looked = worker->ready = false;
	advance(worker);
	return false;
}

static void send(struct worker *worker, struct step *step, const char *reference,
		 int64_t not_after_ms)
{
	if (!may_send(worker))
		return;
	if (!apply_journal_has(step)) {
		fail(worker, "nothing more is deleted", "it is not in the journal of this run");
		return;
	}
	set_unchecked(worker, true);
	worker->batch_sent++;
	step->sent = true;
	worker->sent_at = time(NULL);
	retry_note(&worker->retry);
	api_delete(worker->apply->api, worker->name, reference, not_after_ms, on_deleted, worker);
}

/* A tag delete goes out only directly after the tag was seen at its planned digest (S6). */
static void on_tag_resolved(void *ctx, const struct api_answer *answer)
{
	struct worker *worker = ctx;
	struct step *step = &worker->steps[worker->current];
	const char *digest = step_digest(worker, step);
	const char *now = answer->response->docker_content_digest;
	char text[256];

	if (answer->outcome == API_NOT_MODIFIED ||
	    (answer->outcome == API_OK && now && strcmp(now, digest) == 0)) {
		send(worker, step, worker->apply->inventory->tags[step->tag].name,
		     time_monotonic_ms() + APPLY_BATCH_MS);
	} else if (answer->outcome == API_OK || answer->outcome == API_ABSENT) {
		step_changed(worker, step);
		advance(worker);
	} else if (answer->response->failure == HTTP_ABANDONED) {
		advance(worker);
	} else {
		step_describe(worker, step, text, sizeof text);
		fail(worker, text, answer->why);
	}
}

static void open_batch(struct worker *worker)
{
	worker->ready = true;
	worker->not_after_ms = time_monotonic_ms() + APPLY_BATCH_MS;
	if (worker->moved)
		worker->batch_limit = 1;
}

static void on_quick_recheck(struct worker *worker, const char *trouble)
{
	if (step_take_look(worker, trouble))
		open_batch(worker);
	advance(worker);
}

/* A look that took long is old where it began: what costs little is looked at once more. */
static void on_looked(void *ctx, const char *trouble, bool moved)
{
	struct worker *worker = ctx;

	worker->moved = moved;
	worker->holds = worker->apply->holds ? worker->apply->holds->version : 0;
	if (step_take_look(worker, trouble)) {
		worker->looked = true;
		worker->look_took = time_monotonic_ms() - worker->look_began;
		if (worker->look_took > APPLY_BATCH_MS) {
			recheck_quick_begin(worker, true, on_quick_recheck);
			return;
		}
		open_batch(worker);
	}
	advance(worker);
}

static bool look_is_stale(const struct worker *worker)
{
	int64_t limit = worker->look_took * LOOK_FACTOR;

	if (limit < LOOK_MS)
		limit = LOOK_MS;
	return !worker->looked || time_monotonic_ms() - worker->look_began > limit;
}

static bool has_sent(const struct worker *worker)
{
	for (size_t i = 0; i < worker->count; i++) {
		if (worker->steps[i].sent)
			return true;
	}
	return false;
}

static void on_closed(struct worker *worker, const char *trouble)
{
	if (trouble) {
		step_fail(worker, "whether other tags went with what was deleted is not known",
			  trouble);
		worker->apply->outcome->lost |= has_sent(worker);
	}
	set_unchecked(worker, false);
	advance(worker);
}

static void on_chosen(struct worker *worker, const char *trouble)
{
	if (trouble) {
		fail(worker, "it could not be read again before deleting", trouble);
	} else if (stop_signal_count() > 0) {
		advance(worker);
	} else if (look_is_stale(worker) && worker->unchecked) {
		recheck_quick_begin(worker, false, on_closed);
	} else if (look_is_stale(worker)) {
		worker->look_began = time_monotonic_ms();
		recheck_begin(worker->apply, worker->repository, worker->steps, worker->count,
			      worker->view, on_looked, worker);
	} else {
		recheck_quick_begin(worker, true, on_quick_recheck);
	}
}

/* While nobody else works on the repository, says the last look in full and what came after it,
 * batches grow: the more one has, the less it is known with which of its manifests a tag went. */
static void begin_batch(struct worker *worker)
{
	if (worker->moved)
		worker->batch_limit = 1;
	else if (worker->batch_sent > 0 && worker->batch_limit < APPLY_BATCH_MOST)
		worker->batch_limit *= 2;
	if (worker->written) {
		batch_begin(worker, on_chosen);
		return;
	}
	worker->written = true;
	apply_journal_begin(worker, advance);
}

static void delete_next(struct worker *worker)
{
	struct step *step = &worker->steps[worker->current];
	const struct apply *apply = worker->apply;

	if (step->tag != INVENTORY_NONE) {
		api_manifest(apply->api, worker->name, apply->inventory->tags[step->tag].name,
			     step_digest(worker, step), on_tag_resolved, worker);
	} else if (step_was_pushed(worker, step)) {
		worker->moved = true;
		step_changed(worker, step);
		advance(worker);
	} else {
		send(worker, step, step_digest(worker, step), worker->not_after_ms);
	}
}

static bool batch_is_open(const struct worker *worker)
{
	return worker->ready && worker->current < worker->batch_end &&
	       worker->batch_sent < worker->batch_limit && !look_is_stale(worker) &&
	       time_monotonic_ms() <= worker->not_after_ms;
}

/* The next state. */
static void advance(struct worker *worker)
{
	int64_t pause = worker->pause_ms;
	bool ends = worker->failed || apply_ends(worker->apply);

	while (worker->current < worker->count &&
	       worker->steps[worker->current].state != STEP_TO_DO)
		worker->current++;
	if (!ends && pause == 0 && batch_is_open(worker)) {
		delete_next(worker);
		return;
	}
	worker->ready = false;
	ends |= worker->current == worker->count;
	if (worker->unchecked && (ends || pause > 0 || look_is_stale(worker))) {
		recheck_quick_begin(worker, false, on_closed);
	} else if (ends && worker->current == worker->count && !worker->failed) {
		settle(worker);
	} else if (ends) {
		worker->apply->left += !worker->failed;
		finish(worker);
	} else if (pause > 0) {
		worker->pause_ms = 0;
		http_after(worker->apply->http, (unsigned)pause, on_pause_over, worker);
	} else {
		begin_batch(worker);
	}
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
				   .view = view_new(),
				   .batch_limit = 1,
				   .done = done,
				   .ctx = ctx };
	for (size_t i = 0; i < worker->count; i++) {
		const struct plan_step *step = &apply->plan->steps[plan->first_step + i];

		worker->steps[i] = (struct step){ .manifest = step->manifest, .tag = step->tag };
	}
	(void)view_take(worker->view, apply->inventory, repository);
	advance(worker);
}
