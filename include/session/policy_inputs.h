/* The policy of a run, with all that it needs from elsewhere: lists in files, when jobs ran last,
 * what is in use. */
#ifndef SESSION_POLICY_INPUTS_H
#define SESSION_POLICY_INPUTS_H

#include "config/config.h"
#include "plan_file/write.h"
#include "state/growth.h"
#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct holds;
struct image_refs;
struct named;
struct session;
struct inventory;
struct options;
struct policy;
struct keep_counts;
struct retain_list;
struct state;

struct policy_inputs {
	const struct config *config;
	struct policy *policy;
	struct retain_list **retain_lists; /* as config.retain_lists */
	struct keep_counts *repositories;
	struct growth growth;
	struct image_refs *in_use;
	struct holds *holds;
	struct named *named;   /* once it was asked what is in use */
	bool *due;             /* by job */
	bool jobs_named;       /* by --jobs, or by the plan that is applied */
	struct plan_file file; /* the plan that is applied; all zero: none is */
};

/* Reads the files that CONFIG names. -1: FAULTS says what is wrong with them, or with the names of
 * jobs in OPTIONS. Either way RULES is the caller's to close. */
int policy_inputs_open(struct policy_inputs *rules, const struct config *config,
		       const struct options *options, struct notes *faults)
	__attribute__((warn_unused_result));
void policy_inputs_close(struct policy_inputs *rules);
/* To standard error, as faults of the configuration. */
void policy_inputs_print_faults(const struct notes *faults);

/* -1 (ERR_SAFETY): the plan that is applied is too old, or from the future. */
int policy_inputs_check_plan_age(const struct policy_inputs *rules, int64_t now, struct err *err)
	__attribute__((warn_unused_result));
/* Which jobs are due NOW, by what STATE (may be NULL) knows of earlier runs. */
void policy_inputs_recall(struct policy_inputs *rules, const struct state *state, int64_t now);
/* Reads what is held from STATE. -1: ERR_USAGE (state/holds_file.h). */
int policy_inputs_read_holds(struct policy_inputs *rules, const struct state *state,
			     struct err *err) __attribute__((warn_unused_result));
/* Asks the commands of protect.in_use; none: does nothing. -1: ERR_SAFETY when one fails or prints
 * nothing, ERR_STOPPED. */
int policy_inputs_ask_in_use(struct policy_inputs *rules, const struct inventory *inventory,
			     struct err *err) __attribute__((warn_unused_result));
/* Gathers the names of tags that are in use, held, in retain lists and in the plan, and asks the
 * registry, where SESSION read its lists, for those that are in none (inventory/named.h). -1: as
 * http_run. */
int policy_inputs_check_named(struct policy_inputs *rules, struct session *session, struct err *err)
	__attribute__((warn_unused_result));
/* Counts, and names in the log, each repository that OPTIONS ask for and SESSION did not read. An
 * empty namespace of Scaleway's registry is there. */
size_t policy_inputs_missing_targets(const struct policy_inputs *rules,
				     const struct session *session);

/* Writes down, for the next run, RUN and the jobs that were due in it: complete runs alone that
 * were neither for some repositories nor for a plan count as runs of their jobs. -1: it cannot be
 * written; the log says why. */
int policy_inputs_remember(struct policy_inputs *rules, struct state *state,
			   const struct growth_run *run) __attribute__((warn_unused_result));

#endif
