/* Asks the registry about what the folder says, and the folder again about what differs. */
#include "scan_storage/compare_with_api.h"

#include "http/engine.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "storage/links.h"
#include "util/secrets.h"
#include "util/spread.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct comparison {
	const struct inventory *inventory;
	const struct layout *layout;
	struct api *api;
	struct err difference; /* the first one */
	struct strtab *listed; /* repositories that the registry lists */
};

/* How often a tag is asked for that moves all the time. */
#define ASKED_MOST 10

/* One question about a repository or a tag. */
struct question {
	struct comparison *comparison;
	uint32_t id;
	/* Of a tag whose answer differed: what its link said before it was asked for again. */
	struct link before;
	unsigned asked;
};

static void differ(struct comparison *comparison, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void differ(struct comparison *comparison, const char *format, ...)
{
	char text[512];
	va_list arguments;

	if (comparison->difference.kind != ERR_NONE)
		return;
	va_start(arguments, format);
	secrets_print(text, sizeof text, format, arguments);
	va_end(arguments);
	err_set(&comparison->difference, ERR_IO, "%s", text);
}

static struct question *new_question(struct comparison *comparison, uint32_t id)
{
	struct question *question = xmalloc(sizeof *question);

	*question = (struct question){ .comparison = comparison, .id = id };
	return question;
}

static const char *repository_name(const struct comparison *comparison, uint32_t repository)
{
	return comparison->inventory->repositories[repository].name;
}

/* -1 with what differs, or why it could not be found out. */
static int conclude(struct comparison *comparison, struct http *http, struct err *err)
{
	if (http_run(http, err) < 0)
		return -1;
	if (comparison->difference.kind == ERR_NONE)
		return 0;
	*err = comparison->difference;
	return -1;
}

static bool same_link(const struct link *a, const struct link *b)
{
	return a->state == b->state && (a->state != LINK_READ || strcmp(a->digest, b->digest) == 0);
}

static void ask(struct question *question);

/* The registry's ANSWER (NULL: absent) is not what was read. The folder may have been changed
 * since; only a link that says the same before and after an answer, and not that, tells of another
 * folder. QUESTION is gone, or asked again. */
static void compare_again(struct question *question, const char *answer)
{
	struct comparison *comparison = question->comparison;
	const struct inventory_tag *entry = &comparison->inventory->tags[question->id];
	const char *repository = repository_name(comparison, entry->repository);
	struct link link = links_tag(comparison->layout, repository, entry->name);

	if (answer ? link.state == LINK_READ && strcmp(link.digest, answer) == 0
		   : link.state == LINK_ABSENT) {
		free(question);
		return;
	}
	if (question->asked < ASKED_MOST &&
	    (question->asked == 0 || !same_link(&link, &question->before))) {
		question->before = link;
		question->asked++;
		ask(question);
		return;
	}
	differ(comparison, "%s:%s is %s in the registry, but %s there", repository, entry->name,
	       answer ? answer : "absent",
	       link.state == LINK_READ     ? link.digest
	       : link.state == LINK_ABSENT ? "absent"
					   : "unreadable");
	free(question);
}

static void on_tag(void *ctx, const struct api_answer *answer)
{
	struct question *question = ctx;
	struct comparison *comparison = question->comparison;
	const struct inventory_tag *tag = &comparison->inventory->tags[question->id];
	const char *digest = inventory_digest(comparison->inventory, tag->manifest);
	const char *header = answer->response->docker_content_digest;

	switch (answer->outcome) {
	case API_NOT_MODIFIED:
		break;
	case API_OK:
		if (header && strcmp(header, digest) == 0)
			break;
		compare_again(question, header ? header : "of unknown digest");
		return;
	case API_ABSENT:
		compare_again(question, NULL);
		return;
	case API_FAILED:
		differ(comparison, "%s:%s cannot be compared: %s",
		       repository_name(comparison, tag->repository), tag->name, answer->why);
		break;
	}
	free(question);
}

static void ask(struct question *question)
{
	const struct inventory *inventory = question->comparison->inventory;
	const struct inventory_tag *entry = &inventory->tags[question->id];

	api_manifest(question->comparison->api,
		     repository_name(question->comparison, entry->repository), entry->name,
		     inventory_digest(inventory, entry->manifest), on_tag, question);
}

static void ask_tag(struct comparison *comparison, uint32_t tag)
{
	ask(new_question(comparison, tag));
}

/* Whether A was pushed after B. */
static bool is_younger(const struct inventory *inventory, uint32_t a, uint32_t b)
{
	return inventory->tags[a].pushed > inventory->tags[b].pushed;
}

/* Puts TAG among the COUNT youngest, which are sorted, if it belongs there. */
static void keep_youngest(const struct inventory *inventory, uint32_t *youngest, size_t *count,
			  size_t most, uint32_t tag)
{
	size_t place = *count;

	while (place > 0 && is_younger(inventory, tag, youngest[place - 1]))
		place--;
	if (place == most)
		return;
	if (*count < most)
		++*count;
	memmove(youngest + place + 1, youngest + place, (*count - 1 - place) * sizeof *youngest);
	youngest[place] = tag;
}

int compare_with_api_sample(const struct inventory *inventory, const struct layout *layout,
			    struct api *api, struct http *http, struct err *err)
{
	struct comparison comparison = { .inventory = inventory, .layout = layout, .api = api };
	size_t readable = 0, count = 0, seen = 0;
	uint32_t youngest[COMPARE_SAMPLE / 2];

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].state != TAG_READ)
			continue;
		readable++;
		keep_youngest(inventory, youngest, &count, COMPARE_SAMPLE / 2, t);
	}
	for (size_t i = 0; i < count; i++)
		ask_tag(&comparison, youngest[i]);
	/* The other half stands at even distances. */
	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		if (inventory->tags[t].state != TAG_READ)
			continue;
		if (spread_takes(seen, readable, COMPARE_SAMPLE / 2))
			ask_tag(&comparison, t);
		seen++;
	}
	return conclude(&comparison, http, err);
}

