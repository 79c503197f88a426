/* A batch has as many deletes as the time after its look allows, and no two of which one needs what
 * the other is about: an index could not be put back without its children, nor would its signature
 * be of use without what it describes. */
#include "apply/batch.h"

#include "apply/body.h"
#include "apply/record.h"
#include "apply/shared.h"
#include "apply/step.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "plan/graph.h"
#include "registry/api.h"
#include "util/err.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct fetch {
	struct worker *worker;
	size_t waiting;
	char trouble[400];
	void (*done)(struct worker *worker, const char *trouble);
};

struct errand {
	struct fetch *fetch;
	struct step *step;
};

static bool is_child(const struct inventory *inventory, uint32_t index, uint32_t manifest)
{
	const struct inventory_manifest *parent = &inventory->manifests[index];

	for (uint32_t i = 0; i < parent->child_count; i++) {
		if (inventory->children[parent->children + i].manifest == manifest)
			return true;
	}
	return false;
}

/* Whether MANIFEST describes SUBJECT, by itself, by what it lists or by the name of a tag. */
static bool describes(const struct worker *worker, uint32_t manifest, uint32_t subject)
{
	const struct inventory *inventory = worker->apply->inventory;
	const struct inventory_repository *repository =
		&inventory->repositories[worker->repository];

	if (inventory->manifests[manifest].subject == subject ||
	    plan_graph_listed_subject(inventory, manifest) == subject)
		return true;
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		const struct inventory_tag *tag = &inventory->tags[repository->first_tag + i];

		if (tag->manifest == manifest && tag->named_subject == subject)
			return true;
	}
	return false;
}

/* Whether STEP has to wait until it is known that all before it in the batch need not come back. */
static bool must_wait(const struct worker *worker, const struct step *step)
{
	const struct inventory *inventory = worker->apply->inventory;

	for (const struct step *before = &worker->steps[worker->current]; before < step; before++) {
		if (before->state == STEP_TO_DO && before->tag == INVENTORY_NONE &&
		    (is_child(inventory, before->manifest, step->manifest) ||
		     describes(worker, step->manifest, before->manifest)))
			return true;
	}
	return false;
}

static void choose(struct worker *worker)
{
	const struct inventory *inventory = worker->apply->inventory;
	size_t chosen = 0, bytes = 0, end = worker->current;

	for (; end < worker->count && chosen < worker->batch_limit; end++) {
		const struct step *step = &worker->steps[end];

		if (step->state != STEP_TO_DO)
			continue;
		bytes += inventory->manifests[step->manifest].length;
		if (chosen > 0 && (bytes > APPLY_BATCH_BYTES || must_wait(worker, step)))
			break;
		chosen++;
	}
	worker->batch_end = end;
	worker->batch_sent = 0;
}

/* Writes what goes with the batch, so that a DELETE that is cut can be finished by the next run. */
static int write_record(const struct worker *worker, struct err *err)
{
	const struct apply *apply = worker->apply;
	const struct inventory_repository *repository =
		&apply->inventory->repositories[worker->repository];
	CLEANUP(record_clear) struct record record = { 0 };

	for (size_t i = worker->current; i < worker->batch_end; i++) {
		const struct step *step = &worker->steps[i];
		struct record_manifest *manifest;

		/* Schema 1 is signed anew for each answer: its bytes do not hash to its digest. */
		if (step->state != STEP_TO_DO || !step->type ||
		    apply->inventory->manifests[step->manifest].kind == MANIFEST_SCHEMA1)
			continue;
		manifest = record_add(&record, step_digest(worker, step), step->type, step->body,
				      step->body_length);
		for (uint32_t t = repository->first_tag;
		     t < repository->first_tag + repository->tag_count; t++) {
			const struct inventory_tag *tag = &apply->inventory->tags[t];

			if (tag->manifest == step->manifest)
				strtab_add(manifest->tags, tag->name, strlen(tag->name));
		}
	}
	return record.count ? record_write(&record, apply->state, worker->name, err) : 0;
}

static void answered(struct fetch *fetch)
{
	struct err err = { 0 };

	struct worker *worker = fetch->worker;

	if (--fetch->waiting > 0)
		return;
	if (!fetch->trouble[0] && write_record(worker, &err) < 0)
		snprintf(fetch->trouble, sizeof fetch->trouble, "%.390s", err.msg);
	fetch->done(worker, fetch->trouble[0] ? fetch->trouble : NULL);
	free(fetch);
}

/* Drops the step when its manifest is gone or does not fit its digest; notes any other failure. */
static void on_body(void *ctx, const struct api_answer *answer)
{
	struct errand errand = *(struct errand *)ctx;
	struct fetch *fetch = errand.fetch;
	char what[256];

	free(ctx);
	if (answer->outcome == API_ABSENT ||
	    (answer->outcome == API_OK &&
	     !body_is_own(fetch->worker, errand.step, answer->response))) {
		errand.step->state = STEP_CHANGED;
	} else if (answer->outcome == API_OK) {
		body_keep(errand.step, answer->response);
	} else if (!fetch->trouble[0]) {
		step_describe(fetch->worker, errand.step, what, sizeof what);
		snprintf(fetch->trouble, sizeof fetch->trouble, "%.110s: %.280s", what,
			 answer->outcome == API_NOT_MODIFIED ? "304 without a condition"
							     : answer->why);
	}
	answered(fetch);
}

void batch_begin(struct worker *worker, void (*done)(struct worker *worker, const char *trouble))
{
	struct fetch *fetch = xcalloc(1, sizeof *fetch);

	*fetch = (struct fetch){ .worker = worker, .waiting = 1, .done = done };
	choose(worker);
	for (size_t i = worker->current; i < worker->batch_end; i++) {
		struct step *step = &worker->steps[i];
		struct errand *errand;

		if (step->state != STEP_TO_DO || step->tag != INVENTORY_NONE || step->type)
			continue;
		errand = xmalloc(sizeof *errand);
		*errand = (struct errand){ fetch, step };
		fetch->waiting++;
		api_manifest(worker->apply->api, worker->name, step_digest(worker, step), NULL,
			     on_body, errand);
	}
	answered(fetch);
}
