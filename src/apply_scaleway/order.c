/* Read, ordered, answered: nothing waits in between but the answers themselves. */
#include "apply_scaleway/order.h"

#include "apply_scaleway/account.h"
#include "apply_scaleway/apply.h"
#include "apply_scaleway/image.h"
#include "apply_scaleway/look.h"
#include "apply_scaleway/shared.h"
#include "scaleway/api.h"
#include "state/holds_file.h"
#include "util/log.h"
#include "util/stop_signal.h"
#include "util/time.h"

#include <stdio.h>

/* A DELETE leaves so soon after the tag was read, or not. */
#define FRESH_MS 1000
/* Pauses before it is ordered again, where the answer asks for none. */
#define PAUSE_MS  1000
#define PAUSE_MAX 30000
/* So often a tag may be read too late for the look before it. */
#define MOST_LATE 3

static void fail(struct image *image, const struct doomed *doomed, const char *why)
{
	char what[300];

	snprintf(what, sizeof what, "tag %s", shared_name(image, doomed));
	account_fail(image, what, why);
}

bool order_again(struct image *image, struct doomed *doomed, int64_t asked_ms)
{
	int64_t until = doomed->began_ms + (int64_t)image->apply->retry_seconds * 1000;
	int64_t pause = asked_ms;

	if (pause < 0)
		pause = doomed->attempts > 5 ? PAUSE_MAX : PAUSE_MS << (doomed->attempts - 1);
	if (pause < PAUSE_MS)
		pause = PAUSE_MS;
	/* The answer may ask for any. */
	if (pause > until - time_monotonic_ms())
		return false;
	doomed->state = DOOMED_TO_DO;
	image->pause_ms = pause;
	return true;
}

/* The key may not do that, here and hence anywhere. */
static void forbid(struct image *image, const struct doomed *doomed, const char *why)
{
	struct apply_scaleway *apply = image->apply;

	fail(image, doomed, why);
	apply->end = SCALEWAY_END_FORBIDDEN;
	snprintf(apply->why, sizeof apply->why, "the secret key may not delete: %.550s", why);
}

static void on_deleted(void *ctx, const struct scaleway_answer *answer)
{
	struct image *image = ctx;
	struct doomed *doomed = image->ordering;
	bool lost_answer = answer->outcome == SCALEWAY_FAILED && answer->end_unknown;

	if (answer->outcome == SCALEWAY_OK || lost_answer) {
		doomed->ordered = true;
		doomed->unclear = lost_answer;
		doomed->state = DOOMED_SENT;
		snprintf(image->fault, sizeof image->fault, "%s", answer->message);
	} else if (answer->outcome == SCALEWAY_GONE) {
		doomed->found_gone = !shared_step_is_ordered(image, doomed->step);
		doomed->state = DOOMED_GONE;
	} else if (answer->outcome == SCALEWAY_DENIED) {
		forbid(image, doomed, answer->message);
	} else if (stop_signal_count() > 0 && answer->outcome == SCALEWAY_FAILED) {
		/* It never left, and is left for the next run. */
	} else if (answer->outcome == SCALEWAY_REFUSED ||
		   !order_again(image, doomed, answer->pause_ms)) {
		fail(image, doomed, answer->message);
	} else {
		log_debug("%s: DELETE of tag %s: %s; it is looked at again before it is ordered "
			  "again",
			  image->name, shared_name(image, doomed), answer->message);
	}
	image->then(image);
}

/* Somebody may hold what is to go until the last moment. */
static bool may_go(struct image *image, const struct doomed *doomed)
{
	const struct apply_scaleway *apply = image->apply;
	struct err err = { 0 };

	if (apply->holds && holds_file_read(apply->state, apply->holds, &err) < 0) {
		account_fail(image, "nothing more is deleted", err.msg);
		return false;
	}
	if (look_is_held(image, doomed->step)) {
		account_changed(image, doomed->step, "it is held now");
		return false;
	}
	return true;
}

static void send(struct image *image, struct doomed *doomed)
{
	int64_t now = time_monotonic_ms();

	if (!image->written || !image->steps[doomed->step].owed)
		account_fail(image, "nothing more is deleted", "it is not written down before");
	if (image->failed || !may_go(image, doomed)) {
		image->then(image);
		return;
	}
	shared_set_unchecked(image, true);
	image->touched = true;
	if (doomed->attempts++ == 0)
		doomed->began_ms = now;
	scaleway_delete(image->apply->api, SCALEWAY_TAG, shared_planned(image, doomed)->id,
			now + FRESH_MS, on_deleted, image);
}

static void on_gone(struct image *image, struct doomed *doomed)
{
	if (!shared_step_is_ordered(image, doomed->step)) {
		account_changed(image, doomed->step, "it, or one with its digest, is gone already");
		return;
	}
	doomed->state = DOOMED_GONE;
	shared_set_unchecked(image, true);
}

/* Its answer took so long, or was asked for so often, that the look is too old by now: other tags
 * may have come to share its digest. The list is read again first (S6), but not for ever. */
static void put_off(struct image *image, struct doomed *doomed)
{
	if (++doomed->late < MOST_LATE)
		log_debug("%s: tag %s was answered too late; the list is read again first",
			  image->name, shared_name(image, doomed));
	else
		fail(image, doomed, "each time it was read, the list before it was too old");
}

static void on_read(void *ctx, const struct scaleway_answer *answer)
{
	struct image *image = ctx;
	struct doomed *doomed = image->ordering;
	const struct scaleway_object *now = answer->object;

	if (answer->outcome == SCALEWAY_GONE) {
		on_gone(image, doomed);
	} else if (answer->outcome == SCALEWAY_OK && now->status == SCALEWAY_READY &&
		   scaleway_object_same(now, shared_planned(image, doomed))) {
		if (look_is_stale(image)) {
			put_off(image, doomed);
		} else if (!apply_scaleway_ends(image->apply)) {
			send(image, doomed);
			return;
		}
	} else if (answer->outcome == SCALEWAY_OK && now->status == SCALEWAY_DELETING &&
		   shared_step_is_ordered(image, doomed->step)) {
		doomed->ordered = true;
		doomed->state = DOOMED_SENT;
		shared_set_unchecked(image, true);
	} else if (answer->outcome == SCALEWAY_OK) {
		account_changed(image, doomed->step,
				"it, or one with its digest, changed right before its DELETE");
	} else if (answer->outcome == SCALEWAY_DENIED) {
		forbid(image, doomed, answer->message);
	} else if (stop_signal_count() == 0) {
		account_fail(image, "it could not be read again before deleting", answer->message);
	}
	image->then(image);
}

void order_begin(struct image *image, struct doomed *doomed, void (*then)(struct image *image))
{
	image->ordering = doomed;
	image->then = then;
	scaleway_get(image->apply->api, SCALEWAY_TAG, shared_planned(image, doomed)->id, on_read,
		     image);
}
