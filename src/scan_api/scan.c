/* The core of a scan:
 *
 *   tags of a repository → the manifest of each tag → once these are all answered: manifests that
 * they mention and that no tag points at (children, subjects), until none is left. Configs are
 * asked for as their manifests come, once for all repositories. */
#include "scan_api/scan.h"

#include "config/config.h"
#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "inventory/verified_body.h"
#include "registry/api.h"
#include "scan_api/load.h"
#include "util/date.h"
#include "util/log.h"
#include "util/progress.h"
#include "util/xalloc.h"

#include <string.h>

struct visit {
	struct scan *scan;
	struct question question;
};

static void settle(struct scan *scan, uint32_t repository);

void scan_ask(struct scan *scan, enum question_kind kind, uint32_t id)
{
	GROW(scan->questions, scan->question_count, scan->question_capacity);
	scan->questions[scan->question_count++] = (struct question){ kind, id };
}

void scan_trouble(struct scan *scan, uint32_t repository, const char *what, const char *why)
{
	inventory_fault(scan->inventory, scan->look != NULL, repository, what, why);
}

static void tag_trouble(struct scan *scan, uint32_t tag, const char *why)
{
	inventory_fault_tag(scan->inventory, scan->look != NULL, tag, why);
}

static void manifest_trouble(struct scan *scan, uint32_t manifest, const char *why)
{
	inventory_fault_manifest(scan->inventory, scan->look != NULL, manifest, why);
}

/* What was read by an earlier run is marked; the date of its config may be known or not. */
static bool take_known(struct scan *scan, uint32_t manifest)
{
	struct inventory *inventory = scan->inventory;

	if (!known_take(&scan->known, inventory, manifest))
		return false;
	if (scan->look)
		return true;
	inventory->manifests[manifest].remembered = true;
	if (image_dates_wanted(scan->dates, inventory, manifest))
		scan_ask(scan, ASK_CONFIG, manifest);
	return true;
}

void scan_answered(struct scan *scan, uint32_t repository)
{
	if (--scan->pending[repository] == 0)
		settle(scan, repository);
}

/* A manifest's answer; its config is asked for if that is new. */
static uint32_t take_body(struct scan *scan, uint32_t repository, const char *expected,
			  const struct http_response *response, char why[INVENTORY_WHY])
{
	uint32_t id = inventory_body(scan->inventory, repository, expected, response, why);

	if (id != INVENTORY_NONE && image_dates_wanted(scan->dates, scan->inventory, id))
		scan_ask(scan, ASK_CONFIG, id);
	return id;
}

static void on_tag(struct scan *scan, uint32_t tag, const struct api_answer *answer)
{
	struct inventory *inventory = scan->inventory;
	uint32_t repository = inventory->tags[tag].repository;
	uint32_t manifest = INVENTORY_NONE;
	const char *known;
	char why[INVENTORY_WHY];

	scan->tags_answered++;
	if (scan->look)
		progress("deleting: looking at %s again, %zu of %zu tags",
			 inventory->repositories[repository].name, scan->tags_answered,
			 inventory->tag_count);
	else
		progress("reading: %zu of %zu tags", scan->tags_answered, inventory->tag_count);
	switch (answer->outcome) {
	case API_OK:
		manifest = take_body(scan, repository, NULL, answer->response, why);
		if (manifest == INVENTORY_NONE)
			tag_trouble(scan, tag, why);
		break;
	case API_NOT_MODIFIED:
		known = known_digest(&scan->known, tag);
		if (known)
			manifest = inventory_manifest(inventory, repository, known);
		if (!known || (inventory->manifests[manifest].kind == MANIFEST_UNSEEN &&
			       !take_known(scan, manifest))) {
			manifest = INVENTORY_NONE;
			tag_trouble(scan, tag,
				    "it answers 304 to a question that had no condition");
		}
		break;
	case API_ABSENT:
		inventory->tags[tag].state = TAG_MISSING;
		break;
	case API_FAILED:
		tag_trouble(scan, tag, answer->why);
		break;
	}
	if (manifest != INVENTORY_NONE)
		inventory_point(inventory, tag, manifest);
	scan_answered(scan, repository);
}

