/* Counts days from the beginning of a run to the beginning of a run. */
#include "run/next_collection.h"

#include "config/config.h"
#include "run/context.h"
#include "state/last_collection.h"
#include "state/state.h"
#include "util/date.h"

#define DAY   INT64_C(86400)
#define GRACE 300

void next_collection_load(struct run *run)
{
	if (run->config->gc.every_days > 0)
		run->last_collection = last_collection_read(run->state);
}

/* When the next one is due, or DATE_ABSENT: now. */
static int64_t due_at(const struct run *run)
{
	int64_t last = run->last_collection, next;

	/* In the future: the clock went back, and when it was is not known. */
	if (run->config->gc.every_days == 0 || !date_known(last) || last > run->report.started_at)
		return DATE_ABSENT;
	next = last + run->config->gc.every_days * DAY;
	return run->report.started_at >= next - GRACE ? DATE_ABSENT : next;
}

bool next_collection_is_due(const struct run *run)
{
	return !date_known(due_at(run));
}

bool next_collection_waits(const struct run *run)
{
	return run->config->gc.when != GC_NEVER && !next_collection_is_due(run) &&
	       state_collection_is_pending(run->state);
}

int next_collection_done(struct run *run, struct err *err)
{
	run->last_collection = run->report.started_at;
	/* Noted first: a collection that is owed by mistake is one too many, and no more. */
	if (run->config->gc.every_days > 0 &&
	    last_collection_write(run->state, run->last_collection, err) < 0)
		return -1;
	return state_collection_done(run->state, err);
}

void next_collection_report(struct run *run)
{
	bool ever = run->config->gc.when != GC_NEVER;

	run->report.next_collection = ever && run->state ? due_at(run) : DATE_ABSENT;
	run->report.collection_waits = ever && run->state && next_collection_waits(run);
}
