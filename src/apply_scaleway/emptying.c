/* Two looks at each, seconds apart; the second one right before its DELETE; then a wait until all
 * are gone. One request after the other: there are few. */
#include "apply_scaleway/emptying.h"

#include "apply_scaleway/namespace_rules.h"
#include "apply_scaleway/patience.h"
#include "http/engine.h"
#include "scaleway/api.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* Between the two looks. */
#define BETWEEN_MS 3000
/* A DELETE leaves so soon after the look, or not; the look itself after its list of images. */
#define FRESH_MS 1000
#define LIST_MS  10000

struct work {
	const struct scaleway_emptying *emptying;
	const struct scaleway_object *const *candidates;
	size_t candidate_count;
	struct scaleway_namespaces *out;
	size_t at;                /* a candidate in the first look, one of OUT later */
	bool second;              /* look */
	bool ends;                /* something failed: none goes any more */
	bool kept;                /* the run does not end before it is known what is gone */
	bool *sent;               /* of OUT: its DELETE was, or may have been, carried out */
	bool unlisted;            /* the list of images that was asked for last answers 404 */
	int64_t list_ms;          /* when that came; monotonic */
	struct patience patience; /* until they are gone */
};

static void look_next(struct work *work);
static void ask_next(struct work *work);

static struct scaleway_namespace *add(struct scaleway_namespaces *namespaces,
				      const struct scaleway_object *namespace)
{
	struct scaleway_namespace *entry;

	namespaces->items =
		xreallocarray(namespaces->items, namespaces->count + 1, sizeof *namespaces->items);
	entry = &namespaces->items[namespaces->count++];
	*entry = (struct scaleway_namespace){ .id = xstrdup(namespace->id),
					      .name = xstrdup(namespace->name) };
	return entry;
}

static void fail(struct scaleway_namespaces *namespaces, struct scaleway_namespace *entry,
		 const char *why)
{
	entry->fate = SCALEWAY_NAMESPACE_FAILED;
	snprintf(entry->error, sizeof entry->error, "%.500s", why);
	namespaces->failed++;
	log_error("the empty namespace %s: %s", entry->name, why);
}

static bool ends(const struct work *work)
{
	return work->ends || stop_signal_count() > 0 || time_is_up(work->emptying->until_ms);
}

static void set_kept(struct work *work, bool kept)
{
	if (work->kept != kept)
		http_keep(work->emptying->http, kept);
	work->kept = kept;
}

static const char *id_at(const struct work *work)
{
	return work->second ? work->out->items[work->at].id : work->candidates[work->at]->id;
}

static const char *name_at(const struct work *work)
{
	return work->second ? work->out->items[work->at].name : work->candidates[work->at]->name;
}

/* What cannot be read ends it for all: nothing is known any more. */
static void give_up(struct work *work, const char *why)
{
	struct scaleway_namespace *entry;

	if (stop_signal_count() == 0) {
		entry = work->second ? &work->out->items[work->at]
				     : add(work->out, work->candidates[work->at]);
		fail(work->out, entry, why);
	}
	work->ends = true;
	look_next(work);
}

static void keep(struct work *work, const char *why)
{
	log_info("namespace %s stays: %s", name_at(work), why);
	if (work->second)
		work->out->items[work->at].fate = SCALEWAY_NAMESPACE_KEPT;
	work->at++;
	look_next(work);
}

static void on_deleted(void *ctx, const struct scaleway_answer *answer)
{
	struct work *work = ctx;
	struct scaleway_namespace *entry = &work->out->items[work->at];
	char why[600];

	if (answer->outcome == SCALEWAY_OK || answer->outcome == SCALEWAY_GONE ||
	    (answer->outcome == SCALEWAY_FAILED && answer->end_unknown)) {
		work->sent[work->at] = true;
	} else if (stop_signal_count() == 0 || answer->outcome != SCALEWAY_FAILED) {
		snprintf(why, sizeof why, "DELETE: %s", answer->message);
		fail(work->out, entry, why);
		work->ends |=
			answer->outcome != SCALEWAY_REFUSED && answer->outcome != SCALEWAY_BUSY;
	}
	work->at++;
	look_next(work);
}

/* Was seen empty by the list right before. */
static void on_read(void *ctx, const struct scaleway_answer *answer)
{
	struct work *work = ctx;
	const char *obstacle;

	if (answer->outcome == SCALEWAY_GONE) {
		keep(work, "it is gone already");
		return;
	}
	if (answer->outcome != SCALEWAY_OK) {
		give_up(work, answer->message);
		return;
	}
	if (work->unlisted) {
		give_up(work, "the list of its images answers 404, and the namespace is there");
		return;
	}
	obstacle = strcmp(answer->object->name, name_at(work)) != 0
			   ? "it has another name now"
			   : namespace_rules_obstacle(&work->emptying->rules, answer->object);
	if (obstacle) {
		keep(work, obstacle);
	} else if (!work->second) {
		(void)add(work->out, work->candidates[work->at++]);
		look_next(work);
	} else if (ends(work)) {
		look_next(work);
	} else if (time_monotonic_ms() - work->list_ms > LIST_MS) {
		give_up(work, "it was answered too late after the list of its images");
	} else {
		set_kept(work, true);
		scaleway_delete(work->emptying->api, SCALEWAY_NAMESPACE, id_at(work),
				time_monotonic_ms() + FRESH_MS, on_deleted, work);
	}
}

