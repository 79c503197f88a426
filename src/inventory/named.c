/* Names that lists are measured by. */
#include "inventory/named.h"

#include "http/engine.h"
#include "inventory/faults.h"
#include "inventory/inventory.h"
#include "registry/api.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

struct entry {
	const char *where;
	bool again;
};

struct named {
	struct strtab *references; /* REPOSITORY:TAG */
	struct entry *entries;     /* by number in it */
	size_t capacity;
};

struct check {
	const struct named *named;
	struct inventory *inventory;
	struct api *api;
	bool *listed; /* by name */
	size_t next;
	unsigned in_flight, window;
};

struct question {
	struct check *check;
	uint32_t repository;
	const char *tag, *where;
};

struct named *named_new(void)
{
	struct named *named = xcalloc(1, sizeof *named);

	named->references = strtab_new();
	return named;
}

void named_free(struct named *named)
{
	if (!named)
		return;
	strtab_free(named->references);
	free(named->entries);
	free(named);
}

/* The tag in REFERENCE; a tag has no colon in it, and neither has a repository. */
static const char *tag_of(const char *reference)
{
	return strchr(reference, ':') + 1;
}

void named_add(struct named *named, const char *reference, const char *where, bool again)
{
	const char *colon = strchr(reference, ':');
	CLEANUP(free_p) char *repository = NULL;
	size_t count = strtab_count(named->references);
	uint32_t number;

	if (!colon || !api_tag_valid(colon + 1))
		return;
	repository = xstrndup(reference, (size_t)(colon - reference));
	if (!api_repository_valid(repository))
		return;
	number = strtab_add(named->references, reference, strlen(reference));
	if (number == count) {
		GROW(named->entries, count, named->capacity);
		named->entries[number] = (struct entry){ .where = where };
	}
	named->entries[number].again |= again;
}

size_t named_count(const struct named *named)
{
	return named ? strtab_count(named->references) : 0;
}

const char *named_tag(const struct named *named, size_t number, const char *repository)
{
	const char *reference = strtab_text(named->references, (uint32_t)number);
	size_t length = strlen(repository);

	if (!named->entries[number].again || strncmp(reference, repository, length) != 0 ||
	    reference[length] != ':')
		return NULL;
	return tag_of(reference);
}

const char *named_where(const struct named *named, size_t number)
{
	return named->entries[number].where;
}

static void pump(struct check *check);

static void on_answer(void *ctx, const struct api_answer *answer)
{
	struct question question = *(struct question *)ctx;
	struct check *check = question.check;
	char what[300];

	free(ctx);
	check->in_flight--;
	if (answer->response->failure == HTTP_ABANDONED)
		return;
	snprintf(what, sizeof what, "tag %.200s, named by %s", question.tag, question.where);
	if (answer->outcome == API_OK || answer->outcome == API_NOT_MODIFIED)
		inventory_fault(check->inventory, false, question.repository, what,
				"it exists, but the registry does not list it");
	else if (answer->outcome == API_FAILED)
		inventory_fault(check->inventory, false, question.repository, what, answer->why);
	pump(check);
}

/* The repository of the name, or INVENTORY_NONE. */
static uint32_t repository_of(const struct check *check, const char *reference)
{
	CLEANUP(free_p)
	char *name = xstrndup(reference, (size_t)(tag_of(reference) - 1 - reference));

	return inventory_repository_find(check->inventory, name);
}

static void ask(struct check *check, uint32_t repository, size_t number)
{
	struct question *question = xmalloc(sizeof *question);
	const char *reference = strtab_text(check->named->references, (uint32_t)number);

	*question = (struct question){ .check = check,
				       .repository = repository,
				       .tag = tag_of(reference),
				       .where = named_where(check->named, number) };
	check->in_flight++;
	api_manifest(check->api, check->inventory->repositories[repository].name, question->tag,
		     NULL, on_answer, question);
}

static void pump(struct check *check)
{
	size_t count = named_count(check->named);

	for (; check->in_flight < check->window && check->next < count; check->next++) {
		const char *reference =
			strtab_text(check->named->references, (uint32_t)check->next);
		uint32_t repository = INVENTORY_NONE;

		if (!check->listed[check->next])
			repository = repository_of(check, reference);
		if (repository != INVENTORY_NONE)
			ask(check, repository, check->next);
	}
}

static void find_listed(struct check *check)
{
	const struct inventory *inventory = check->inventory;

	for (uint32_t t = 0; t < inventory->tag_count; t++) {
		CLEANUP(free_p)
		char *reference = xasprintf("%s:%s", inventory_tag_repository(inventory, t),
					    inventory->tags[t].name);
		uint32_t number =
			strtab_find(check->named->references, reference, strlen(reference));

		if (number != STRTAB_NONE)
			check->listed[number] = true;
	}
}

int named_check(const struct named *named, struct inventory *inventory, struct api *api,
		struct http *http, unsigned window, struct err *err)
{
	struct check check = {
		.named = named, .inventory = inventory, .api = api, .window = window
	};
	int result;

	if (named_count(named) == 0)
		return 0;
	check.listed = xcalloc(named_count(named), sizeof *check.listed);
	find_listed(&check);
	pump(&check);
	result = http_run(http, err);
	free(check.listed);
	return result;
}
