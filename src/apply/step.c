/* Keeps the account of steps. */
#include "apply/step.h"

#include "apply/journal.h"
#include "apply/shared.h"
#include "apply/worker.h"
#include "inventory/inventory.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "state/state.h"
#include "storage/links.h"
#include "util/buf.h"
#include "util/causes.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

void step_set_status(struct worker *worker, const struct step *step, enum tag_status status)
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

static void leave_rest(struct worker *worker)
{
	/* A repository counts once. */
	worker->apply->outcome->failures += !worker->failed;
	for (size_t i = 0; i < worker->count; i++)
		if (worker->steps[i].state == STEP_TO_DO)
			step_set_status(worker, &worker->steps[i], TAG_FAILED);
	worker->failed = true;
}

void step_fail(struct worker *worker, const char *what, const char *why)
{
	log_debug("%s: %s: %s", worker->name, what, why);
	causes_add(worker->apply->failed, worker->name, what, why);
	leave_rest(worker);
}

void step_lose(struct worker *worker, const char *what, const char *why)
{
	log_error("%s: %s: %s; the rest of this repository is left for the next run", worker->name,
		  what, why);
	worker->apply->outcome->lost = true;
	leave_rest(worker);
}

static void clear_pending(struct worker *worker, struct step *step, bool gone)
{
	struct apply *apply = worker->apply;
	bool pending = step->pending || apply->inventory->manifests[step->manifest].pending;
	struct err err = { 0 };

	if (step->tag != INVENTORY_NONE || !pending)
		return;
	step->pending = false;
	if (state_clear_pending(apply->state, worker->name,
				inventory_digest(apply->inventory, step->manifest), gone, &err) < 0)
		log_warning("%s: %s", worker->name, err.msg);
}

void step_describe(const struct worker *worker, const struct step *step, char *text, size_t size)
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
	const char *name = apply->inventory->tags[tag].name;
	CLEANUP(buf_free) struct buf why = { 0 };

	plan_explain(apply->inventory, apply->plan, tag, &why);
	log_about(LOG_LEVEL_INFO,
		  (const struct log_field[]){
			  { .name = "event", .text = "deleted" },
			  { .name = "repository", .text = worker->name },
			  { .name = "tag", .text = name },
			  { .name = "digest",
			    .text = inventory_digest(apply->inventory, step->manifest) },
			  { 0 } },
		  "deleted %s:%s (%s)%s", worker->name, name, buf_string(&why),
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
	log_about(LOG_LEVEL_INFO,
		  (const struct log_field[]){ { .name = "event", .text = "deleted" },
					      { .name = "repository", .text = worker->name },
					      { .name = "digest", .text = digest },
					      { 0 } },
		  "deleted %s@%s%s", worker->name, digest,
		  worker->apply->plan->manifests[step->manifest].untagged
			  ? ", which had no tag"
			  : " (part of a deleted image)");
}

int step_owe_all(struct worker *worker, struct err *err)
{
	struct apply *apply = worker->apply;
	CLEANUP(free_p) const char **digests = xcalloc(worker->count + 1, sizeof *digests);
	size_t count = 0;

	for (size_t i = 0; i < worker->count; i++) {
		struct step *step = &worker->steps[i];

		if (step->state == STEP_TO_DO && step->tag == INVENTORY_NONE && !step->pending) {
			digests[count++] = inventory_digest(apply->inventory, step->manifest);
			step->pending = true;
		}
	}
	return count ? state_add_pending(apply->state, worker->name, digests, count, apply->now,
					 err)
		     : 0;
}

void step_done(struct worker *worker, struct step *step)
{
	struct apply *apply = worker->apply;

	step->state = STEP_DONE;
	apply_journal_tell(worker, step, UNDO_DELETED);
	log_deleted(worker, step);
	step_set_status(worker, step, TAG_DELETED);
	if (step->tag == INVENTORY_NONE) {
		apply->inventory->manifests[step->manifest].gone = true;
		apply->outcome->manifests_deleted++;
		clear_pending(worker, step, true);
	}
	progress("deleting: %zu of %zu tags", apply->outcome->tags_deleted,
		 apply->outcome->tags_deleted + apply->outcome->tags_planned);
}

void step_changed(struct worker *worker, struct step *step)
{
	char text[256];

	step_describe(worker, step, text, sizeof text);
	log_info("%s: %s changed since it was planned, or is needed now; it stays", worker->name,
		 text);
	step_set_status(worker, step, TAG_CHANGED);
	step->state = STEP_DROPPED;
	apply_journal_tell(worker, step, UNDO_KEPT);
	clear_pending(worker, step, false);
	/* Only a whole look tells what has to stay with it. */
	worker->looked = false;
}

void step_restored(struct worker *worker, struct step *step)
{
	struct apply *apply = worker->apply;

	if (step->state == STEP_DONE) {
		apply->inventory->manifests[step->manifest].gone = false;
		apply->outcome->manifests_deleted--;
		step->pending = true;
	}
	step->state = STEP_DROPPED;
	apply_journal_tell(worker, step, UNDO_KEPT);
	clear_pending(worker, step, false);
}

struct step *step_find(const struct worker *worker, const char *digest)
{
	uint32_t id = inventory_manifest_find(worker->apply->inventory, worker->repository, digest);

	for (size_t i = 0; id != INVENTORY_NONE && i < worker->count; i++) {
		if (worker->steps[i].manifest == id && worker->steps[i].tag == INVENTORY_NONE)
			return &worker->steps[i];
	}
	return NULL;
}

const char *step_digest(const struct worker *worker, const struct step *step)
{
	return inventory_digest(worker->apply->inventory, step->manifest);
}

void step_release(struct step *step)
{
	free(step->body);
	free(step->type);
	step->body = step->type = NULL;
	step->body_length = 0;
}

bool step_take_look(struct worker *worker, const char *trouble)
{
	struct err err = { 0 };

	if (stop_signal_count() > 0 || worker->failed)
		return false;
	if (trouble) {
		step_fail(worker, "it could not be read again before deleting", trouble);
		return false;
	}
	for (size_t i = 0; i < worker->count; i++) {
		if (worker->steps[i].state == STEP_CHANGED)
			step_changed(worker, &worker->steps[i]);
	}
	if (apply_journal_sync(worker, &err) < 0) {
		step_fail(worker, "what is to be deleted could not be written down", err.msg);
		return false;
	}
	if (step_owe_all(worker, &err) < 0) {
		step_fail(worker, "the state could not be written", err.msg);
		return false;
	}
	return true;
}

bool step_was_pushed(const struct worker *worker, const struct step *step)
{
	struct link link;

	if (!step->pushed_ns)
		return false;
	link = links_revision(worker->apply->layout, worker->name, step_digest(worker, step));
	return link.state != LINK_READ || link.written_ns != step->pushed_ns;
}
