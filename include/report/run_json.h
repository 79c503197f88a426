/* What a run did, from its outcome: last lines for people, JSON for programs. */
#ifndef REPORT_RUN_JSON_H
#define REPORT_RUN_JSON_H

#include "forecast/listed.h"
#include "gc/gc.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "report/native.h"
#include "storage/tree.h"
#include "undo/window.h"
#include "util/err.h"
#include "verify/needs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config;
struct forecast;
struct inventory;
struct outcome;
struct scaleway_catalog;    /* scan_scaleway/catalog.h */
struct scaleway_namespaces; /* apply_scaleway/namespaces.h */

/* Where it is written how this run can be undone. */
struct report_undo {
	const char *run, *path; /* borrowed; NULL: there is no journal */
	struct undo_window window;
};

struct report {
	const struct config *config;
	const char *command;             /* the verb; borrowed */
	int64_t started_at, finished_at; /* seconds since 1970 */
	double seconds;
	bool dry_run;
	bool collects; /* dry run: the run would collect, or try to */
	/* gc.every_days: no collection is due before that, seconds since 1970; DATE_ABSENT: the
	 * next run may collect, or none will. */
	int64_t next_collection;
	bool collection_waits; /* one is owed, and waits for that day */
	int exit_code;
	const char *driver; /* the registry's storage driver; NULL or "": not known; borrowed */
	uint64_t requests;  /* sent to the registry, repeats included */
	/* NULL when the run ended before there was one; all four or none. */
	const struct inventory *inventory;
	const struct plan *plan;
	const struct outcome *outcome;
	const struct forecast *forecast;
	struct measurement before, after;
	/* Where the storage is not read, what the collector said when it was asked, and borrowed
	 * from that: its marks (NULL: nothing), the numbers among them of those that no tag leads
	 * to, how many of them are not known otherwise, and what it would have removed at once. */
	const struct collector_marks *listed_marks;
	const uint32_t *listed_untagged;
	size_t listed_untagged_count, listed_unread;
	struct listed_blobs garbage;
	bool garbage_listed;
	struct listed_blobs removed; /* by the collection, when that is done */
	struct gc_result gc;
	struct report_native native; /* of the native collector */
	/* The tags that were there afterwards; NULL when they were not verified. */
	const struct inventory *verified;
	struct verify_result verification;
	struct tree_names repositories_removed;
	/* Of Scaleway's registry, borrowed; NULL: of another kind, or not come to. */
	const struct scaleway_catalog *scaleway;
	const struct scaleway_namespaces *namespaces;
	struct report_undo undo;
	size_t errors; /* everything that failed or could not be read */
	/* Its JSON is to be short: the lists that grow with the registry are null, and of others
	 * the first REPORT_BRIEF are in it. */
	bool brief;
};
#define REPORT_BRIEF ((size_t)50)

/* How many of COUNT items REPORT's JSON has. */
static inline size_t report_items(const struct report *report, size_t count)
{
	return report->brief && count > REPORT_BRIEF ? REPORT_BRIEF : count;
}

/* Logs the summary, */
void report_log(const struct report *report);
/* and the last lines, when nothing can go wrong any more. */
void report_log_end(const struct report *report);
/* How many tags are whole. */
void report_log_verification(const struct verify_result *result);
/* Dry run: a line for each tag that would go. Either way a DEBUG line for each that stays. */
void report_log_plan(const struct report *report);

/* A line for each part of an image that goes which an index keeps that no tag reaches. */
void report_log_held(const struct report *report);

/* Writes report version 1 piece by piece. -1 (ERR_IO) when STREAM took not all of it. */
int report_write(const struct report *report, FILE *stream, struct err *err)
	__attribute__((warn_unused_result));

/* Tags kept and counted once each, under the first of their reasons in the order of importance. */
struct report_counts {
	size_t kept, unknown_age, orphans;
	size_t by_reason[PLAN_REASONS]; /* by number of the bit of enum plan_reason */
};
void report_count(const struct report *report, struct report_counts *counts);

#endif
