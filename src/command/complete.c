/* Names from the state and the configuration alone. Whoever types must not wait, nor read errors.
 */
#include "command/complete.h"

#include "config/config.h"
#include "lists/holds.h"
#include "session/names_file.h"
#include "state/holds_file.h"
#include "state/state.h"
#include "undo/journal.h"
#include "util/log.h"
#include "util/notes.h"
#include "util/text.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECONDS 2

struct completion {
	const char *prefix;
	const struct config *config;
	const struct state *state; /* NULL: there is none, or it cannot be read */
	bool deleted;              /* tags that were deleted, not those that are there */
	size_t count;
	char *last;           /* of what was left out; NULL: nothing */
	const char *told;     /* the repository that was offered last; borrowed */
	const char *previous; /* the repository before; borrowed */
};

static void offer(struct completion *completion, const char *word)
{
	if (!text_begins(word, completion->prefix))
		return;
	if (++completion->count < COMPLETE_MOST) {
		puts(word);
		return;
	}
	free(completion->last);
	completion->last = xstrdup(word);
}

static void offer_repository(void *ctx, const char *repository, const char *tag, int64_t deleted)
{
	(void)deleted;
	if (!tag)
		offer(ctx, repository);
}

/* Each folder of REPOSITORY that the one before was not in: their names are in order. */
static void offer_namespaces(void *ctx, const char *repository, const char *tag, int64_t deleted)
{
	struct completion *completion = ctx;
	const char *slash = repository;

	(void)deleted;
	if (tag)
		return;
	while ((slash = strchr(slash, '/'))) {
		size_t length = (size_t)(++slash - repository);
		CLEANUP(free_p) char *name = xstrndup(repository, length - 1);

		if (!completion->previous || strncmp(completion->previous, repository, length) != 0)
			offer(completion, name);
	}
	completion->previous = repository;
}

/* As long as no colon was typed, a repository once, when its first tag comes. */
static void offer_tag(void *ctx, const char *repository, const char *tag, int64_t deleted)
{
	struct completion *completion = ctx;
	bool whole = strchr(completion->prefix, ':') != NULL;
	char *word;

	if (!tag || (deleted != 0) != completion->deleted ||
	    strncmp(repository, completion->prefix, strcspn(completion->prefix, ":")) != 0 ||
	    (!whole && completion->told == repository))
		return;
	completion->told = repository;
	word = xasprintf("%s:%s", repository, whole ? tag : "");
	offer(completion, word);
	free(word);
}

static void complete_names(struct completion *completion, names_each each)
{
	if (completion->state)
		names_file_each(completion->state, each, completion);
}

static void complete_repositories(struct completion *completion)
{
	complete_names(completion, offer_repository);
}

static void complete_namespaces(struct completion *completion)
{
	complete_names(completion, offer_namespaces);
}

static void complete_tags(struct completion *completion)
{
	complete_names(completion, offer_tag);
}

static void complete_deleted(struct completion *completion)
{
	completion->deleted = true;
	complete_names(completion, offer_tag);
}

static void complete_held(struct completion *completion)
{
	struct holds *holds = holds_new();
	struct err err = { 0 };

	if (completion->state && holds_file_read(completion->state, holds, &err) == 0)
		for (size_t i = 0; i < holds->count; i++)
			offer(completion, holds->items[i].name);
	holds_free(holds);
}

/* A name of several lines would be several. */
static void complete_jobs(struct completion *completion)
{
	const struct config_jobs *jobs = &completion->config->jobs;

	for (size_t i = 0; i < jobs->count; i++)
		if (!strchr(jobs->items[i].name, '\n'))
			offer(completion, jobs->items[i].name);
}

static void complete_runs(struct completion *completion)
{
	CLEANUP(string_list_clear) struct string_list names = { 0 };
	struct err err = { 0 };

	if (completion->state && undo_journal_list(completion->state, &names, &err) == 0)
		for (size_t i = 0; i < names.count; i++)
			offer(completion, names.items[i]);
}

static const struct {
	const char *what;
	void (*complete)(struct completion *completion);
} KINDS[] = {
	{ "repositories", complete_repositories },
	{ "namespaces", complete_namespaces },
	{ "tags", complete_tags },
	{ "deleted", complete_deleted },
	{ "held", complete_held },
	{ "jobs", complete_jobs },
	{ "runs", complete_runs },
};

static void complete(const char *what, struct completion *completion)
{
	struct state_options options = state_options(completion->config);
	struct err err = { 0 };
	struct state *state = state_open_read_only(&options, &err);

	completion->state = state;
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
		if (strcmp(KINDS[i].what, what) == 0)
			KINDS[i].complete(completion);
	if (completion->last)
		puts(completion->last);
	free(completion->last);
	state_close(state);
}

/* Nobody reads errors in the middle of a line that is typed. */
static void silence(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		close(STDERR_FILENO);
	if (null >= 0)
		close(null);
	log_open(NULL, (struct log_options){ .quiet = true, .unshown = true });
	alarm(SECONDS);
}

int complete_command(int argc, char **argv)
{
	const char *path = argc > 2 && *argv[2] ? argv[2] : config_default_path();
	CLEANUP(notes_clear) struct notes faults = { 0 };
	CLEANUP(notes_clear) struct notes warnings = { 0 };
	struct completion completion = { .prefix = argc > 1 ? argv[1] : "" };
	struct config config = { 0 };

	silence();
	if (argc < 1 || !path || config_load(path, NULL, &config, &faults, &warnings) < 0)
		return 0;
	completion.config = &config;
	complete(argv[0], &completion);
	config_clear(&config);
	log_close();
	(void)fflush(stdout);
	return 0;
}
