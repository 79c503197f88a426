/* A scan: a queue of questions, a window of requests in flight, and answers that lead to more
 * questions.
 *
 *   catalog → tags of each repository → the manifest of each tag → once a repository's tags are all
 *   answered: manifests that they mention and that no tag points at (children, subjects), until
 * none is left. Configs are asked for as their manifests come, once for all repositories. */
#include "inventory_api.h"

#include "config.h"
#include "http/engine.h"
#include "inventory.h"
#include "inventory_dates.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "registry/api.h"
#include "util/log.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

enum question_kind { ASK_TAGS, ASK_TAG, ASK_MANIFEST, ASK_CONFIG, ASK_PROTECTED };

struct question {
	enum question_kind kind;
	uint32_t id; /* a repository, tag, manifest, manifest with the config, number of a name */
};

struct scan {
	struct inventory *inventory;
	struct api *api;
	const struct inventory_look *look; /* NULL for a load */
	struct dates *dates;
	struct question *questions;
	size_t question_count, question_capacity, asked;
	unsigned in_flight, window;
	uint32_t *pending; /* per repository: questions whose answers may lead to more manifests */
	size_t pending_capacity;
	struct strtab
		*known_tags; /* a look's: names of the known tags, which begin at known_first */
	uint32_t known_first, known_repository;
	bool refused; /* the catalog, by 401 or 403 */
	size_t tags_answered;
};

struct visit {
	struct scan *scan;
	struct question question;
};

static void pump(struct scan *scan);
static void settle(struct scan *scan, uint32_t repository);

static void ask(struct scan *scan, enum question_kind kind, uint32_t id)
{
	GROW(scan->questions, scan->question_count, scan->question_capacity);
	scan->questions[scan->question_count++] = (struct question){ kind, id };
}

/* S2 for a repository; a load names it at once, a look leaves that to who ordered it. */
static void trouble(struct scan *scan, uint32_t repository, const char *what, const char *why)
{
	struct inventory *inventory = scan->inventory;
	const char *name = inventory->repositories[repository].name;

	inventory_trouble(inventory, repository, "%s: %s", what, why);
	inventory->failures++;
	if (!scan->look)
		log_warning("%s: %s: %s; nothing is deleted in this repository", name, what, why);
}

static void tag_trouble(struct scan *scan, uint32_t tag, const char *why)
{
	struct inventory_tag *entry = &scan->inventory->tags[tag];
	char what[160];

	entry->state = TAG_UNREADABLE;
	snprintf(what, sizeof what, "tag %s", entry->name);
	trouble(scan, entry->repository, what, why);
}

static void manifest_trouble(struct scan *scan, uint32_t manifest, const char *why)
{
	struct inventory_manifest *entry = &scan->inventory->manifests[manifest];
	char what[160];

	entry->kind = MANIFEST_UNREADABLE;
	snprintf(what, sizeof what, "manifest %s", inventory_digest(scan->inventory, manifest));
	trouble(scan, entry->repository, what, why);
}

static void end_visit(struct scan *scan, uint32_t repository)
{
	if (--scan->pending[repository] == 0)
		settle(scan, repository);
}

/* The digest under which the registry knows this body, checked against it (S2); schema1 bodies are
 * signed anew by the registry with every answer and cannot be checked. NULL with WHY otherwise. */
static const char *checked_digest(const struct http_response *response, bool schema1,
				  const char *expected, char text[DIGEST_TEXT], const char **why)
{
	const char *header = response->docker_content_digest;
	const char *digest = header ? header : expected;

	*why = "the answer's digest is not the one that was asked for";
	if (header && expected && strcmp(header, expected) != 0)
		return NULL;
	*why = "the answer names no valid digest";
	if (!digest && !schema1)
		return digest_of(response->body, response->body_length, text);
	if (!digest || !digest_valid(digest, strlen(digest)))
		return NULL;
	*why = "the body does not match its digest";
	if (!schema1 && !digest_matches(digest, response->body, response->body_length))
		return NULL;
	return strcpy(text, digest);
}

