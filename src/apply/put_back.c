/* One tag that vanished after the other:
 *
 *   what it had is still there (so it was moved to what we deleted) → it answers 404 → PUT → read
 *   again. Where it may have had several manifests, these are put back by their digests and the tag
 *   is named: nothing is lost then but the knowledge which of them it was. */
#include "apply/put_back.h"

#include "apply/retry.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/view.h"
#include "apply/worker.h"
#include "config/config.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "policy/policy.h"
#include "registry/api.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <string.h>

struct put_back {
	struct worker *worker;
	uint32_t tag;  /* of the view: the one that is asked about, or the next to look at */
	size_t number; /* of the step that is put back, where there are several */
	bool several;
	struct step *step;
	struct retry retry;
	void (*done)(struct worker *worker, void *ctx);
	void *ctx;
};

static void next_tag(struct put_back *back);
static void ask_tag(void *ctx);
static void next_of_several(struct put_back *back);

static const char *name_of(const struct put_back *back)
{
	return view_name(back->worker->view, back->tag);
}

/* Sent, with the manifest in hand: it may have been what a tag had that is gone now. */
static bool is_candidate(const struct step *step)
{
	return step->sent && step->tag == INVENTORY_NONE && step->type;
}

static struct step *sole_candidate(struct worker *worker, size_t *count)
{
	struct step *sole = NULL;

	*count = 0;
	for (size_t i = 0; i < worker->count; i++) {
		if (!is_candidate(&worker->steps[i]))
			continue;
		sole = &worker->steps[i];
		++*count;
	}
	return sole;
}

/* Whether TAG of the view was to go with what was sent. */
static bool was_planned(const struct worker *worker, uint32_t tag)
{
	const struct inventory *inventory = worker->apply->inventory;
	const char *name = view_name(worker->view, tag);
	const char *digest = view_digest(worker->view, tag);
	const struct step *step = digest ? step_find(worker, digest) : NULL;
	const struct inventory_repository *repository =
		&inventory->repositories[worker->repository];

	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t id = repository->first_tag + i;

		if (strcmp(inventory->tags[id].name, name) != 0)
			continue;
		if (step && step->sent && inventory->tags[id].manifest == step->manifest)
			return true;
		for (size_t s = 0; s < worker->count; s++) {
			if (worker->steps[s].sent && worker->steps[s].tag == id)
				return true;
		}
		return false;
	}
	return false;
}

static void end(struct put_back *back)
{
	struct worker *worker = back->worker;

	for (size_t i = 0; worker->steps && i < worker->count; i++) {
		struct step *step = &worker->steps[i];

		if (step->sent)
			step_release(step);
		step->sent = false;
	}
	if (worker->unchecked)
		http_keep(worker->apply->http, false);
	worker->unchecked = false;
	back->done(worker, back->ctx);
	free(back);
}

/* It is lost, as far as we can tell. */
static void give_up(struct put_back *back, const char *why)
{
	char what[256];

	(void)snprintf(
		what, sizeof what,
		"tag %.140s vanished while other manifests were deleted, and is not put back",
		name_of(back));
	step_lose(back->worker, what, why);
	back->tag++;
	next_tag(back);
}

static void on_read(void *ctx, const struct api_answer *answer)
{
	struct put_back *back = ctx;
	const char *digest = step_digest(back->worker, back->step);

	if (answer->outcome != API_OK) {
		give_up(back, answer->why);
		return;
	}
	if (!answer->response->docker_content_digest ||
	    strcmp(answer->response->docker_content_digest, digest) == 0) {
		/* The answer to the PUT may have been lost. */
		if (back->step->state == STEP_DONE)
			step_restored(back->worker, back->step);
		log_warning("%s: tag %s was moved to %s while that was deleted: both are put back",
			    back->worker->name, name_of(back), digest);
	}
	view_set(back->worker->view, back->tag, NULL);
	back->worker->looked = false;
	back->worker->moved = true;
	back->tag++;
	next_tag(back);
}

static void read_again(struct put_back *back)
{
	api_manifest(back->worker->apply->api, back->worker->name, name_of(back), NULL, on_read,
		     back);
}

/* True when it is ordered again later. */
static bool comes_again(struct put_back *back, const struct http_response *response)
{
	const struct apply *apply = back->worker->apply;
	int64_t pause = retry_pause(&back->retry, response,
				    (unsigned)apply->policy->config->registry.retry_seconds);

	if (pause < 0)
		return false;
	http_after(apply->http, (unsigned)pause, ask_tag, back);
	return true;
}

/* A PUT that may still be at work counts as running, like a DELETE: nothing is collected beside it.
 */
static void note_end(struct put_back *back, const struct http_response *response)
{
	back->worker->apply->outcome->end_unknown |= api_end_unknown(response);
}