/* Names that only one side has: the folder may have been changed since it was read. */
static void check_listed(struct comparison *comparison, uint32_t repository, const char *tag)
{
	const char *name = repository_name(comparison, repository);

	if (api_tag_valid(tag) && links_tag(comparison->layout, name, tag).state == LINK_ABSENT)
		differ(comparison, "%s:%s is in the registry, but not there", name, tag);
}

static void check_unlisted(struct comparison *comparison, uint32_t tag)
{
	const struct inventory_tag *entry = &comparison->inventory->tags[tag];
	const char *name = repository_name(comparison, entry->repository);

	if (entry->state == TAG_READ &&
	    links_tag(comparison->layout, name, entry->name).state != LINK_ABSENT)
		differ(comparison, "%s:%s is there, but not in the registry", name, entry->name);
}

static void on_tags(void *ctx, const struct api_list *list)
{
	struct question question = *(struct question *)ctx;
	struct comparison *comparison = question.comparison;
	const struct inventory *inventory = comparison->inventory;
	const struct inventory_repository *repository = &inventory->repositories[question.id];
	struct strtab *names = strtab_new();

	free(ctx);
	if (list->trouble)
		differ(comparison, "%s: the registry's list of tags: %s", repository->name,
		       list->trouble);
	for (size_t i = 0; i < list->count; i++)
		strtab_add(names, list->names[i], strlen(list->names[i]));
	for (uint32_t i = 0; i < repository->tag_count && !list->trouble; i++) {
		const char *name = inventory->tags[repository->first_tag + i].name;

		if (strtab_find(names, name, strlen(name)) == STRTAB_NONE)
			check_unlisted(comparison, repository->first_tag + i);
	}
	strtab_free(names);
	names = strtab_new();
	for (uint32_t i = 0; i < repository->tag_count; i++) {
		const char *name = inventory->tags[repository->first_tag + i].name;

		strtab_add(names, name, strlen(name));
	}
	for (size_t i = 0; i < list->count; i++) {
		if (strtab_find(names, list->names[i], strlen(list->names[i])) == STRTAB_NONE)
			check_listed(comparison, question.id, list->names[i]);
	}
	strtab_free(names);
}

/* A repository that only the registry has may have come since; then a tag of it is in the folder.
 */
static void on_strange_tags(void *ctx, const struct api_list *list)
{
	struct question question = *(struct question *)ctx;
	struct comparison *comparison = question.comparison;
	const char *name = strtab_text(comparison->listed, question.id);

	free(ctx);
	for (size_t i = 0; i < list->count; i++) {
		if (!api_tag_valid(list->names[i]) ||
		    links_tag(comparison->layout, name, list->names[i]).state == LINK_ABSENT)
			differ(comparison, "%s:%s is in the registry, but not there", name,
			       list->names[i]);
	}
}

static void on_repositories(void *ctx, const struct api_list *list)
{
	struct comparison *comparison = ctx;
	const struct inventory *inventory = comparison->inventory;

	if (list->trouble)
		differ(comparison, "the registry's list of repositories: %s", list->trouble);
	for (size_t i = 0; i < list->count; i++) {
		uint32_t id;

		if (!api_repository_valid(list->names[i]))
			continue;
		id = strtab_add(comparison->listed, list->names[i], strlen(list->names[i]));
		if (inventory_repository_find(inventory, list->names[i]) == INVENTORY_NONE)
			tags_list(comparison->api, list->names[i], on_strange_tags,
				  new_question(comparison, id));
	}
	/* Those that it does not list are asked for, too: they must be empty. */
	for (uint32_t r = 0; r < inventory->repository_count; r++)
		tags_list(comparison->api, inventory->repositories[r].name, on_tags,
			  new_question(comparison, r));
}

int compare_with_api_names(const struct inventory *inventory, const struct layout *layout,
			   struct api *api, struct http *http, struct err *err)
{
	struct comparison comparison = {
		.inventory = inventory, .layout = layout, .api = api, .listed = strtab_new()
	};
	int result;

	catalog_list(api, on_repositories, &comparison);
	result = conclude(&comparison, http, err);
	strtab_free(comparison.listed);
	return result;
}