/* Reads a manifest's body into the inventory. INVENTORY_NONE with WHY when that cannot be done. */
static uint32_t take_manifest(struct scan *scan, uint32_t repository, const char *expected,
			      const struct http_response *response, char why[256])
{
	struct inventory *inventory = scan->inventory;
	struct oci_manifest body;
	struct err err = { 0 };
	char digest[DIGEST_TEXT];
	const char *fault = NULL;
	uint32_t id;

	if (oci_manifest_parse(response->body, response->body_length, response->content_type, &body,
			       &err) < 0) {
		snprintf(why, 256, "%.255s", err.msg);
		return INVENTORY_NONE;
	}
	if (!checked_digest(response, body.kind == OCI_SCHEMA1, expected, digest, &fault)) {
		snprintf(why, 256, "%s", fault);
		oci_manifest_clear(&body);
		return INVENTORY_NONE;
	}
	id = inventory_manifest(inventory, repository, digest);
	if (inventory->manifests[id].kind == MANIFEST_UNSEEN) {
		inventory_describe(inventory, id, &body, response->body_length);
		if (dates_wanted(scan->dates, inventory, id))
			ask(scan, ASK_CONFIG, id);
	}
	oci_manifest_clear(&body);
	return id;
}

/* Where a look knows what a digest is, it is not asked again; what we deleted, or never saw, is. */
static bool take_known(struct scan *scan, uint32_t manifest)
{
	struct inventory *inventory = scan->inventory;
	const struct inventory *known = scan->look ? scan->look->known : NULL;
	uint32_t id;

	if (!scan->known_tags || inventory->manifests[manifest].gone)
		return false;
	id = inventory_manifest_find(known, scan->known_repository,
				     inventory_digest(inventory, manifest));
	if (id == INVENTORY_NONE || known->manifests[id].kind == MANIFEST_UNSEEN ||
	    known->manifests[id].kind == MANIFEST_MISSING ||
	    known->manifests[id].kind == MANIFEST_UNREADABLE)
		return false;
	inventory_copy(inventory, manifest, known, id);
	return true;
}

/* The digest that a look expects TAG to have, or NULL. */
static const char *known_digest(const struct scan *scan, uint32_t tag)
{
	const char *name = scan->inventory->tags[tag].name;
	const struct inventory_tag *entry;
	uint32_t number;

	if (!scan->known_tags)
		return NULL;
	number = strtab_find(scan->known_tags, name, strlen(name));
	if (number == STRTAB_NONE)
		return NULL;
	entry = &scan->look->known->tags[scan->known_first + number];
	return entry->state == TAG_READ ? inventory_digest(scan->look->known, entry->manifest)
					: NULL;
}

static void on_tag(struct scan *scan, uint32_t tag, const struct api_answer *answer)
{
	struct inventory *inventory = scan->inventory;
	uint32_t repository = inventory->tags[tag].repository;
	uint32_t manifest = INVENTORY_NONE;
	const char *known;
	char why[256];

	scan->tags_answered++;
	switch (answer->outcome) {
	case API_OK:
		manifest = take_manifest(scan, repository, NULL, answer->response, why);
		if (manifest == INVENTORY_NONE)
			tag_trouble(scan, tag, why);
		break;
	case API_NOT_MODIFIED:
		known = known_digest(scan, tag);
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
	end_visit(scan, repository);
}

static void on_manifest(struct scan *scan, uint32_t manifest, const struct api_answer *answer)
{
	struct inventory *inventory = scan->inventory;
	uint32_t repository = inventory->manifests[manifest].repository;
	const char *digest = inventory_digest(inventory, manifest);
	char why[256];

	if (answer->outcome == API_ABSENT)
		inventory->manifests[manifest].kind = MANIFEST_MISSING;
	else if (answer->outcome != API_OK)
		manifest_trouble(scan, manifest, answer->why);
	else if (take_manifest(scan, repository, digest, answer->response, why) == INVENTORY_NONE)
		manifest_trouble(scan, manifest, why);
	end_visit(scan, repository);
}

static void on_config(struct scan *scan, uint32_t manifest, const struct api_answer *answer)
{
	struct inventory *inventory = scan->inventory;
	uint32_t repository = inventory->manifests[manifest].repository;
	struct err err = { 0 };

	switch (dates_take(scan->dates, inventory, manifest, answer, &err)) {
	case DATES_TAKEN:
		break;
	case DATES_UNREADABLE:
		inventory->failures++;
		/* fall through */
	case DATES_MISSING:
		log_warning("%s: %s; what has this config is kept",
			    inventory->repositories[repository].name, err.msg);
		break;
	case DATES_CORRUPT:
		trouble(scan, repository, "a config", err.msg);
		break;
	}
}

/* A protected name that the list left out proves that the list leaves names out. */
static void on_protected(struct scan *scan, uint32_t number, const struct api_answer *answer)
{
	const char *name = scan->look->protected_tags->items[number];
	char what[300];

	snprintf(what, sizeof what, "protected tag %.200s", name);
	if (answer->outcome == API_OK || answer->outcome == API_NOT_MODIFIED)
		trouble(scan, 0, what, "it exists, but the registry does not list it");
	else if (answer->outcome == API_FAILED)
		trouble(scan, 0, what, answer->why);
	end_visit(scan, 0);
}

/* When the whole run ends, its open questions need no word each: http_run says why. A look goes on to its
 * end, so that who ordered it hears of it. */
static bool given_up(const struct scan *scan, const struct http_response *response)
{
	return !scan->look && response->failure == HTTP_ABANDONED;
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
	if (given_up(scan, answer->response))
		return;
	TAKERS[visit.question.kind](scan, visit.question.id, answer);
	pump(scan);
}

static bool is_listed(const struct api_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->names[i], name) == 0)
			return true;
	}
	return false;
}

