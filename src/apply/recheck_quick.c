/* One list, and as many questions as names came or are protected: a fraction of a look, so that it
 * can be had for each batch. */
#include "apply/recheck_quick.h"

#include "apply/put_back.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/view.h"
#include "apply/worker.h"
#include "config/config.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "policy/policy.h"
#include "registry/api.h"
#include "storage/links.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct quick {
	struct worker *worker;
	bool before;
	size_t waiting; /* questions */
	char trouble[400];
	recheck_quick_done done;
};

struct question {
	struct quick *quick;
	const char *name;
	uint32_t tag; /* of the view; INVENTORY_NONE: a protected name that is not listed */
};

static void hold(struct quick *quick, const char *digest)
{
	struct step *step = step_find(quick->worker, digest);

	if (step && step->state == STEP_TO_DO) {
		step->state = STEP_CHANGED;
		quick->worker->moved = true;
	}
}

static void trouble(struct quick *quick, const char *name, const char *why)
{
	if (!quick->trouble[0])
		snprintf(quick->trouble, sizeof quick->trouble, "tag %.130s: %.250s", name, why);
}

static void answered(struct quick *quick)
{
	if (--quick->waiting > 0)
		return;
	quick->done(quick->worker, quick->trouble[0] ? quick->trouble : NULL);
	free(quick);
}

/* A manifest that a tag points at stays, and all that it lists. */
static void hold_whole(struct quick *quick, const char *name, const char *digest,
		       const struct http_response *response)
{
	struct oci_manifest body;
	struct err err = { 0 };

	hold(quick, digest);
	if (oci_manifest_parse(response->body, response->body_length, response->content_type, &body,
			       &err) < 0) {
		trouble(quick, name, err.msg);
		return;
	}
	for (size_t i = 0; i < body.child_count; i++)
		hold(quick, body.children[i].digest);
	oci_manifest_clear(&body);
}

static void take(struct quick *quick, const struct question *question,
		 const struct http_response *response)
{
	struct view *view = quick->worker->view;
	char computed[DIGEST_TEXT];
	const char *digest = response->docker_content_digest;

	if (question->tag == INVENTORY_NONE) {
		trouble(quick, question->name, "it exists, but the registry does not list it");
		return;
	}
	if (!digest)
		digest = digest_of(response->body, response->body_length, computed);
	if (!digest_valid(digest, strlen(digest))) {
		trouble(quick, question->name, "the answer names no valid digest");
		return;
	}
	quick->worker->moved |= !view_digest(view, question->tag) ||
				strcmp(view_digest(view, question->tag), digest) != 0;
	view_set(view, question->tag, digest);
	hold_whole(quick, question->name, digest, response);
}

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct question question = *(struct question *)ctx;
	struct quick *quick = question.quick;

	free(ctx);
	switch (answer->outcome) {
	case API_OK:
		take(quick, &question, answer->response);
		break;
	case API_NOT_MODIFIED:
		if (question.tag == INVENTORY_NONE ||
		    !view_digest(quick->worker->view, question.tag))
			trouble(quick, question.name, "304 without a condition");
		else
			hold(quick, view_digest(quick->worker->view, question.tag));
		break;
	case API_ABSENT:
		if (question.tag != INVENTORY_NONE)
			view_set(quick->worker->view, question.tag, NULL);
		break;
	case API_FAILED:
		trouble(quick, question.name, answer->why);
		break;
	}
	answered(quick);
}

static void ask(struct quick *quick, const char *name, uint32_t tag)
{
	struct worker *worker = quick->worker;
	struct question *question = xmalloc(sizeof *question);

	*question = (struct question){ quick, name, tag };
	quick->waiting++;
	api_manifest(worker->apply->api, worker->name, name,
		     tag == INVENTORY_NONE ? NULL : view_digest(worker->view, tag), on_answer,
		     question);
}

