/* What is due next, and when. Pure, but for the time zone. All times are seconds since 1970.
 * Private to src/watch. */
#ifndef WATCH_SCHEDULE_H
#define WATCH_SCHEDULE_H

#include "watch/local_time.h"

#include "util/string_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config; /* config/config.h */

#define SCHEDULE_NEVER    INT64_MIN
#define SCHEDULE_RETRY    3600 /* seconds until a job that was not done is tried again, at most */
#define SCHEDULE_HOLD     60   /* seconds until a run that could not begin is tried again */
#define SCHEDULE_TOGETHER 300  /* seconds that a job waits for a run of all rules */

/* A job with clean_every_n_hours; one without is a part of each run of all rules. */
struct schedule_job {
	char *name;
	int64_t every;
	int64_t done_at;  /* when its last run began, or SCHEDULE_NEVER */
	int64_t tried_at; /* a run that did not carry it out, or SCHEDULE_NEVER */
	bool running;
};

struct schedule {
	int at;        /* minutes past midnight, or -1 */
	int64_t every; /* seconds, or 0; with neither all rules are never due */
	int64_t last;  /* when all rules ran last, or SCHEDULE_NEVER: that is not known */
	int64_t since; /* a time of day before this was not missed */
	int64_t held;  /* a run could not begin: no other try before this; or SCHEDULE_NEVER */
	struct schedule_job *jobs;
	size_t count;
};

struct schedule_due {
	int64_t at; /* may be past; INT64_MAX: nothing ever is */
	bool rules; /* all rules, with the jobs that are due then; or jobs alone */
	enum local_time_kind kind;
};

/* What CONFIG says; nothing ran yet, as of NOW. The caller's: schedule_clear. */
void schedule_of(const struct config *config, int64_t now, struct schedule *out);
void schedule_clear(struct schedule *schedule);
/* Whether anything is ever due. */
bool schedule_has_any(const struct schedule *schedule);
/* SCHEDULE, of NOW, replaces BEFORE: what is known of earlier runs is known on. */
void schedule_inherit(struct schedule *schedule, const struct schedule *before);

/* All rules, or a job, ran at RAN_AT, says somebody else. What lies after NOW is not believed. */
void schedule_learn_rules(struct schedule *schedule, int64_t ran_at, int64_t now);
void schedule_learn_job(struct schedule *schedule, const char *name, int64_t ran_at, int64_t now);

/* What is due next, asked at NOW. Of a time that was missed several times one is left. */
struct schedule_due schedule_next(const struct schedule *schedule, int64_t now);
/* Appends the names of the jobs that are due at NOW. */
void schedule_due_jobs(const struct schedule *schedule, int64_t now, struct string_list *names);

/* A run begins: of all rules, or of the jobs that are due. */
void schedule_begin(struct schedule *schedule, bool rules, int64_t now);
/* It could not begin: it is as due as it was, but not before SCHEDULE_HOLD is over. */
void schedule_hold(struct schedule *schedule, int64_t now);
/* It ended. What was not done is tried again: a job after an hour, or its own hours if these are
 * less; all rules at their next time. */
void schedule_end(struct schedule *schedule, bool done);
/* The clock was set, and shows NOW: nothing can have run after that. By up to a day back, a time of
 * day that comes again is not run again. */
void schedule_clock_set(struct schedule *schedule, int64_t now);

#endif
