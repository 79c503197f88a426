/* Keeps the account. */
#include "apply_scaleway/account.h"

#include "apply/outcome.h"
#include "apply_scaleway/apply.h"
#include "apply_scaleway/image.h"
#include "apply_scaleway/shared.h"
#include "inventory/inventory.h"
#include "plan/explain.h"
#include "plan/plan.h"
#include "scan_scaleway/catalog.h"
#include "state/state.h"
#include "undo/journal.h"
#include "util/buf.h"
#include "util/causes.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/xalloc.h"

#include <stdio.h>

static const char *digest_of(const struct image *image, size_t step)
{
	return inventory_digest(image->apply->inventory, image->steps[step].manifest);
}

static void tell(const struct image *image, const struct doomed *doomed, enum undo_fate fate)
{
	struct err err = { 0 };

	if (image->written && undo_journal_tell(image->apply->journal, fate, image->name, NULL,
						shared_name(image, doomed), &err) < 0)
		log_warning("%s", err.msg);
}

/* The state: once all tags of a step are gone, or none of them was touched. */
static void strike_off(struct image *image, size_t number)
{
	struct image_step *step = &image->steps[number];
	bool gone = true, touched = false;
	struct err err = { 0 };

	for (size_t i = step->first; i < step->first + step->count; i++) {
		gone &= image->doomed[i].state == DOOMED_DONE;
		touched |= image->doomed[i].ordered || image->doomed[i].state == DOOMED_DONE;
	}
	if (!step->owed || (touched && !gone))
		return;
	step->owed = false;
	if (state_clear_pending(image->apply->state, image->name, digest_of(image, number), gone,
				&err) < 0)
		log_warning("%s: %s", image->name, err.msg);
}

static void leave(struct image *image, struct doomed *doomed, enum tag_status status,
		  const char *why)
{
	doomed->state = DOOMED_LEFT;
	outcome_set(image->apply->outcome, doomed->tag, status);
	scan_scaleway_catalog_note(image->apply->catalog, doomed->tag, why);
	if (!doomed->ordered)
		tell(image, doomed, UNDO_KEPT);
}

static void leave_step(struct image *image, size_t step, enum tag_status status, const char *why)
{
	const struct image_step *entry = &image->steps[step];

	for (size_t i = entry->first; i < entry->first + entry->count; i++) {
		if (image->doomed[i].state == DOOMED_TO_DO)
			leave(image, &image->doomed[i], status, why);
	}
	strike_off(image, step);
}

static void leave_all(struct image *image, enum tag_status status, const char *why)
{
	for (size_t s = 0; s < image->step_count; s++)
		leave_step(image, s, status, why);
}

static void log_deleted(const struct image *image, const struct doomed *doomed)
{
	const struct apply_scaleway *apply = image->apply;
	const char *name = shared_name(image, doomed);
	CLEANUP(buf_free) struct buf why = { 0 };

	plan_explain(apply->inventory, apply->plan, doomed->tag, &why);
	log_about(LOG_LEVEL_INFO,
		  (const struct log_field[]){
			  { .name = "event", .text = "deleted" },
			  { .name = "repository", .text = image->name },
			  { .name = "tag", .text = name },
			  { .name = "digest", .text = digest_of(image, doomed->step) },
			  { 0 } },
		  "deleted %s:%s (%s)%s", image->name, name, buf_string(&why),
		  doomed->found_gone ? ": it was already gone" : "");
}

void account_done(struct image *image, struct doomed *doomed)
{
	struct apply_scaleway *apply = image->apply;
	const struct image_step *step = &image->steps[doomed->step];
	bool whole = true;

	doomed->state = DOOMED_DONE;
	tell(image, doomed, UNDO_DELETED);
	log_deleted(image, doomed);
	outcome_set(apply->outcome, doomed->tag, TAG_DELETED);
	apply->already_gone += doomed->found_gone;
	for (size_t i = step->first; i < step->first + step->count; i++)
		whole &= image->doomed[i].state == DOOMED_DONE;
	apply->outcome->manifests_deleted += whole;
	strike_off(image, doomed->step);
	progress("deleting: %zu of %zu tags", apply->outcome->tags_deleted,
		 apply->outcome->tags_deleted + apply->outcome->tags_planned);
}

void account_not_gone(struct image *image, struct doomed *doomed, const char *why)
{
	char what[300];

	snprintf(what, sizeof what, "tag %s", shared_name(image, doomed));
	leave(image, doomed, TAG_FAILED, why);
	image->apply->outcome->end_unknown = true;
	account_fail(image, what, why);
}