static void on_put(void *ctx, const struct api_answer *answer)
{
	struct put_back *back = ctx;
	const struct http_response *response = answer->response;

	if (comes_again(back, response))
		return;
	note_end(back, response);
	if (response->status == 201)
		step_restored(back->worker, back->step);
	else if (!api_end_unknown(response) && response->status != 500 && response->status != 503) {
		give_up(back, answer->why);
		return;
	}
	read_again(back);
}

static void on_put_several(void *ctx, const struct api_answer *answer)
{
	struct put_back *back = ctx;

	if (comes_again(back, answer->response))
		return;
	note_end(back, answer->response);
	if (answer->response->status == 201)
		step_restored(back->worker, back->step);
	else
		log_error("%s: manifest %s cannot be put back: %s", back->worker->name,
			  step_digest(back->worker, back->step), answer->why);
	back->number++;
	next_of_several(back);
}

static void put(struct put_back *back)
{
	struct worker *worker = back->worker;
	const struct step *step = back->step;
	const struct api_body body = { step->body, step->body_length, step->type };

	retry_note(&back->retry);
	if (back->several)
		api_put(worker->apply->api, worker->name, step_digest(worker, step), &body, 0,
			on_put_several, back);
	else
		api_put(worker->apply->api, worker->name, name_of(back), &body,
			time_monotonic_ms() + APPLY_BATCH_MS, on_put, back);
}

static void next_of_several(struct put_back *back)
{
	struct worker *worker = back->worker;
	CLEANUP(buf_free) struct buf why = { 0 };
	size_t count = 0;

	while (back->number < worker->count && !is_candidate(&worker->steps[back->number]))
		back->number++;
	if (back->number < worker->count) {
		back->step = &worker->steps[back->number];
		back->retry = (struct retry){ 0 };
		if (back->step->state == STEP_DROPPED)
			(void)back->number++, next_of_several(back);
		else
			put(back);
		return;
	}
	buf_text(&why, "it had been moved to one of these, which are put back without a tag:");
	for (size_t i = 0; i < worker->count; i++) {
		if (is_candidate(&worker->steps[i]) && count++ < 8)
			buf_format(&why, " %s", step_digest(worker, &worker->steps[i]));
	}
	worker->looked = false;
	give_up(back, buf_string(&why));
}

/* Nothing is put over what somebody pushed meanwhile. */
static void on_tag(void *ctx, const struct api_answer *answer)
{
	struct put_back *back = ctx;

	if (answer->outcome == API_OK) {
		log_debug("%s: tag %s is there again", back->worker->name, name_of(back));
		back->worker->moved = true;
		back->tag++;
		next_tag(back);
	} else if (answer->outcome != API_ABSENT) {
		give_up(back, answer->why);
	} else if (back->several) {
		back->number = 0;
		next_of_several(back);
	} else {
		put(back);
	}
}

static void ask_tag(void *ctx)
{
	struct put_back *back = ctx;

	if (back->several && back->number > 0)
		put(back);
	else
		api_manifest(back->worker->apply->api, back->worker->name, name_of(back), NULL,
			     on_tag, back);
}

/* Its manifest still exists: the tag was moved, not deleted with it. */
static void on_before(void *ctx, const struct api_answer *answer)
{
	struct put_back *back = ctx;

	if (answer->outcome == API_OK)
		ask_tag(back);
	else if (answer->outcome == API_ABSENT)
		give_up(back, "what it pointed at was deleted by somebody else");
	else
		give_up(back, answer->why);
}

static void take_tag(struct put_back *back)
{
	struct worker *worker = back->worker;
	const char *digest = view_digest(worker->view, back->tag);
	struct step *own = digest ? step_find(worker, digest) : NULL;
	size_t count;

	worker->moved = true;
	back->retry = (struct retry){ 0 };
	back->step = sole_candidate(worker, &count);
	back->several = count > 1;
	if (own && is_candidate(own)) {
		back->step = own;
		back->several = false;
		ask_tag(back);
	} else if (!digest) {
		give_up(back, "it is not known what it pointed at");
	} else {
		api_manifest(worker->apply->api, worker->name, digest, NULL, on_before, back);
	}
}

static void next_tag(struct put_back *back)
{
	struct worker *worker = back->worker;
	size_t count;

	/* Where no manifest went, no other tag went along. */
	if (!sole_candidate(worker, &count)) {
		end(back);
		return;
	}
	for (; back->tag < view_count(worker->view); back->tag++) {
		if (view_vanished(worker->view, back->tag) && !was_planned(worker, back->tag)) {
			take_tag(back);
			return;
		}
	}
	end(back);
}

void put_back_begin(struct worker *worker, void (*done)(struct worker *worker, void *ctx),
		    void *ctx)
{
	struct put_back *back = xcalloc(1, sizeof *back);

	*back = (struct put_back){ .worker = worker, .done = done, .ctx = ctx };
	if (!worker->unchecked)
		back->tag = view_count(worker->view);
	next_tag(back);
}
