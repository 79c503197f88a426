/* One run where it is named; else one after the other, the youngest first, until all is found. */
#include "restore/choose.h"

#include "cli/options.h"
#include "config/config.h"
#include "config/registry_names.h"
#include "registry/reference.h"
#include "restore/list.h"
#include "undo/journal.h"
#include "util/string_list.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>

struct wish {
	struct reference reference;
	bool found;
};

/* What was typed, taken apart. */
struct wishes {
	struct wish *items;
	size_t count;
};

static void clear(struct wishes *wishes)
{
	for (size_t i = 0; i < wishes->count; i++)
		reference_clear(&wishes->items[i].reference);
	free(wishes->items);
}

static int parse(const struct options *options, const struct config *config, struct wishes *wishes,
		 struct err *err)
{
	const struct string_list *texts = &options->arguments;
	struct string_list hosts = { 0 };
	int result = 0;

	registry_names(config, &hosts);
	wishes->items = xcalloc(texts->count + 1, sizeof *wishes->items);
	for (size_t i = 0; i < texts->count && result == 0; i++) {
		struct reference *reference = &wishes->items[i].reference;

		result = reference_parse(texts->items[i], (const char *const *)hosts.items,
					 hosts.count, reference, err);
		if (result < 0)
			break;
		wishes->count++;
		if (!reference->tag == !reference->digest)
			result = err_set(err, ERR_USAGE,
					 "'%.300s': REPOSITORY:TAG or REPOSITORY@DIGEST is "
					 "expected, one of both",
					 texts->items[i]);
	}
	string_list_clear(&hosts);
	return result;
}

/* A run of another registry would put into this one what never was in it. */
static int check_registry(const struct undo_run *run, const struct config *config, struct err *err)
{
	if (strcmp(run->registry, config->registry.url) == 0)
		return 0;
	return err_set(err, ERR_USAGE,
		       "%s is about another registry (%.200s, and registry.url is %.200s)",
		       run->path, run->registry, config->registry.url);
}

static int add(struct restore_choice *choice, const struct config *config,
	       const struct state *state, const char *name, struct err *err)
{
	static const struct undo_wanted ALL = { .bodies = true };
	struct undo_run *run = NULL;

	errno = 0;
	if (undo_journal_read(state, name, &ALL, &run, err) < 0) {
		if (errno == ENOENT)
			return err_set(err, ERR_USAGE,
				       "there is no journal of a run '%.100s'; clean-registry runs "
				       "lists them",
				       name);
		err->kind = ERR_USAGE;
		return -1;
	}
	GROW(choice->runs, choice->count, choice->capacity);
	choice->runs[choice->count++] = run;
	if (check_registry(run, config, err) < 0)
		return -1;
	if (run->opaque)
		return err_set(err, ERR_USAGE,
			       "%s: what was deleted from Scaleway's registry cannot be put back",
			       run->path);
	restore_list_add(choice->list, run);
	return 0;
}

/* Returns how many are not found yet. */
static size_t find(struct restore_list *list, struct wishes *wishes)
{
	size_t missing = 0;

	for (size_t i = 0; i < wishes->count; i++) {
		struct wish *wish = &wishes->items[i];

		wish->found = wish->found || restore_list_want(list, &wish->reference);
		missing += !wish->found;
	}
	return missing;
}

static int refuse_missing(const struct wishes *wishes, const char *run, struct err *err)
{
	size_t i = 0;

	while (wishes->items[i].found)
		i++;
	return err_set(err, ERR_USAGE, "%s%s deleted %s%c%s; clean-registry runs lists the runs",
		       run ? "the run " : "no run that is kept", run ? run : "",
		       wishes->items[i].reference.repository,
		       wishes->items[i].reference.tag ? ':' : '@',
		       wishes->items[i].reference.tag ? wishes->items[i].reference.tag
						      : wishes->items[i].reference.digest);
}

static int find_in_all(struct restore_choice *choice, const struct config *config,
		       const struct state *state, struct wishes *wishes, struct err *err)
{
	struct string_list names = { 0 };
	size_t missing = wishes->count;
	int result = undo_journal_list(state, &names, err);

	if (result < 0)
		err->kind = ERR_USAGE;
	for (size_t i = names.count; i > 0 && missing > 0 && result == 0; i--) {
		result = add(choice, config, state, names.items[i - 1], err);
		if (result == 0)
			missing = find(choice->list, wishes);
	}
	string_list_clear(&names);
	if (result < 0 || missing == 0)
		return result;
	return refuse_missing(wishes, NULL, err);
}

static int find_in_run(struct restore_choice *choice, const struct options *options,
		       struct wishes *wishes, struct err *err)
{
	const struct string_list *only = &options->repositories;

	if (wishes->count > 0)
		return find(choice->list, wishes) == 0 ? 0
						       : refuse_missing(wishes, options->run, err);
	if (restore_list_want_run(choice->list, choice->runs[0], (const char *const *)only->items,
				  only->count) > 0)
		return 0;
	return err_set(err, ERR_USAGE, "the run %s deleted nothing%s", options->run,
		       only->count ? " in these repositories" : "");
}

int restore_choose(const struct options *options, const struct config *config,
		   const struct state *state, struct restore_choice *choice, struct err *err)
{
	struct wishes wishes = { 0 };
	int result = parse(options, config, &wishes, err);

	choice->list = restore_list_new();
	if (result == 0 && !options->run)
		result = find_in_all(choice, config, state, &wishes, err);
	else if (result == 0)
		result = add(choice, config, state, options->run, err) < 0
				 ? -1
				 : find_in_run(choice, options, &wishes, err);
	if (result == 0)
		restore_list_close(choice->list);
	clear(&wishes);
	return result;
}

void restore_choice_clear(struct restore_choice *choice)
{
	restore_list_free(choice->list);
	for (size_t i = 0; i < choice->count; i++)
		undo_run_free(choice->runs[i]);
	free(choice->runs);
	*choice = (struct restore_choice){ 0 };
}