static void ask_protected(struct scan *scan, const struct api_list *list)
{
	const struct string_list *names = scan->look->protected_tags;

	for (size_t i = 0; i < names->count; i++) {
		if (!api_tag_valid(names->items[i]) || is_listed(list, names->items[i]))
			continue;
		scan->pending[0]++;
		ask(scan, ASK_PROTECTED, (uint32_t)i);
	}
}

static void on_tags(void *ctx, const struct api_list *list)
{
	struct visit visit = *(struct visit *)ctx;
	struct scan *scan = visit.scan;
	struct inventory *inventory = scan->inventory;
	uint32_t id = visit.question.id;

	free(ctx);
	scan->in_flight--;
	if (given_up(scan, list->response))
		return;
	if (list->trouble)
		trouble(scan, id, "the list of its tags is not complete", list->trouble);
	inventory->repositories[id].never_tagged = list->absent;
	inventory_tags(inventory, id, list->names, list->count);
	for (uint32_t i = 0; i < inventory->repositories[id].tag_count; i++) {
		uint32_t tag = inventory->repositories[id].first_tag + i;

		if (!api_tag_valid(inventory->tags[tag].name)) {
			tag_trouble(scan, tag, "it is listed, but its name cannot be a tag's");
			continue;
		}
		scan->pending[id]++;
		ask(scan, ASK_TAG, tag);
	}
	if (scan->look)
		ask_protected(scan, list);
	end_visit(scan, id);
	pump(scan);
}

