/* The door is another process, and may be told otherwise than the public one by its environment:
 * before and after the deletes both are asked for the same tags. */
#include "run/deletion_door.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "door/door.h"
#include "http/engine.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "registry/api.h"
#include "run/context.h"
#include "run/renew_cache.h"
#include "util/log.h"
#include "util/spread.h"
#include "util/stop_signal.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE 16 /* tags that both are asked for */
#define TURNS  3  /* how often, as tags are pushed meanwhile */

/* What one of them answers for a tag. */
struct view {
	char digest[DIGEST_TEXT]; /* "" where it has no such tag */
	bool known;
};

struct question {
	uint32_t tag; /* of the inventory */
	struct view open, door;
};

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct view *view = ctx;
	const char *digest = answer->response->docker_content_digest;

	view->known = answer->outcome == API_ABSENT ||
		      (answer->outcome == API_OK && digest && strlen(digest) < DIGEST_TEXT);
	snprintf(view->digest, sizeof view->digest, "%s",
		 view->known && answer->outcome == API_OK ? digest : "");
}

static void ask(const struct run *run, struct api *api, struct question *question,
		struct view *view)
{
	const struct inventory *inventory = run->session.inventory;

	*view = (struct view){ 0 };
	api_manifest(api, inventory_tag_repository(inventory, question->tag),
		     inventory->tags[question->tag].name, NULL, on_answer, view);
}

/* A sample of the tags with that STATUS; without any, of all. Returns how many. */
static size_t choose(const struct run *run, enum tag_status status,
		     struct question questions[SAMPLE])
{
	const struct inventory *inventory = run->session.inventory;
	const uint8_t *tags = run->outcome.tags;
	size_t all = 0, seen = 0, count = 0;

	for (size_t t = 0; t < inventory->tag_count; t++)
		all += tags[t] == status;
	for (uint32_t t = 0; t < inventory->tag_count && count < SAMPLE; t++)
		if ((all == 0 || tags[t] == status) &&
		    spread_takes(seen++, all ? all : inventory->tag_count, SAMPLE))
			questions[count++] = (struct question){ .tag = t };
	return count;
}

static void refuse(const struct run *run, const struct question *question, struct err *err)
{
	const struct inventory *inventory = run->session.inventory;

	err_set(err, ERR_UNREACHABLE,
		"the deletion door does not show what the registry shows (%s:%s): it works on "
		"another storage, or with another configuration; check registry.container, "
		"registry.exec and paths.config",
		inventory_tag_repository(inventory, question->tag),
		inventory->tags[question->tag].name);
}

/* 1: both show the same. 0: they do not, and ERR says so. -1: they could not be asked. */
static int compare_once(const struct run *run, struct question *questions, size_t count,
			struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		ask(run, run->session.api, &questions[i], &questions[i].open);
		ask(run, door_api(run->door), &questions[i], &questions[i].door);
	}
	if (http_run(run->session.http, err) < 0 || http_run(door_http(run->door), err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct view *open = &questions[i].open, *door = &questions[i].door;

		if (open->known && door->known && strcmp(open->digest, door->digest) == 0)
			continue;
		refuse(run, &questions[i], err);
		return 0;
	}
	return 1;
}

static int compare(const struct run *run, enum tag_status status, struct err *err)
{
	struct question questions[SAMPLE];
	size_t count = choose(run, status, questions);
	int result = 0;

	for (int turn = 0; turn < TURNS && result == 0; turn++)
		result = compare_once(run, questions, count, err);
	return result == 1 ? 0 : -1;
}

int run_door_foresee(const struct run *run, struct err *err)
{
	const struct config *config = run->config;

	if (!door_is_wanted(config, &run->session.server))
		return 0;
	if (door_check(config, &run->session.server, err) < 0)
		return -1;
	log_info("would open the deletion door for the deletes (registry.delete_door)");
	return 0;
}

int run_door_open(struct run *run, struct err *err)
{
	struct err why = { 0 };

	if (!door_is_wanted(run->config, &run->session.server))
		return 0;
	run->door = door_open(run->config, &run->session.server, run->state, run->session.api, err);
	if (!run->door)
		return -1;
	if (compare(run, TAG_PLANNED, err) == 0) {
		run->apply.api = door_api(run->door);
		run->apply.http = door_http(run->door);
		return 0;
	}
	if (run_door_close(run, &why) < 0)
		log_error("%s", why.msg);
	return -1;
}

static void note_use(struct run *run)
{
	const struct outcome *outcome = &run->outcome;

	run->door_used |=
		outcome->manifests_deleted > 0 || outcome->tags_deleted > 0 || outcome->end_unknown;
	run->door_requests += http_requests(door_http(run->door));
	run->apply.api = run->session.api;
	run->apply.http = run->session.http;
}

int run_door_close(struct run *run, struct err *err)
{
	struct err why = { 0 };
	int same = 0, closed;

	if (!run->door)
		return 0;
	/* The registry answers for tags from its storage alone, never from a cache. */
	if (run->outcome.tags_deleted > 0 && stop_signal_count() == 0)
		same = compare(run, TAG_DELETED, &why);
	note_use(run);
	closed = door_close(run->door, run->door_used, err);
	run->door = NULL;
	run->door_owed = closed == 0 && run->door_used;
	if (closed == 0 && same < 0)
		*err = why;
	return closed < 0 || same < 0 ? -1 : 0;
}

/* The registry's cache, which a door's deletes do not reach, and a restart empties. */
static void renew_after_deletes(struct run *run)
{
	struct err err = { 0 };

	session_ask_server(&run->session);
	if (!door_needs_restart(&run->session.server)) {
		run->door_used = false;
	} else if (run->config->gc.restart.count == 0) {
		(void)door_fail_restart(run->state, &err);
		run_note_error(run, &err);
	} else if (stop_signal_count() > 0 || run->report.gc.end_unknown) {
		log_warning("the registry is not restarted after deletes through the deletion "
			    "door: until the next run does so, it may answer from its cache for "
			    "what was deleted");
	} else {
		(void)!renew_cache(run, "after deletes through the deletion door");
	}
}

void run_door_settle(struct run *run)
{
	struct err err = { 0 };

	if (run_door_close(run, &err) < 0)
		run_note_error(run, &err);
	if (run->door_used)
		renew_after_deletes(run);
	if (run->door_owed && !run->door_used && door_forget(run->state, &err) < 0)
		run_note_error(run, &err);
}