void account_changed(struct image *image, size_t step, const char *why)
{
	const struct image_step *entry = &image->steps[step];

	for (size_t i = entry->first; i < entry->first + entry->count; i++) {
		if (image->doomed[i].state == DOOMED_TO_DO)
			log_info("%s: tag %s stays: %s", image->name,
				 shared_name(image, &image->doomed[i]), why);
	}
	leave_step(image, step, TAG_CHANGED, why);
}

void account_moved(struct image *image, const char *why)
{
	if (image->moved)
		return;
	image->moved = true;
	log_info("%s: %s; nothing more of it is deleted in this run", image->name, why);
	leave_all(image, TAG_CHANGED, why);
}

void account_pushed(struct image *image, struct doomed *doomed)
{
	char why[400];

	snprintf(why, sizeof why, "tag %s was pushed again while it was deleted",
		 shared_name(image, doomed));
	leave(image, doomed, TAG_CHANGED, why);
	account_moved(image, why);
}

static void fail(struct image *image, const char *why)
{
	/* An image counts once. */
	image->apply->outcome->failures += !image->failed;
	image->failed = true;
	leave_all(image, TAG_FAILED, why);
}

void account_fail(struct image *image, const char *what, const char *why)
{
	CLEANUP(free_p) char *about = xasprintf("%s: %s", what, why);

	log_debug("%s: %s", image->name, about);
	causes_add(image->apply->failed, image->name, what, why);
	/* WHY may be about one tag, and is noted of others. */
	fail(image, about);
}

void account_lose(struct image *image, const char *tag, const char *how)
{
	struct apply_scaleway *apply = image->apply;

	log_error("%s:%s went too, though it was to stay (%s); nothing more is deleted anywhere",
		  image->name, tag, how);
	apply->outcome->lost = true;
	apply->end = SCALEWAY_END_LOST;
	if (!apply->why[0])
		snprintf(apply->why, sizeof apply->why,
			 "%.150s:%.150s went with what was deleted, though it was to stay",
			 image->name, tag);
	fail(image, "a tag that was to stay went with what was deleted from this image");
}

static void describe(const struct image *image, const struct doomed *doomed, struct undo_tag *out)
{
	const struct apply_scaleway *apply = image->apply;
	const struct inventory_tag *entry = &apply->inventory->tags[doomed->tag];
	const struct scaleway_object *planned = shared_planned(image, doomed);

	*out = (struct undo_tag){ .name = (char *)(uintptr_t)entry->name,
				  .created_at = planned->created,
				  .pushed_at = entry->pushed };
	for (unsigned bit = 0; bit < PLAN_REASONS; bit++) {
		if (apply->plan->tags[doomed->tag].reasons >> bit & 1)
			string_list_add(&out->reasons, xstrdup(PLAN_REASON_ROWS[bit].name));
	}
}

static int write_step(struct image *image, size_t number, struct err *err)
{
	const struct image_step *step = &image->steps[number];
	int result = 0;

	for (size_t i = step->first; i < step->first + step->count && result == 0; i++) {
		struct undo_tag tag;

		if (image->doomed[i].state != DOOMED_TO_DO)
			continue;
		describe(image, &image->doomed[i], &tag);
		result = undo_journal_add_listed(
			image->apply->journal,
			&(struct undo_listed){ .repository = image->name,
					       .digest = digest_of(image, number),
					       .image_id = image->id,
					       .tag_id =
						       shared_planned(image, &image->doomed[i])->id,
					       .tag = &tag },
			err);
		string_list_clear(&tag.reasons);
	}
	return result;
}

/* Digests of which a tag is to do. */
static int owe(struct image *image, struct err *err)
{
	CLEANUP(free_p) const char **digests = xcalloc(image->step_count + 1, sizeof *digests);
	size_t count = 0;

	for (size_t s = 0; s < image->step_count; s++) {
		struct image_step *step = &image->steps[s];

		for (size_t i = step->first; i < step->first + step->count && !step->owed; i++)
			step->owed = image->doomed[i].state == DOOMED_TO_DO;
		if (step->owed)
			digests[count++] = digest_of(image, s);
	}
	return state_add_pending(image->apply->state, image->name, digests, count,
				 image->apply->now, err);
}

int account_write(struct image *image, struct err *err)
{
	int result = 0;

	for (size_t s = 0; s < image->step_count && result == 0; s++)
		result = write_step(image, s, err);
	if (result == 0)
		result = undo_journal_sync(image->apply->journal, err);
	if (result == 0)
		result = owe(image, err);
	if (result < 0)
		return -1;
	image->written = true;
	return 0;
}

void account_settle(const struct image *image)
{
	struct err err = { 0 };

	if (state_checkpoint(image->apply->state, image->name, &err) < 0)
		log_warning("%s: %s", image->name, err.msg);
}