static void on_images(void *ctx, struct scaleway_list *list)
{
	struct work *work = ctx;
	char why[600];

	work->unlisted = list->trouble[0] != '\0';
	work->list_ms = time_monotonic_ms();
	if (list->trouble[0] && list->outcome != SCALEWAY_GONE) {
		snprintf(why, sizeof why, "its images cannot be listed: %s", list->trouble);
		give_up(work, why);
	} else if (!list->trouble[0] && list->count > 0) {
		keep(work, "it has images");
	} else {
		scaleway_get(work->emptying->api, SCALEWAY_NAMESPACE, id_at(work), on_read, work);
	}
}

static bool some_are_sent(const struct work *work)
{
	for (size_t i = 0; i < work->out->count; i++) {
		if (work->sent[i])
			return true;
	}
	return false;
}

static void begin_round(void *ctx)
{
	struct work *work = ctx;

	work->at = 0;
	ask_next(work);
}

static void wait_for(struct work *work)
{
	if (!some_are_sent(work)) {
		set_kept(work, false);
		return;
	}
	work->patience = patience_begin(work->emptying->deleting_seconds);
	begin_round(work);
}

static void begin_second(void *ctx)
{
	struct work *work = ctx;

	work->second = true;
	work->at = 0;
	look_next(work);
}

static void end_look(struct work *work)
{
	if (work->second) {
		wait_for(work);
		return;
	}
	/* For what there was no time is left, too. */
	while (!work->ends && !work->emptying->dry_run && time_is_up(work->emptying->until_ms) &&
	       work->at < work->candidate_count)
		(void)add(work->out, work->candidates[work->at++]);
	work->sent = xcalloc(work->out->count + 1, sizeof *work->sent);
	if (work->emptying->dry_run || ends(work) || work->out->count == 0)
		return;
	progress("looking at empty namespaces again");
	http_after(work->emptying->http, BETWEEN_MS, begin_second, work);
}

static void look_next(struct work *work)
{
	struct scaleway_list_request request = {
		.kind = SCALEWAY_IMAGE, .readings = 2, .done = on_images, .ctx = work
	};

	if (ends(work) || work->at == (work->second ? work->out->count : work->candidate_count)) {
		end_look(work);
		return;
	}
	request.parent = id_at(work);
	scaleway_list_begin(work->emptying->api, &request);
}

static void on_asked(void *ctx, const struct scaleway_answer *answer)
{
	struct work *work = ctx;
	struct scaleway_namespace *entry = &work->out->items[work->at];
	char why[600];

	if (answer->outcome == SCALEWAY_GONE) {
		work->sent[work->at] = false;
		entry->fate = SCALEWAY_NAMESPACE_DELETED;
		work->out->deleted++;
		log_info("deleted the empty namespace %s", entry->name);
	} else if (patience_is_over(&work->patience)) {
		if (answer->outcome == SCALEWAY_OK)
			snprintf(why, sizeof why,
				 "its DELETE was ordered, and it is still %s after %u seconds "
				 "(registry.deleting_seconds)",
				 scaleway_status_name(answer->object->status),
				 work->emptying->deleting_seconds);
		else
			snprintf(why, sizeof why,
				 "its DELETE was ordered, and whether it is gone is not known: %s",
				 answer->message);
		work->sent[work->at] = false;
		fail(work->out, entry, why);
	}
	work->at++;
	ask_next(work);
}

static void end_round(struct work *work)
{
	if (!some_are_sent(work)) {
		set_kept(work, false);
		return;
	}
	progress("waiting until deleted namespaces are gone");
	http_after(work->emptying->http, patience_pause(&work->patience), begin_round, work);
}

static void ask_next(struct work *work)
{
	while (work->at < work->out->count && !work->sent[work->at])
		work->at++;
	if (work->at == work->out->count)
		end_round(work);
	else
		scaleway_get(work->emptying->api, SCALEWAY_NAMESPACE, work->out->items[work->at].id,
			     on_asked, work);
}

/* Nothing is answered any more. */
static void abandon(struct work *work, const char *reason)
{
	char why[600];

	snprintf(why, sizeof why,
		 "its DELETE was ordered, and whether it is gone is not known: %.400s", reason);
	for (size_t i = 0; work->sent && i < work->out->count; i++) {
		if (work->sent[i])
			fail(work->out, &work->out->items[i], why);
	}
	set_kept(work, false);
}

int emptying_run(const struct scaleway_emptying *emptying,
		 const struct scaleway_object *const *candidates, size_t count,
		 struct scaleway_namespaces *namespaces, struct err *err)
{
	struct work work = { .emptying = emptying,
			     .candidates = candidates,
			     .candidate_count = count,
			     .out = namespaces };
	int result;

	if (count == 0)
		return 0;
	look_next(&work);
	result = http_run(emptying->http, err);
	if (result < 0)
		abandon(&work, err->msg);
	free(work.sent);
	return result;
}
