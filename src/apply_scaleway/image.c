/* What is done in one image, a row of states: look, choose a batch, read and order each of its
 * tags, wait until they are gone, look. Everything happens in callbacks of the one HTTP loop. */
#include "apply_scaleway/image.h"

#include "apply_scaleway/account.h"
#include "apply_scaleway/apply.h"
#include "apply_scaleway/look.h"
#include "apply_scaleway/order.h"
#include "apply_scaleway/shared.h"
#include "apply_scaleway/ties.h"
#include "apply_scaleway/wait.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "scan_scaleway/catalog.h"
#include "util/stop_signal.h"
#include "util/strtab.h"
#include "util/u64map.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* The most digests of a batch. */
#define BATCH_MOST 64

static void order_next(struct image *image);

/* The next step of which something is to do, from CURRENT on; STEP_COUNT: none. */
static size_t next_step(const struct image *image, size_t from)
{
	for (size_t s = from; s < image->step_count; s++) {
		const struct image_step *step = &image->steps[s];

		for (size_t i = step->first; i < step->first + step->count; i++) {
			if (image->doomed[i].state == DOOMED_TO_DO)
				return s;
		}
	}
	return image->step_count;
}

static void unlist(const struct image *image)
{
	struct image **at = &image->apply->live;

	while (*at != image)
		at = &(*at)->next_live;
	*at = image->next_live;
}

static void finish(struct image *image)
{
	void (*done)(void *ctx) = image->done;
	void *ctx = image->ctx;
	bool all = next_step(image, 0) == image->step_count;

	if (all && !image->failed)
		account_settle(image);
	image->apply->left += !all && !image->failed;
	shared_set_unchecked(image, false);
	unlist(image);
	strtab_free(image->ids);
	strtab_free(image->digests);
	strtab_free(image->subjects);
	strtab_free(image->bases);
	scaleway_list_clear(&image->view);
	free(image->steps);
	free(image->doomed);
	free(image);
	done(ctx);
}

static bool ends(const struct image *image)
{
	return image->failed || image->moved || apply_scaleway_ends(image->apply);
}

/* Written down before the first DELETE. False: told. */
static bool write_down(struct image *image)
{
	struct apply_scaleway *apply = image->apply;
	struct err err = { 0 };

	if (image->written || account_write(image, &err) == 0)
		return true;
	account_fail(image, "what is to be deleted could not be written down", err.msg);
	/* A name that the journal does not take is this image's alone. */
	if (err.kind == ERR_USAGE)
		return false;
	apply->end = SCALEWAY_END_UNWRITTEN;
	snprintf(apply->why, sizeof apply->why, "%.600s", err.msg);
	return false;
}

/* What describes an image, or may be a part of it, goes after that was seen gone, or not at all
 * (S3, S4). */
static void drop_early(struct image *image)
{
	size_t s = next_step(image, 0);

	while (s < image->step_count && ties_hold(image, s)) {
		account_changed(image, s, "what it describes, or may be a part of, is still there");
		s = next_step(image, s);
	}
	image->current = s;
}

/* Batches grow: the more one has, the less it is known with which of its tags another one went. */
static void begin_batch(struct image *image)
{
	drop_early(image);
	if (image->current == image->step_count || !write_down(image)) {
		finish(image);
		return;
	}
	image->batch_end = image->current + image->batch_limit;
	if (image->batch_end > image->step_count)
		image->batch_end = image->step_count;
	if (image->batch_limit < BATCH_MOST)
		image->batch_limit *= 2;
	order_next(image);
}

static void look(struct image *image);

static void on_pause_over(void *ctx)
{
	look(ctx);
}

static void on_looked(struct image *image)
{
	int64_t pause = image->pause_ms;

	image->pause_ms = 0;
	if (ends(image))
		finish(image);
	else if (pause > 0)
		http_after(image->apply->http, (unsigned)pause, on_pause_over, image);
	else
		begin_batch(image);
}

static void look(struct image *image)
{
	if (ends(image) && !image->unchecked)
		finish(image);
	else
		look_begin(image, on_looked);
}

/* Nothing more of the batch is ordered now. */
static void end_batch(struct image *image)
{
	wait_begin(image, look);
}