static void on_manifest(struct scan *scan, uint32_t manifest, const struct api_answer *answer)
{
	struct inventory *inventory = scan->inventory;
	uint32_t repository = inventory->manifests[manifest].repository;
	const char *digest = inventory_digest(inventory, manifest);
	char why[INVENTORY_WHY];

	if (answer->outcome == API_ABSENT)
		inventory->manifests[manifest].kind = MANIFEST_MISSING;
	else if (answer->outcome != API_OK)
		manifest_trouble(scan, manifest, answer->why);
	else if (take_body(scan, repository, digest, answer->response, why) == INVENTORY_NONE)
		manifest_trouble(scan, manifest, why);
	scan_answered(scan, repository);
}

static enum dates_taken take_config(struct scan *scan, uint32_t manifest,
				    const struct api_answer *answer, struct err *err)
{
	const char *digest = image_dates_config(scan->inventory, manifest);
	const struct http_response *response = answer->response;
	enum dates_taken taken = DATES_UNREADABLE;
	int64_t created = DATE_ABSENT;

	if (answer->outcome == API_OK) {
		taken = image_dates_read(digest, response->body, response->body_length, &created,
					 err);
	} else {
		err_set(err, ERR_IO, "%s", answer->why);
		if (answer->outcome == API_ABSENT)
			taken = DATES_MISSING;
	}
	image_dates_note(scan->dates, scan->inventory, manifest, taken, created);
	return taken;
}

static void on_config(struct scan *scan, uint32_t manifest, const struct api_answer *answer)
{
	struct inventory *inventory = scan->inventory;
	uint32_t repository = inventory->manifests[manifest].repository;
	struct err err = { 0 };
	enum dates_taken taken = take_config(scan, manifest, answer, &err);

	inventory_fault_config(inventory, scan->look != NULL, repository,
			       image_dates_config(inventory, manifest), taken, err.msg);
}

bool scan_given_up(const struct scan *scan, const struct http_response *response)
{
	return !scan->look && response->failure == HTTP_ABANDONED;
}

static void on_protected(struct scan *scan, uint32_t number, const struct api_answer *answer)
{
	scan->look->take(scan, number, answer);
}

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct visit visit = *(struct visit *)ctx;
	struct scan *scan = visit.scan;
	static void (*const TAKERS[])(struct scan *, uint32_t, const struct api_answer *) = {
		[ASK_TAG] = on_tag,
		[ASK_MANIFEST] = on_manifest,
		[ASK_CONFIG] = on_config,
		[ASK_PROTECTED] = on_protected,
	};

	free(ctx);
	scan->in_flight--;
	if (scan_given_up(scan, answer->response))
		return;
	TAKERS[visit.question.kind](scan, visit.question.id, answer);
	scan_pump(scan);
}

static void tell_unlisted(const struct inventory_repository *repository,
			  const struct api_list *list)
{
	if (repository->unlisted && list->count > 0)
		log_warning("the registry's catalog does not name %s, which is there",
			    repository->name);
	if (list->plain < list->count && !list->trouble)
		log_info("%s: the registry's list leaves out %zu tag%s, which were asked for",
			 repository->name, list->count - list->plain,
			 list->count - list->plain == 1 ? "" : "s");
}

static void on_tags(void *ctx, const struct api_list *list)
{
	struct visit visit = *(struct visit *)ctx;
	struct scan *scan = visit.scan;
	struct inventory *inventory = scan->inventory;
	uint32_t id = visit.question.id;

	free(ctx);
	scan->in_flight--;
	if (scan_given_up(scan, list->response))
		return;
	if (list->trouble)
		scan_trouble(scan, id, "the list of its tags is not complete", list->trouble);
	inventory->repositories[id].never_tagged = list->absent;
	if (!scan->look)
		tell_unlisted(&inventory->repositories[id], list);
	inventory_tags(inventory, id, list->names, list->count);
	known_expect(&scan->known, inventory, id);
	for (uint32_t i = 0; i < inventory->repositories[id].tag_count; i++) {
		uint32_t tag = inventory->repositories[id].first_tag + i;

		if (!api_tag_valid(inventory->tags[tag].name)) {
			tag_trouble(scan, tag, FAULT_TAG_NAME);
			continue;
		}
		scan->pending[id]++;
		scan_ask(scan, ASK_TAG, tag);
	}
	if (scan->look)
		scan->look->listed(scan, list);
	scan_answered(scan, id);
	scan_pump(scan);
}

