/* When all rules and each job are due next. */
#include "watch/schedule.h"

#include "config/config.h"
#include "config/format.h"
#include "util/xalloc.h"

#include <string.h>

#define HOUR 3600
#define DAY  (INT64_C(24) * HOUR)

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Whole seconds, at least one. */
static int64_t seconds_of(double hours)
{
	return larger((int64_t)(hours * HOUR + 0.5), 1);
}

static void add_job(struct schedule *schedule, const struct config_job *job)
{
	schedule->jobs[schedule->count++] =
		(struct schedule_job){ .name = xstrdup(job->name),
				       .every = (int64_t)job->clean_every_n_hours * HOUR,
				       .done_at = SCHEDULE_NEVER,
				       .tried_at = SCHEDULE_NEVER };
}

void schedule_of(const struct config *config, int64_t now, struct schedule *out)
{
	double hours = config->watch.every_hours;

	*out = (struct schedule){
		.at = config_format_minutes(config->watch.at),
		.every = hours > 0 ? seconds_of(hours) : 0,
		.last = SCHEDULE_NEVER,
		.since = now,
		.held = SCHEDULE_NEVER,
		.jobs = xcalloc(config->jobs.count + 1, sizeof *out->jobs),
	};
	for (size_t i = 0; i < config->jobs.count; i++)
		if (config->jobs.items[i].clean_every_n_hours > 0)
			add_job(out, &config->jobs.items[i]);
}

void schedule_clear(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->count; i++)
		free(schedule->jobs[i].name);
	free(schedule->jobs);
	*schedule = (struct schedule){ .at = -1 };
}

bool schedule_has_any(const struct schedule *schedule)
{
	return schedule->at >= 0 || schedule->every > 0 || schedule->count > 0;
}

static struct schedule_job *find(const struct schedule *schedule, const char *name)
{
	for (size_t i = 0; i < schedule->count; i++)
		if (strcmp(schedule->jobs[i].name, name) == 0)
			return &schedule->jobs[i];
	return NULL;
}

/* A new time of day that is past already was not missed. */
void schedule_inherit(struct schedule *schedule, const struct schedule *before)
{
	schedule->last = before->last;
	if (schedule->at == before->at)
		schedule->since = before->since;
	else if (schedule->at >= 0)
		schedule->last = larger(before->last, schedule->since);
	for (size_t i = 0; i < schedule->count; i++) {
		const struct schedule_job *job = find(before, schedule->jobs[i].name);

		if (job) {
			schedule->jobs[i].done_at = job->done_at;
			schedule->jobs[i].tried_at = job->tried_at;
		}
	}
}

void schedule_learn_rules(struct schedule *schedule, int64_t ran_at, int64_t now)
{
	if (ran_at <= now)
		schedule->last = larger(schedule->last, ran_at);
}

void schedule_learn_job(struct schedule *schedule, const char *name, int64_t ran_at, int64_t now)
{
	struct schedule_job *job = find(schedule, name);

	if (job && ran_at <= now)
		job->done_at = larger(job->done_at, ran_at);
}

static struct local_time rules_due(const struct schedule *schedule, int64_t now)
{
	if (schedule->at >= 0)
		return local_time_next(schedule->at, schedule->last == SCHEDULE_NEVER
							     ? schedule->since
							     : schedule->last);
	if (schedule->every == 0)
		return (struct local_time){ .at = INT64_MAX };
	return (struct local_time){ .at = schedule->last == SCHEDULE_NEVER
						  ? now
						  : schedule->last + schedule->every };
}

static int64_t job_due(const struct schedule_job *job, int64_t now)
{
	int64_t due = job->done_at == SCHEDULE_NEVER ? now : job->done_at + job->every;

	if (job->tried_at == SCHEDULE_NEVER || job->tried_at <= job->done_at)
		return due;
	return larger(due, job->tried_at + smaller(job->every, SCHEDULE_RETRY));
}

/* A run of all rules carries out what is due as well, so a job waits for one that is near. */
static struct schedule_due unheld(const struct schedule *schedule, int64_t now)
{
	struct local_time rules = rules_due(schedule, now);
	int64_t jobs = INT64_MAX;

	for (size_t i = 0; i < schedule->count; i++)
		jobs = smaller(jobs, job_due(&schedule->jobs[i], now));
	if (rules.at != INT64_MAX &&
	    (jobs == INT64_MAX || larger(rules.at, now) <= larger(jobs, now) + SCHEDULE_TOGETHER))
		return (struct schedule_due){ .at = rules.at, .rules = true, .kind = rules.kind };
	return (struct schedule_due){ .at = jobs };
}

struct schedule_due schedule_next(const struct schedule *schedule, int64_t now)
{
	struct schedule_due due = unheld(schedule, now);

	if (due.at >= schedule->held)
		return due;
	return (struct schedule_due){ .at = schedule->held, .rules = due.rules };
}

void schedule_due_jobs(const struct schedule *schedule, int64_t now, struct string_list *names)
{
	for (size_t i = 0; i < schedule->count; i++)
		if (job_due(&schedule->jobs[i], now) <= now)
			string_list_add(names, xstrdup(schedule->jobs[i].name));
}

void schedule_begin(struct schedule *schedule, bool rules, int64_t now)
{
	schedule->held = SCHEDULE_NEVER;
	if (rules)
		schedule->last = now;
	for (size_t i = 0; i < schedule->count; i++) {
		struct schedule_job *job = &schedule->jobs[i];

		job->running = job_due(job, now) <= now;
		if (job->running)
			job->tried_at = now;
	}
}

void schedule_hold(struct schedule *schedule, int64_t now)
{
	schedule->held = now + SCHEDULE_HOLD;
}

void schedule_end(struct schedule *schedule, bool done)
{
	for (size_t i = 0; i < schedule->count; i++) {
		struct schedule_job *job = &schedule->jobs[i];

		if (job->running && done)
			job->done_at = job->tried_at;
		job->running = false;
	}
}

void schedule_clock_set(struct schedule *schedule, int64_t now)
{
	schedule->since = smaller(schedule->since, now);
	schedule->held = smaller(schedule->held, now + SCHEDULE_HOLD);
	if (schedule->at < 0 || schedule->last > now + DAY)
		schedule->last = smaller(schedule->last, now);
	for (size_t i = 0; i < schedule->count; i++) {
		struct schedule_job *job = &schedule->jobs[i];

		job->done_at = smaller(job->done_at, now);
		job->tried_at = smaller(job->tried_at, now);
	}
}