/* A link says nothing of what stands behind it: where it is new it is asked for. */
static void read_link(struct quick *quick, uint32_t tag)
{
	const struct worker *worker = quick->worker;
	const char *name = view_name(worker->view, tag);
	struct link link = links_tag(worker->apply->layout, worker->name, name);

	if (link.state == LINK_READ && strcmp(link.digest, view_digest(worker->view, tag)) == 0)
		return;
	if (link.state == LINK_READ)
		hold(quick, link.digest);
	quick->worker->moved = true;
	view_set(worker->view, tag, NULL);
	ask(quick, name, tag);
}

static bool reads_links(const struct apply *apply)
{
	return *apply->trust == STORAGE_CONFIRMED && apply->end == APPLY_GOES_ON;
}

static bool is_protected(const struct string_list *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], name) == 0)
			return true;
	}
	return false;
}

static void resolve(struct quick *quick)
{
	struct worker *worker = quick->worker;
	const struct string_list *names = &worker->apply->policy->config->cleanup.protected_tags;
	bool links = reads_links(worker->apply);

	for (uint32_t tag = 0; tag < view_count(worker->view); tag++) {
		const char *name = view_name(worker->view, tag);

		if (!view_listed(worker->view, tag))
			continue;
		if (view_digest(worker->view, tag) && !is_protected(names, name)) {
			if (links)
				read_link(quick, tag);
		} else if (api_tag_valid(name)) {
			ask(quick, name, tag);
		} else {
			trouble(quick, name, FAULT_TAG_NAME);
		}
	}
	for (size_t i = 0; i < names->count; i++) {
		if (api_tag_valid(names->items[i]) &&
		    view_find(worker->view, names->items[i]) == INVENTORY_NONE)
			ask(quick, names->items[i], INVENTORY_NONE);
	}
}

/* A manifest that lost a tag since it was planned is not the one that was planned. */
static void hold_what_lost_tags(struct quick *quick)
{
	struct worker *worker = quick->worker;
	const struct inventory *inventory = worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[worker->repository];

	for (uint32_t i = 0; i < repository->tag_count; i++) {
		uint32_t tag = repository->first_tag + i;

		if (worker->apply->outcome->tags[tag] == TAG_PLANNED &&
		    view_find(worker->view, inventory->tags[tag].name) == INVENTORY_NONE &&
		    inventory->tags[tag].manifest != INVENTORY_NONE)
			hold(quick, inventory_digest(inventory, inventory->tags[tag].manifest));
	}
}

/* The registry writes a manifest's link anew with each push, under whatever tag: what comes after
 * this moment shows in it. */
static void note_pushes(struct worker *worker)
{
	for (size_t i = worker->current; i < worker->batch_end; i++) {
		struct step *step = &worker->steps[i];
		struct link link;

		if (step->state != STEP_TO_DO || step->tag != INVENTORY_NONE)
			continue;
		link = links_revision(worker->apply->layout, worker->name,
				      step_digest(worker, step));
		step->pushed_ns = link.state == LINK_READ ? link.written_ns : 0;
	}
}

static void on_put_back(struct worker *worker, void *ctx)
{
	struct quick *quick = ctx;

	if (quick->before && !worker->failed) {
		if (reads_links(worker->apply))
			note_pushes(worker);
		hold_what_lost_tags(quick);
		resolve(quick);
	}
	answered(quick);
}

static void on_list(void *ctx, const struct api_list *list)
{
	struct quick *quick = ctx;
	struct worker *worker = quick->worker;

	if (list->trouble) {
		snprintf(quick->trouble, sizeof quick->trouble,
			 "the list of its tags is not complete: %.300s", list->trouble);
		answered(quick);
		return;
	}
	view_list(worker->view, list);
	put_back_begin(worker, on_put_back, quick);
}

void recheck_quick_begin(struct worker *worker, bool before, recheck_quick_done done)
{
	struct quick *quick = xcalloc(1, sizeof *quick);

	*quick = (struct quick){ .worker = worker, .before = before, .waiting = 1, .done = done };
	tags_list_again(worker->apply->api, worker->name, view_names(worker->view), on_list, quick);
}
