/* Rounds of questions with pauses that grow. */
#include "apply_scaleway/wait.h"

#include "apply_scaleway/account.h"
#include "apply_scaleway/apply.h"
#include "apply_scaleway/image.h"
#include "apply_scaleway/order.h"
#include "apply_scaleway/patience.h"
#include "apply_scaleway/shared.h"
#include "http/engine.h"
#include "scaleway/api.h"
#include "util/progress.h"
#include "util/stop_signal.h"

#include <stdio.h>
#include <string.h>

static void ask_next(struct image *image);

/* It is still there in the end. NOW: as it was seen last, or NULL: TROUBLE says why not. */
static void give_up(struct image *image, struct doomed *doomed, const struct scaleway_object *now,
		    const char *trouble)
{
	char why[700];

	if (!now)
		snprintf(why, sizeof why, "whether it is gone is not known: %.560s", trouble);
	else if (doomed->unclear)
		snprintf(why, sizeof why,
			 "its DELETE got no usable answer (%.400s), and it is still %s",
			 image->fault, scaleway_status_name(now->status));
	else
		snprintf(why, sizeof why,
			 "its DELETE was accepted, and it is still %s after %u second%s "
			 "(registry.deleting_seconds)",
			 scaleway_status_name(now->status), image->apply->deleting_seconds,
			 image->apply->deleting_seconds == 1 ? "" : "s");
	account_not_gone(image, doomed, why);
}

static bool shows_another(const struct scaleway_object *now, const struct scaleway_object *planned)
{
	return !now->digest || strcmp(now->digest, planned->digest) != 0;
}

/* Its DELETE may never have come there: it is ordered again, or is given up. */
static void on_unclear(struct image *image, struct doomed *doomed,
		       const struct scaleway_object *now)
{
	if (stop_signal_count() > 0 || !order_again(image, doomed, -1))
		give_up(image, doomed, now, "");
}

static void on_there(struct image *image, struct doomed *doomed, const struct scaleway_object *now)
{
	if (now->status == SCALEWAY_READY && shows_another(now, shared_planned(image, doomed)))
		account_pushed(image, doomed);
	else if (now->status == SCALEWAY_READY && doomed->unclear)
		on_unclear(image, doomed, now);
	else if (patience_is_over(&image->patience))
		give_up(image, doomed, now, "");
}

static void on_answer(void *ctx, const struct scaleway_answer *answer)
{
	struct image *image = ctx;
	struct doomed *doomed = &image->doomed[image->polled++];

	if (answer->outcome == SCALEWAY_GONE)
		doomed->state = DOOMED_GONE;
	else if (answer->outcome == SCALEWAY_OK)
		on_there(image, doomed, answer->object);
	else if (answer->outcome == SCALEWAY_DENIED || patience_is_over(&image->patience))
		give_up(image, doomed, NULL, answer->message);
	ask_next(image);
}

static bool some_are_sent(const struct image *image)
{
	for (size_t i = 0; i < image->doomed_count; i++) {
		if (image->doomed[i].state == DOOMED_SENT)
			return true;
	}
	return false;
}

static void begin_round(void *ctx)
{
	struct image *image = ctx;

	image->polled = 0;
	ask_next(image);
}

static void end_round(struct image *image)
{
	if (!some_are_sent(image)) {
		image->then(image);
		return;
	}
	progress("waiting until deleted tags are gone");
	http_after(image->apply->http, patience_pause(&image->patience), begin_round, image);
}

static void ask_next(struct image *image)
{
	while (image->polled < image->doomed_count &&
	       image->doomed[image->polled].state != DOOMED_SENT)
		image->polled++;
	if (image->polled == image->doomed_count)
		end_round(image);
	else
		scaleway_get(image->apply->api, SCALEWAY_TAG,
			     shared_planned(image, &image->doomed[image->polled])->id, on_answer,
			     image);
}

void wait_begin(struct image *image, void (*then)(struct image *image))
{
	image->then = then;
	image->patience = patience_begin(image->apply->deleting_seconds);
	begin_round(image);
}
