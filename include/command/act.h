/* The acting half of `run`, behind a table of hands: a dry run is handed other ones (S9). */
#ifndef COMMAND_ACT_H
#define COMMAND_ACT_H

#include "apply.h"
#include "command/empties.h"
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
	struct forecast *forecast;
	struct report report;
	struct empties empties;
	struct inventory *verified; /* what was there afterwards, or NULL */
	bool collector_failed;
	bool collection_barred;   /* something is in the collector's way, and that was told */
	bool collection_was_owed; /* by an earlier run */
};

struct hands {
	/* Opens the state as these hands may. */
	int (*open_state)(struct run *run, struct err *err);
	/* Carries out RUN's plan. -1: it ended early; what was done by then is in RUN. */
	int (*act)(struct run *run, struct err *err);
	bool read_only; /* the HTTP engine refuses to write */
};

/* Plans on RUN's inventory, anew where there is a plan, and forecasts what that frees. */
void act_plan(struct run *run);

extern const struct hands HANDS_REAL, HANDS_DRY;

#endif
