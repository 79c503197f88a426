/* Carries the plan out, so many images at a time: the first one alone. */
#include "apply_scaleway/apply.h"

#include "apply/outcome.h"
#include "apply_scaleway/image.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "util/causes.h"
#include "util/log.h"
#include "util/xalloc.h"

struct image_workers {
	struct apply_scaleway *apply;
	uint32_t next;    /* the image that is looked at next */
	unsigned working; /* images at work */
	bool starting;    /* one may be done before it returns */
};

static void start(struct image_workers *workers);

static void on_done(void *ctx)
{
	struct image_workers *workers = ctx;

	workers->working--;
	start(workers);
}

/* Until a DELETE was seen to take its own tag and no other, there is one image at a time. */
static void start(struct image_workers *workers)
{
	struct apply_scaleway *apply = workers->apply;

	if (workers->starting)
		return;
	workers->starting = true;
	while (workers->working < (apply->proved ? apply->window : 1) &&
	       workers->next < apply->inventory->repository_count && !apply_scaleway_ends(apply)) {
		uint32_t repository = workers->next++;

		if (apply->plan->repositories[repository].step_count == 0)
			continue;
		workers->working++;
		image_begin(apply, repository, on_done, workers);
	}
	workers->starting = false;
}

static void go_on(void *ctx)
{
	start(ctx);
}

static void tell_failed(const struct cause *cause)
{
	if (cause->count == 1)
		log_error("%s: %s: %s; the rest of this image is left for the next run",
			  cause->place, cause->what, cause->why);
	else if (cause->places == 1)
		log_error(
			"%s: %s and %zu more: %s; the rest of this image is left for the next run",
			cause->place, cause->what, cause->count - 1, cause->why);
	else
		log_error("%zu images: %s; the rest of them is left for the next run, among them "
			  "%s (%s)",
			  cause->places, cause->why, cause->place, cause->what);
}

/* Before anything was deleted the key is refused, and the state is an error of usage. */
static enum err_kind end_kind(const struct apply_scaleway *apply)
{
	bool touched = apply->outcome->tags_deleted > 0 || apply->outcome->end_unknown;

	if (touched || apply->end == SCALEWAY_END_LOST)
		return ERR_IO;
	return apply->end == SCALEWAY_END_FORBIDDEN ? ERR_UNREACHABLE : ERR_USAGE;
}

int apply_scaleway_run(struct apply_scaleway *apply, struct err *err)
{
	struct image_workers workers = { .apply = apply };
	int result;

	if (!apply->journal)
		die_internal("nothing writes down what is deleted");
	apply->workers = &workers;
	apply->go_on = go_on;
	apply->failed = causes_new();
	start(&workers);
	result = http_run(apply->http, err);
	workers.starting = true; /* none begins any more */
	while (apply->live)
		image_abandon(apply->live, err->msg);
	causes_tell(apply->failed, SIZE_MAX, tell_failed);
	causes_free(apply->failed);
	apply->failed = NULL;
	apply->workers = NULL;
	if (result < 0)
		return -1;
	for (uint32_t r = workers.next; r < apply->inventory->repository_count; r++)
		apply->left += apply->plan->repositories[r].step_count > 0;
	return apply->end == SCALEWAY_END_NONE
		       ? 0
		       : err_set(err, end_kind(apply), "%s; nothing more is deleted", apply->why);
}
