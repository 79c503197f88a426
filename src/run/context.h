/* One run: what its stages share, and the little that several of them do. */
#ifndef RUN_CONTEXT_H
#define RUN_CONTEXT_H

#include "apply/apply.h"
#include "apply_scaleway/namespaces.h"
#include "report/run_json.h"
#include "run/empty_repositories.h"
#include "run/rehearsal.h"
#include "session/policy_inputs.h"
#include "session/session.h"
#include "util/err.h"
#include "util/file.h"

#include <stdbool.h>
#include <stdint.h>

struct door;         /* door/door.h */
struct undo_journal; /* undo/journal.h */

struct run {
	const struct config *config;
	const struct options *options;
	struct policy_inputs rules;
	struct state *state;
	struct undo_journal *journal; /* undo/journal.h; NULL in a dry run */
	struct session session;
	struct plan *plan;
	struct outcome outcome;
	struct apply apply; /* what carries the plan out, while it does */
	struct forecast *forecast;
	struct report report;
	struct rehearsal rehearsal;
	struct door *door; /* what deletes go through while they do, or NULL */
	/* Something may have been deleted through a door, and the registry has not been restarted
	 * since: it may answer from its cache. */
	bool door_used;
	bool door_owed;         /* the state remembers so */
	uint64_t door_requests; /* sent to it */
	struct empty_repositories empties;
	struct scaleway_namespaces namespaces; /* of Scaleway's registry */
	struct inventory *verified;            /* what was there afterwards, or NULL */
	struct file_new page;                  /* run/page.h */
	int64_t until_ms; /* monotonic: --max-minutes are over then; 0: no limit */
	bool out_of_time; /* that was so, and told */
	bool checks;      /* the verb check: every question is asked, whatever is planned */
	bool collector_failed;
	bool collection_was_owed; /* by an earlier run */
	int64_t last_collection;  /* run/next_collection.h */
	bool native_due;          /* the native collector has something to go on with */
};

/* What a command does with the state and the plan (S9). */
struct operations {
	/* Opens the state as they may. */
	int (*open_state)(struct run *run, struct err *err);
	/* Executes RUN's plan, or says what would be done. -1: it ended early; what was done by
	 * then is in RUN. */
	int (*act)(struct run *run, struct err *err);
	bool read_only; /* the HTTP engine refuses to write */
	bool plans;     /* there is a plan before ACT */
};

/* The state with its locks, or as it may be read without them. */
int run_open_state(struct run *run, struct err *err) __attribute__((warn_unused_result));
int run_open_state_read_only(struct run *run, struct err *err) __attribute__((warn_unused_result));

/* Says ERR, after which RUN goes on, and counts it. */
void run_note_error(struct run *run, const struct err *err);

/* Plans on RUN's inventory, anew where there is a plan, and forecasts what that frees. */
void run_plan(struct run *run);

/* A plan of nothing, for what collects alone. */
void run_plan_nothing(struct run *run);
/* Whichever of the two was made, once more: the inventory has grown. */
void run_plan_again(struct run *run);

/* What executes RUN's plan; its dangling is NULL. */
struct apply run_new_apply(struct run *run);

/* Whether the run has to end because --max-minutes are over; tells once what is left, which is an
 * error of the run. */
bool run_is_out_of_time(struct run *run);

/* Whether a collection is due, by gc.when, by gc.every_days and by what is owed. */
bool run_collection_is_due(const struct run *run);

#endif