/* The next tag of the batch, or NULL. */
static struct doomed *next_doomed(const struct image *image)
{
	size_t s = next_step(image, image->current);
	const struct image_step *step = &image->steps[s];

	if (s >= image->batch_end || ends(image) || image->pause_ms > 0 || look_is_stale(image) ||
	    ties_hold(image, s))
		return NULL;
	for (size_t i = step->first;; i++) {
		if (image->doomed[i].state == DOOMED_TO_DO)
			return &image->doomed[i];
	}
}

static void order_next(struct image *image)
{
	struct doomed *doomed = next_doomed(image);

	if (doomed)
		order_begin(image, doomed, order_next);
	else
		end_batch(image);
}

/* Numbers the tags that go by their steps, those of one step together. */
static void list_doomed(struct image *image)
{
	const struct inventory *inventory = image->apply->inventory;
	const struct inventory_repository *repository = &inventory->repositories[image->repository];
	struct u64map *steps = u64map_new();

	for (size_t s = 0; s < image->step_count; s++)
		u64map_set(steps, image->steps[s].manifest, (uint32_t)s);
	for (int fill = 0; fill < 2; fill++) {
		for (uint32_t t = repository->first_tag;
		     t < repository->first_tag + repository->tag_count; t++) {
			uint32_t s = u64map_get(steps, inventory->tags[t].manifest);
			struct image_step *step = s == U64MAP_NONE ? NULL : &image->steps[s];

			if (step && fill)
				image->doomed[step->first + step->count] =
					(struct doomed){ .tag = t, .step = s };
			if (step)
				step->count++;
		}
		for (size_t s = 0; s < image->step_count && !fill; s++) {
			image->steps[s].first = image->doomed_count;
			image->doomed_count += image->steps[s].count;
			image->steps[s].count = 0;
		}
		if (!fill)
			image->doomed = xcalloc(image->doomed_count + 1, sizeof *image->doomed);
	}
	u64map_free(steps);
}

/* Each id and each digest once; anything else would be a fault of ours. */
static void number_names(struct image *image)
{
	image->ids = strtab_new();
	image->digests = strtab_new();
	for (size_t i = 0; i < image->doomed_count; i++) {
		const char *id = shared_planned(image, &image->doomed[i])->id;

		if (strtab_add(image->ids, id, strlen(id)) != i)
			die_internal("tag %s is planned twice", id);
	}
	for (size_t s = 0; s < image->step_count; s++) {
		const char *digest =
			inventory_digest(image->apply->inventory, image->steps[s].manifest);

		if (strtab_add(image->digests, digest, strlen(digest)) != s)
			die_internal("digest %s is planned twice", digest);
	}
}

void image_begin(struct apply_scaleway *apply, uint32_t repository, void (*done)(void *ctx),
		 void *ctx)
{
	const struct plan_repository *plan = &apply->plan->repositories[repository];
	const struct inventory_repository *entry = &apply->inventory->repositories[repository];
	struct image *image = xcalloc(1, sizeof *image);

	*image = (struct image){ .apply = apply,
				 .repository = repository,
				 .name = entry->name,
				 .id = apply->catalog->images[repository].id,
				 .steps = xcalloc(plan->step_count + 1, sizeof *image->steps),
				 .step_count = plan->step_count,
				 .seen = apply->catalog->tags + entry->first_tag,
				 .seen_count = entry->tag_count,
				 .batch_limit = 1,
				 .next_live = apply->live,
				 .done = done,
				 .ctx = ctx };
	apply->live = image;
	for (size_t s = 0; s < image->step_count; s++) {
		const struct plan_step *step = &apply->plan->steps[plan->first_step + s];

		if (step->tag != INVENTORY_NONE)
			die_internal("a single tag is planned where digests go");
		image->steps[s].manifest = step->manifest;
	}
	list_doomed(image);
	number_names(image);
	look(image);
}

void image_abandon(struct image *image, const char *why)
{
	for (size_t i = 0; i < image->doomed_count; i++) {
		struct doomed *doomed = &image->doomed[i];
		char text[700];

		if (doomed->state != DOOMED_SENT && doomed->state != DOOMED_GONE)
			continue;
		snprintf(text, sizeof text,
			 "its DELETE was ordered, and whether it is gone is not "
			 "known: %.500s",
			 why);
		account_not_gone(image, doomed, text);
	}
	finish(image);
}