/* A repository's tags are all answered: asks for what they mention, or is done with it. A load asks
 * also for what earlier runs read: only an answer tells that it is still there. */
static void settle(struct scan *scan, uint32_t repository)
{
	struct inventory *inventory = scan->inventory;
	uint32_t bound = INVENTORY_NONE;

	/* New manifests are put in front of the list: go over what was put there meanwhile. */
	while (inventory->repositories[repository].first_manifest != bound) {
		uint32_t end = bound;

		bound = inventory->repositories[repository].first_manifest;
		for (uint32_t m = bound; m != end; m = inventory->manifests[m].next) {
			if (inventory->manifests[m].kind != MANIFEST_UNSEEN ||
			    (scan->look && take_known(scan, m)))
				continue;
			scan->pending[repository]++;
			scan_ask(scan, ASK_MANIFEST, m);
		}
	}
}

static const char *manifest_repository(const struct inventory *inventory, uint32_t manifest)
{
	return inventory->repositories[inventory->manifests[manifest].repository].name;
}

static void submit(struct scan *scan, struct question question)
{
	struct inventory *inventory = scan->inventory;
	struct visit *visit = xmalloc(sizeof *visit);
	uint32_t id = question.id;

	*visit = (struct visit){ scan, question };
	scan->in_flight++;
	switch (question.kind) {
	case ASK_TAGS:
		tags_list(scan->api, inventory->repositories[id].name, on_tags, visit);
		break;
	case ASK_TAG:
		api_manifest(scan->api, inventory_tag_repository(inventory, id),
			     inventory->tags[id].name, known_digest(&scan->known, id), on_answer,
			     visit);
		break;
	case ASK_MANIFEST:
		api_manifest(scan->api, manifest_repository(inventory, id),
			     inventory_digest(inventory, id), NULL, on_answer, visit);
		break;
	case ASK_CONFIG:
		api_config(scan->api, manifest_repository(inventory, id),
			   image_dates_config(inventory, id), on_answer, visit);
		break;
	case ASK_PROTECTED:
		if (!scan->look)
			die_internal("only a rescan asks for protected tags");
		api_manifest(scan->api, inventory->repositories[0].name, scan->look->tag(scan, id),
			     NULL, on_answer, visit);
		break;
	}
}

static void ask_config(void *ctx, uint32_t manifest)
{
	scan_ask(ctx, ASK_CONFIG, manifest);
}

void scan_pump(struct scan *scan)
{
	for (;;) {
		while (scan->in_flight < scan->window && scan->asked < scan->question_count)
			submit(scan, scan->questions[scan->asked++]);
		if (scan->in_flight > 0)
			return;
		scan->asked = scan->question_count = 0;
		if (!image_dates_settle(scan->dates, scan->inventory, ask_config, scan))
			break;
	}
	if (scan->look)
		scan->look->end(scan);
}

void scan_ask_tags(struct scan *scan, uint32_t repository)
{
	size_t count = scan->inventory->repository_count;

	if (count > scan->pending_capacity) {
		scan->pending = xreallocarray(scan->pending, count * 2, sizeof *scan->pending);
		scan->pending_capacity = count * 2;
	}
	scan->pending[repository] = 1;
	scan_ask(scan, ASK_TAGS, repository);
}

void scan_clear(struct scan *scan)
{
	image_dates_free(scan->dates);
	known_clear(&scan->known);
	free(scan->questions);
	free(scan->pending);
}
