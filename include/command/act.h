/* The acting half of `run`, behind a table of hands: a dry run is handed other ones (S9). */
#ifndef COMMAND_ACT_H
#define COMMAND_ACT_H

#include "apply.h"
#include "command/empties.h"
#include "command/rehearsal.h"
#include "command/rules.h"
#include "command/session.h"
#include "report.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct run {
	const struct config *config;
	const struct options *options;
	struct rules rules;
	struct state *state;
	struct session session;
	struct plan *plan;
	struct outcome outcome;
	struct apply apply; /* what carries the plan out, while it does */
	struct forecast *forecast;
	struct report report;
	struct rehearsal rehearsal;
	struct empties empties;
	struct inventory *verified; /* what was there afterwards, or NULL */
	int64_t until_ms;           /* monotonic: --max-minutes are over then; 0: no limit */
	bool out_of_time;           /* that was so, and told */
	bool collector_failed;
	bool collection_was_owed; /* by an earlier run */
};

struct hands {
	/* Opens the state as these hands may. */
	int (*open_state)(struct run *run, struct err *err);
	/* Carries out RUN's plan. -1: it ended early; what was done by then is in RUN. */
	int (*act)(struct run *run, struct err *err);
	bool read_only; /* the HTTP engine refuses to write */
	bool plans;     /* there is a plan before it acts */
};

/* The state with its locks, or as it may be read without them. */
int act_open_state(struct run *run, struct err *err) __attribute__((warn_unused_result));
int act_open_state_read_only(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* Says ERR, after which RUN goes on, and counts it. */
void act_note_error(struct run *run, const struct err *err);

/* What carries RUN's plan out; its dangling is NULL. */
struct apply act_new_apply(struct run *run);

/* Whether the run has to end because --max-minutes are over; tells once what is left, which is an
 * error of the run. */
bool act_out_of_time(struct run *run);

typedef int (*act_work)(struct run *run, struct err *err);
/* Measures the storage, does WORK, measures again, and verifies all tags where anything changed and
 * nothing is at work any more, while there is time. -1: as WORK, ERR_STOPPED. */
int act_measured(struct run *run, act_work work, struct err *err)
	__attribute__((warn_unused_result));

/* Plans on RUN's inventory, anew where there is a plan, and forecasts what that frees. */
void act_plan(struct run *run);

extern const struct hands HANDS_REAL, HANDS_DRY;

#endif
