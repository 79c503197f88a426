/* The policy of a run, with all that it needs from elsewhere: lists in files, when jobs ran last,
 * what is in use. */
#ifndef COMMAND_RULES_H
#define COMMAND_RULES_H

#include "config.h"
#include "history.h"
#include "plan_file.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct holds;
struct in_use;
struct named;
struct session;
struct inventory;
struct options;
struct policy;
struct repositories_file;
struct retain_list;
struct state;

struct rules {
	const struct config *config;
	struct policy *policy;
	struct retain_list **retain_lists; /* as config.retain_lists */
	struct repositories_file *repositories;
	struct history history;
	struct in_use *in_use;
	struct holds *holds;
	struct named *named;   /* once it was asked what is in use */
	bool *due;             /* by job */
	bool jobs_named;       /* by --jobs, or by the plan that is applied */
	struct plan_file file; /* the plan that is applied; all zero: none is */
};

/* Reads the files that CONFIG names. -1: FAULTS says what is wrong with them, or with the names of
 * jobs in OPTIONS. Either way RULES is the caller's to close. */
int rules_open(struct rules *rules, const struct config *config, const struct options *options,
	       struct notes *faults) __attribute__((warn_unused_result));
void rules_close(struct rules *rules);
/* To standard error, as faults of the configuration. */
void rules_print_faults(const struct notes *faults);

/* -1 (ERR_SAFETY): the plan that is applied is too old, or from the future. */
int rules_check_plan_age(const struct rules *rules, int64_t now, struct err *err)
	__attribute__((warn_unused_result));
/* Which jobs are due NOW, by what STATE (may be NULL) knows of earlier runs. */
void rules_recall(struct rules *rules, const struct state *state, int64_t now);
/* Reads what is held from STATE. -1: ERR_USAGE (holds_file.h). */
int rules_read_holds(struct rules *rules, const struct state *state, struct err *err)
	__attribute__((warn_unused_result));
/* Asks the commands of protect.in_use; none: does nothing. -1: ERR_SAFETY when one fails or prints
 * nothing, ERR_STOPPED. */
int rules_ask_in_use(struct rules *rules, const struct inventory *inventory, struct err *err)
	__attribute__((warn_unused_result));
/* Gathers the names of tags that are in use, held, in retain lists and in the plan, and asks the
 * registry, where SESSION read its lists, for those that are in none (inventory_named.h). -1: as
 * http_run. */
int rules_check_named(struct rules *rules, struct session *session, struct err *err)
	__attribute__((warn_unused_result));
/* Counts, and names in the log, each repository that OPTIONS ask for and INVENTORY has not. */
size_t rules_missing_targets(const struct rules *rules, const struct inventory *inventory);

/* Writes down, for the next run, RUN and the jobs that were due in it: complete runs alone that
 * were neither for some repositories nor for a plan count as runs of their jobs. -1: it cannot be
 * written; the log says why. */
int rules_remember(struct rules *rules, struct state *state, const struct history_run *run)
	__attribute__((warn_unused_result));

#endif
