/* Plans as a dry run does, and prints the trace of one tag. */
#include "command/why.h"

#include "cli.h"
#include "command/rules.h"
#include "command/run.h"
#include "command/session.h"
#include "inventory.h"
#include "plan.h"
#include "state.h"
#include "util/log.h"
#include "util/stop.h"
#include "util/xalloc.h"
#include "why.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct why {
	const struct options *options;
	struct rules rules;
	struct state *state;
	struct session session;
	struct plan *plan;
};

/* REPOSITORY:TAG; a repository has no ':'. */
static int find_tag(const struct why *why, uint32_t *tag, struct err *err)
{
	const struct inventory *inventory = why->session.inventory;
	const char *name = why->options->argument;
	const char *colon = strchr(name, ':');
	CLEANUP(free_p) char *place = xstrndup(name, strcspn(name, ":"));
	uint32_t repository = inventory_repository_find(inventory, place);

	if (!colon)
		return err_set(err, ERR_USAGE, "'%s': REPOSITORY:TAG is expected", name);
	if (repository == INVENTORY_NONE)
		return err_set(err, ERR_IO, "there is no repository '%s'", place);
	for (uint32_t i = 0; i < inventory->repositories[repository].tag_count; i++) {
		*tag = inventory->repositories[repository].first_tag + i;
		if (strcmp(inventory->tags[*tag].name, colon + 1) == 0)
			return 0;
	}
	return err_set(err, ERR_IO, "the repository '%s' has no tag '%s'", place, colon + 1);
}

static int print(const struct why *why, struct err *err)
{
	uint32_t tag = INVENTORY_NONE;

	if (find_tag(why, &tag, err) < 0)
		return -1;
	errno = 0;
	why_write(why->session.inventory, why->rules.policy, why->plan, tag, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "standard output: %s",
		       errno ? strerror(errno) : "cannot be written");
}

static int run_stages(struct why *why, const struct config *config, struct err *err)
{
	struct state_options options = state_options(config);
	int64_t now = time(NULL);

	why->state = state_open_read_only(&options);
	rules_recall(&why->rules, why->state, now);
	if (session_open(&why->session, true, err) < 0 ||
	    session_read(&why->session, why->state, err) < 0 ||
	    rules_ask_in_use(&why->rules, err) < 0)
		return -1;
	why->plan = plan_build(why->session.inventory, why->rules.policy, now);
	return print(why, err);
}

static int exit_code(const struct why *why, const struct err *err)
{
	switch (err->kind) {
	case ERR_NONE:
		return why->session.inventory->failures ? EXIT_PARTLY : EXIT_ALL_DONE;
	case ERR_STOPPED:
		return 128 + stop_signal();
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_UNREACHABLE:
		return EXIT_UNREACHABLE;
	case ERR_SAFETY:
		return EXIT_SAFETY;
	default:
		return EXIT_PARTLY;
	}
}

int command_why(const struct options *options, const struct config *config)
{
	struct why why = { .options = options, .session = session_new(config) };
	struct config_notes faults = { 0 };
	struct err err = { 0 };
	int code = EXIT_USAGE;

	if (rules_open(&why.rules, config, options, &faults) < 0) {
		rules_print_faults(&faults);
	} else {
		if (run_stages(&why, config, &err) == 0)
			err.kind = ERR_NONE;
		else
			log_error("%s", err.msg);
		code = exit_code(&why, &err);
	}
	config_notes_clear(&faults);
	plan_free(why.plan);
	session_close(&why.session);
	state_close(why.state);
	rules_close(&why.rules);
	return code;
}