/* A repository's tags are all answered: asks for what they mention, or is done with it. */
static void settle(struct scan *scan, uint32_t repository)
{
	struct inventory *inventory = scan->inventory;
	uint32_t upto = INVENTORY_NONE;

	/* New manifests are put in front of the list: go over what was put there meanwhile. */
	while (inventory->repositories[repository].first_manifest != upto) {
		uint32_t end = upto;

		upto = inventory->repositories[repository].first_manifest;
		for (uint32_t m = upto; m != end; m = inventory->manifests[m].next) {
			if (inventory->manifests[m].kind != MANIFEST_UNSEEN || take_known(scan, m))
				continue;
			scan->pending[repository]++;
			ask(scan, ASK_MANIFEST, m);
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
		api_tags(scan->api, inventory->repositories[id].name, on_tags, visit);
		break;
	case ASK_TAG:
		api_manifest(scan->api, inventory_tag_repository(inventory, id),
			     inventory->tags[id].name, known_digest(scan, id), on_answer, visit);
		break;
	case ASK_MANIFEST:
		api_manifest(scan->api, manifest_repository(inventory, id),
			     inventory_digest(inventory, id), NULL, on_answer, visit);
		break;
	case ASK_CONFIG:
		api_config(scan->api, manifest_repository(inventory, id),
			   dates_config(inventory, id), on_answer, visit);
		break;
	case ASK_PROTECTED:
		api_manifest(scan->api, inventory->repositories[0].name,
			     scan->look->protected_tags->items[id], NULL, on_answer, visit);
		break;
	}
}

static void ask_config(void *ctx, uint32_t manifest)
{
	ask(ctx, ASK_CONFIG, manifest);
}

static void end_look(struct scan *scan)
{
	void (*done)(void *ctx) = scan->look->done;
	void *ctx = scan->look->ctx;

	dates_free(scan->dates);
	strtab_free(scan->known_tags);
	free(scan->questions);
	free(scan->pending);
	free(scan);
	done(ctx);
}

/* Sends what the window has room for. A look ends here; a load when its http_run does. */
static void pump(struct scan *scan)
{
	for (;;) {
		while (scan->in_flight < scan->window && scan->asked < scan->question_count)
			submit(scan, scan->questions[scan->asked++]);
		if (scan->in_flight > 0)
			return;
		scan->asked = scan->question_count = 0;
		if (!dates_settle(scan->dates, scan->inventory, ask_config, scan))
			break;
	}
	if (scan->look)
		end_look(scan);
}

/* Every question about a repository begins with its tags. */
static void ask_tags(struct scan *scan, uint32_t repository)
{
	size_t count = scan->inventory->repository_count;

	if (count > scan->pending_capacity) {
		scan->pending = xreallocarray(scan->pending, count * 2, sizeof *scan->pending);
		scan->pending_capacity = count * 2;
	}
	scan->pending[repository] = 1;
	ask(scan, ASK_TAGS, repository);
}

static void on_catalog(void *ctx, const struct api_list *list)
{
	struct scan *scan = ctx;
	struct inventory *inventory = scan->inventory;

	scan->in_flight--;
	if (given_up(scan, list->response))
		return;
	scan->refused = list->response->status == 401 || list->response->status == 403;
	if (list->trouble) {
		inventory_catalog_trouble(inventory, list->trouble);
		inventory->failures++;
		log_error("the list of repositories is not complete: %s", list->trouble);
	}
	for (size_t i = 0; i < list->count; i++) {
		if (api_repository_valid(list->names[i])) {
			inventory_repository(inventory, list->names[i]);
			continue;
		}
		inventory->failures++;
		log_warning("the registry lists a repository whose name is not valid; it is left "
			    "alone: %s",
			    list->names[i]);
	}
	for (uint32_t i = 0; i < inventory->repository_count; i++)
		ask_tags(scan, i);
	pump(scan);
}

int inventory_api_load(struct inventory *inventory, struct api *api, struct http *http,
		       unsigned window, struct err *err)
{
	struct scan scan = { .inventory = inventory,
			     .api = api,
			     .dates = dates_new(),
			     .window = window,
			     .in_flight = 1 };
	int result;

	api_repositories(api, on_catalog, &scan);
	result = http_run(http, err);
	if (result == 0 && scan.refused)
		result = err_set(err, ERR_UNREACHABLE,
				 "the registry refuses to list its repositories: %s",
				 inventory->catalog_trouble);
	dates_free(scan.dates);
	free(scan.questions);
	free(scan.pending);
	return result;
}

void inventory_api_look(const struct inventory_look *look, struct api *api)
{
	struct scan *scan = xcalloc(1, sizeof *scan);
	const struct inventory *known = look->known;
	const struct inventory_repository *repository;

	*scan = (struct scan){ .inventory = look->fresh,
			       .api = api,
			       .look = look,
			       .dates = dates_new(),
			       .window = look->window };
	scan->known_repository =
		inventory_repository_find(known, look->fresh->repositories[0].name);
	if (scan->known_repository != INVENTORY_NONE) {
		repository = &known->repositories[scan->known_repository];
		scan->known_tags = strtab_new();
		scan->known_first = repository->first_tag;
		for (uint32_t i = 0; i < repository->tag_count; i++) {
			const char *name = known->tags[repository->first_tag + i].name;

			strtab_add(scan->known_tags, name, strlen(name));
		}
	}
	ask_tags(scan, 0);
	pump(scan);
}
