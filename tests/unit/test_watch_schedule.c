/* watch/local_time, watch/schedule: when a run is due, in time zones of all kinds. */
#include "watch/schedule.h"

#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

/* Their rules are written out: no files of zones are needed. */
#define BERLIN     "CET-1CEST,M3.5.0,M10.5.0/3"
#define LORD_HOWE  "LHST-10:30LHDT-11,M10.1.0,M4.1.0"
#define NEW_YORK   "EST5EDT,M3.2.0,M11.1.0"
#define CAIRO      "EET-2EEST,M4.5.5/0,M10.5.4/24" /* clocks change at midnight */
#define NUUK       "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"
#define CHATHAM    "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45"
#define KIRITIMATI "<+14>-14"

static void use_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* Seconds since 1970 of "2026-12-01T03:17:00", UTC. */
static int64_t utc(const char *text)
{
	struct tm when = { 0 };

	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%S", &when));
	return timegm(&when);
}

static const struct {
	const char *zone, *after, *time, *at; /* both in UTC */
	enum local_time_kind kind;
} MOMENTS[] = {
	{ "UTC0", "2026-11-30T12:00:00", "03:17", "2026-12-01T03:17:00", LOCAL_TIME_ONCE },
	{ "UTC0", "2026-12-01T03:16:59", "03:17", "2026-12-01T03:17:00", LOCAL_TIME_ONCE },
	{ "UTC0", "2026-12-01T03:17:00", "03:17", "2026-12-02T03:17:00", LOCAL_TIME_ONCE },
	{ "UTC0", "2026-12-31T23:59:59", "00:00", "2027-01-01T00:00:00", LOCAL_TIME_ONCE },
	{ "UTC0", "2028-02-28T23:59:00", "23:59", "2028-02-29T23:59:00", LOCAL_TIME_ONCE },
	{ BERLIN, "2026-11-30T12:00:00", "03:17", "2026-12-01T02:17:00", LOCAL_TIME_ONCE },
	{ BERLIN, "2026-07-01T12:00:00", "03:17", "2026-07-02T01:17:00", LOCAL_TIME_ONCE },
	/* 02:00 to 03:00 is skipped: 01:00 UTC. */
	{ BERLIN, "2027-03-27T12:00:00", "02:30", "2027-03-28T01:00:00", LOCAL_TIME_SKIPPED },
	{ BERLIN, "2027-03-27T12:00:00", "02:00", "2027-03-28T01:00:00", LOCAL_TIME_SKIPPED },
	{ BERLIN, "2027-03-27T12:00:00", "01:59", "2027-03-28T00:59:00", LOCAL_TIME_ONCE },
	{ BERLIN, "2027-03-27T12:00:00", "03:00", "2027-03-28T01:00:00", LOCAL_TIME_ONCE },
	{ BERLIN, "2027-03-28T01:00:00", "02:30", "2027-03-29T00:30:00", LOCAL_TIME_ONCE },
	/* 02:00 to 03:00 comes twice: at 00:00 and 01:00 UTC. */
	{ BERLIN, "2026-10-24T12:00:00", "02:30", "2026-10-25T00:30:00", LOCAL_TIME_TWICE },
	{ BERLIN, "2026-10-24T12:00:00", "02:00", "2026-10-25T00:00:00", LOCAL_TIME_TWICE },
	{ BERLIN, "2026-10-24T12:00:00", "03:00", "2026-10-25T02:00:00", LOCAL_TIME_ONCE },
	{ BERLIN, "2026-10-25T00:30:00", "02:30", "2026-10-26T01:30:00", LOCAL_TIME_ONCE },
	{ BERLIN, "2026-10-25T01:15:00", "02:30", "2026-10-26T01:30:00", LOCAL_TIME_ONCE },
	/* Half an hour: 02:00 to 02:30 is skipped, 01:30 to 02:00 comes twice. */
	{ LORD_HOWE, "2026-10-03T00:00:00", "02:10", "2026-10-03T15:30:00", LOCAL_TIME_SKIPPED },
	{ LORD_HOWE, "2026-10-03T00:00:00", "02:30", "2026-10-03T15:30:00", LOCAL_TIME_ONCE },
	{ LORD_HOWE, "2027-04-03T00:00:00", "01:45", "2027-04-03T14:45:00", LOCAL_TIME_TWICE },
	{ LORD_HOWE, "2027-04-03T14:45:00", "01:45", "2027-04-04T15:15:00", LOCAL_TIME_ONCE },
	{ NEW_YORK, "2027-03-14T00:00:00", "02:30", "2027-03-14T07:00:00", LOCAL_TIME_SKIPPED },
	{ NEW_YORK, "2026-11-01T00:00:00", "01:30", "2026-11-01T05:30:00", LOCAL_TIME_TWICE },
	/* Midnight itself is skipped, and 23:30 comes twice. */
	{ CAIRO, "2027-04-29T00:00:00", "00:30", "2027-04-29T22:00:00", LOCAL_TIME_SKIPPED },
	{ CAIRO, "2026-10-29T00:00:00", "23:30", "2026-10-29T20:30:00", LOCAL_TIME_TWICE },
	{ CAIRO, "2026-10-29T20:30:00", "23:30", "2026-10-30T21:30:00", LOCAL_TIME_ONCE },
	{ CAIRO, "2026-10-29T21:10:00", "00:00", "2026-10-29T22:00:00", LOCAL_TIME_ONCE },
	{ CHATHAM, "2026-09-26T00:00:00", "03:00", "2026-09-26T14:00:00", LOCAL_TIME_SKIPPED },
	{ KIRITIMATI, "2026-11-30T10:00:00", "03:17", "2026-11-30T13:17:00", LOCAL_TIME_ONCE },
};

static int minutes_of(const char *time)
{
	return atoi(time) * 60 + atoi(time + 3);
}

static void each_day_has_one_moment(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof MOMENTS / sizeof *MOMENTS; i++) {
		struct local_time found;

		use_zone(MOMENTS[i].zone);
		found = local_time_next(minutes_of(MOMENTS[i].time), utc(MOMENTS[i].after));
		if (found.at != utc(MOMENTS[i].at) || found.kind != MOMENTS[i].kind)
			fail_msg("%s %s after %s: %" PRId64 " (%d), not %" PRId64 " (%d)",
				 MOMENTS[i].zone, MOMENTS[i].time, MOMENTS[i].after, found.at,
				 (int)found.kind, utc(MOMENTS[i].at), (int)MOMENTS[i].kind);
	}
}

/* The same by walking through the minutes: a date's moment is the first at which its clock shows
 * the time or more; where clocks jump into the next date, that is when they do. */
static int64_t walk(int minutes, int64_t after)
{
	int64_t begin = after - after % 60 - 3 * DAY;
	long done = -1; /* the last date whose moment is past */
	long date = -1;

	for (int64_t at = begin;; at += 60) {
		time_t time = at;
		struct tm when;
		long today;

		localtime_r(&time, &when);
		today = when.tm_year * 400L + when.tm_yday;
		if (date < 0)
			done = today; /* it may have been before */
		if (today > date && date > done) {
			done = date;
			if (at > after)
				return at;
		}
		if (today > date)
			date = today;
		if (today == date && date > done && when.tm_hour * 60 + when.tm_min >= minutes) {
			done = date;
			if (at > after)
				return at;
		}
	}
}

static void random_times_are_as_a_slow_walk_has_them(void **state)
{
	static const char *const ZONES[] = { "UTC0", BERLIN,  LORD_HOWE,  NEW_YORK, CAIRO,
					     NUUK,   CHATHAM, KIRITIMATI, "<-12>12" };
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);
	int64_t begin = utc("2026-01-01T00:00:00");

	(void)state;
	print_message("# SEED=%u\n", seed);
	srandom(seed);
	for (int i = 0; i < 4000; i++) {
		const char *zone = ZONES[(size_t)random() % (sizeof ZONES / sizeof *ZONES)];
		int minutes = (int)(random() % 1440);
		int64_t after = begin + random() % (2 * 365 * DAY), found, wanted;

		/* Most of them around the nights on which clocks change. */
		if (i % 4)
			minutes = (int)(random() % 240 + 1380) % 1440;
		use_zone(zone);
		found = local_time_next(minutes, after).at;
		wanted = walk(minutes, after);
		if (found != wanted)
			fail_msg("%s %02d:%02d after %" PRId64 ": %" PRId64 ", not %" PRId64, zone,
				 minutes / 60, minutes % 60, after, found, wanted);
	}
}

/* A configuration with these times and the jobs "a" and "b". */
struct world {
	struct config config;
	struct config_job jobs[2];
	struct schedule schedule;
};

static void begin_world(struct world *world, const char *at, double every, long a, long b,
			int64_t now)
{
	static char empty[] = "", job_a[] = "a", job_b[] = "b";
	static char time[8];

	(void)snprintf(time, sizeof time, "%s", at);
	*world = (struct world){ .jobs = { { .name = job_a, .clean_every_n_hours = a },
					   { .name = job_b, .clean_every_n_hours = b } } };
	world->config.watch.at = *at ? time : empty;
	world->config.watch.every_hours = every;
	world->config.jobs.items = world->jobs;
	world->config.jobs.count = 2;
	use_zone(BERLIN);
	schedule_of(&world->config, now, &world->schedule);
}

static void is_due(const struct world *world, int64_t now, bool rules, int64_t at, const char *jobs)
{
	struct schedule_due due = schedule_next(&world->schedule, now);
	struct string_list names = { 0 };
	char text[16] = "";

	assert_int_equal(due.at, at);
	assert_int_equal(due.rules, rules);
	schedule_due_jobs(&world->schedule, at > now ? at : now, &names);
	for (size_t i = 0; i < names.count; i++)
		strcat(text, names.items[i]);
	assert_string_equal(text, jobs);
	string_list_clear(&names);
}

#define NOON utc("2026-11-30T11:00:00") /* 12:00 in Berlin */
#define AT   utc("2026-12-01T02:17:00") /* 03:17 there */

static void a_time_of_day_is_waited_for(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 0, 0, NOON);
	is_due(&world, NOON, true, AT, "");
	schedule_begin(&world.schedule, true, AT);
	is_due(&world, AT + 1, true, AT + DAY, "");
	/* It failed: all the same. */
	schedule_end(&world.schedule, false);
	is_due(&world, AT + 1, true, AT + DAY, "");
	/* Three nights are missed, and one is made up for. */
	is_due(&world, AT + 3 * DAY + HOUR, true, AT + DAY, "");
	schedule_begin(&world.schedule, true, AT + 3 * DAY + HOUR);
	schedule_end(&world.schedule, true);
	is_due(&world, AT + 3 * DAY + HOUR, true, AT + 4 * DAY, "");
	/* Somebody ran it before its time: not that one. */
	schedule_learn_rules(&world.schedule, AT + 4 * DAY - 60, AT + 4 * DAY - 30);
	is_due(&world, AT + 4 * DAY - 30, true, AT + 4 * DAY, "");
	schedule_learn_rules(&world.schedule, AT + 4 * DAY, AT + 4 * DAY);
	is_due(&world, AT + 4 * DAY, true, AT + 5 * DAY, "");
	schedule_clear(&world.schedule);
}

static void a_run_that_cannot_begin_is_tried_again(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 24, 0, NOON);
	schedule_learn_job(&world.schedule, "a", AT - DAY, NOON);
	is_due(&world, AT, true, AT, "a");
	schedule_hold(&world.schedule, AT);
	is_due(&world, AT + 1, true, AT + 60, "a");
	is_due(&world, AT + 60, true, AT + 60, "a");
	/* As often as it must be. */
	schedule_hold(&world.schedule, AT + 60);
	is_due(&world, AT + 61, true, AT + 120, "a");
	/* A clock that is put back holds it for no longer. */
	schedule_clock_set(&world.schedule, AT - HOUR);
	is_due(&world, AT - HOUR, true, AT, "a");
	schedule_hold(&world.schedule, AT + 120);
	schedule_clock_set(&world.schedule, AT + 1);
	is_due(&world, AT + 1, true, AT + 61, "a");
	schedule_begin(&world.schedule, true, AT + 61);
	schedule_end(&world.schedule, true);
	is_due(&world, AT + 61, true, AT + DAY, "");
	/* Where nothing is due, nothing is held. */
	schedule_clear(&world.schedule);
	begin_world(&world, "", 0, 0, 0, NOON);
	schedule_hold(&world.schedule, NOON);
	is_due(&world, NOON, false, INT64_MAX, "");
	schedule_clear(&world.schedule);
}

static void what_was_missed_before_the_start_is_made_up_for(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 0, 0, NOON);
	schedule_learn_rules(&world.schedule, AT - 2 * DAY, NOON);
	is_due(&world, NOON, true, AT - DAY, "");
	/* From the future: not believed. */
	schedule_clear(&world.schedule);
	begin_world(&world, "03:17", 0, 0, 0, NOON);
	schedule_learn_rules(&world.schedule, NOON + 1, NOON);
	is_due(&world, NOON, true, AT, "");
	schedule_clear(&world.schedule);
}

static void hours_count_from_the_last_run(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "", 0.5, 0, 0, NOON);
	is_due(&world, NOON, true, NOON, "");
	schedule_begin(&world.schedule, true, NOON);
	schedule_end(&world.schedule, false);
	is_due(&world, NOON + 1, true, NOON + HOUR / 2, "");
	schedule_learn_rules(&world.schedule, NOON + 600, NOON + 700);
	is_due(&world, NOON + 700, true, NOON + 600 + HOUR / 2, "");
	schedule_clear(&world.schedule);
	begin_world(&world, "", 0.00001, 0, 0, NOON);
	assert_int_equal(world.schedule.every, 1);
	schedule_clear(&world.schedule);
}

static void jobs_have_their_own_hours(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 6, 0, NOON);
	assert_int_equal(world.schedule.count, 1);
	is_due(&world, NOON, false, NOON, "a");
	schedule_begin(&world.schedule, false, NOON);
	schedule_end(&world.schedule, true);
	is_due(&world, NOON + 1, false, NOON + 6 * HOUR, "a");
	/* Not done: tried again after an hour, again and again. */
	schedule_begin(&world.schedule, false, NOON + 6 * HOUR);
	schedule_end(&world.schedule, false);
	is_due(&world, NOON + 6 * HOUR, false, NOON + 7 * HOUR, "a");
	schedule_begin(&world.schedule, false, NOON + 7 * HOUR);
	schedule_end(&world.schedule, true);
	is_due(&world, NOON + 7 * HOUR, false, NOON + 13 * HOUR, "a");
	/* Somebody else did it. */
	schedule_learn_job(&world.schedule, "a", NOON + 12 * HOUR, NOON + 12 * HOUR);
	schedule_learn_job(&world.schedule, "b", NOON + 12 * HOUR, NOON + 12 * HOUR);
	is_due(&world, NOON + 12 * HOUR, true, AT, "");
	schedule_clear(&world.schedule);
}

static void jobs_that_are_due_together_run_together(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "", 0, 6, 12, NOON);
	is_due(&world, NOON, false, NOON, "ab");
	schedule_begin(&world.schedule, false, NOON);
	schedule_end(&world.schedule, true);
	is_due(&world, NOON, false, NOON + 6 * HOUR, "a");
	schedule_begin(&world.schedule, false, NOON + 6 * HOUR);
	schedule_end(&world.schedule, true);
	is_due(&world, NOON + 6 * HOUR, false, NOON + 12 * HOUR, "ab");
	schedule_clear(&world.schedule);
}

/* A run of all rules carries out what is due: a job does not run just before it. */
static void a_job_waits_for_a_run_of_all_rules_that_is_near(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 24, 0, NOON);
	schedule_learn_job(&world.schedule, "a", AT - DAY - 300, NOON);
	is_due(&world, NOON, true, AT, "a");
	schedule_begin(&world.schedule, true, AT);
	schedule_end(&world.schedule, true);
	is_due(&world, AT + 1, true, AT + DAY, "a");
	/* One that is not near is not waited for. */
	schedule_learn_job(&world.schedule, "a", AT, AT);
	schedule_begin(&world.schedule, true, AT + 301);
	schedule_end(&world.schedule, true);
	is_due(&world, AT + 302, true, AT + DAY, "a");
	schedule_clear(&world.schedule);
	begin_world(&world, "03:17", 0, 24, 0, NOON);
	schedule_learn_job(&world.schedule, "a", AT - DAY - 301, NOON);
	is_due(&world, NOON, false, AT - 301, "a");
	schedule_clear(&world.schedule);
}

static void a_run_of_all_rules_that_failed_is_no_reason_to_run_its_jobs_at_once(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 24, 0, NOON);
	schedule_learn_job(&world.schedule, "a", AT - DAY, NOON);
	schedule_begin(&world.schedule, true, AT);
	schedule_end(&world.schedule, false);
	is_due(&world, AT + 1, false, AT + HOUR, "a");
	schedule_clear(&world.schedule);
}

static void a_clock_that_is_set_neither_repeats_nor_waits_for_ever(void **state)
{
	struct world world;

	(void)state;
	begin_world(&world, "03:17", 0, 6, 0, NOON);
	schedule_begin(&world.schedule, true, AT);
	schedule_end(&world.schedule, true);
	/* Back by two minutes: the time comes again, and was done. The job counts from now. */
	schedule_clock_set(&world.schedule, AT - 120);
	is_due(&world, AT - 120, false, AT - 120 + 6 * HOUR, "a");
	schedule_learn_job(&world.schedule, "a", AT + 20 * HOUR, AT + 20 * HOUR);
	is_due(&world, AT, true, AT + DAY, "");
	/* Back by a year: what comes then is due. */
	schedule_clock_set(&world.schedule, AT - 365 * DAY - 60);
	is_due(&world, AT - 365 * DAY - 60, true, AT - 365 * DAY, "");
	schedule_clear(&world.schedule);
	begin_world(&world, "", 6, 0, 0, NOON);
	schedule_begin(&world.schedule, true, NOON);
	schedule_clock_set(&world.schedule, NOON - 10 * HOUR);
	is_due(&world, NOON - 10 * HOUR, true, NOON - 4 * HOUR, "");
	schedule_clear(&world.schedule);
}

static void what_ran_is_known_on_in_a_new_configuration(void **state)
{
	struct world before, world;

	(void)state;
	begin_world(&before, "03:17", 0, 6, 0, NOON);
	schedule_begin(&before.schedule, true, AT);
	schedule_end(&before.schedule, true);
	begin_world(&world, "03:17", 0, 12, 3, AT + HOUR);
	schedule_inherit(&world.schedule, &before.schedule);
	is_due(&world, AT + HOUR, false, AT + HOUR, "b");
	schedule_begin(&world.schedule, false, AT + HOUR);
	schedule_end(&world.schedule, true);
	is_due(&world, AT + HOUR, false, AT + 4 * HOUR, "b");
	schedule_clear(&world.schedule);
	/* A time of day that has passed today comes tomorrow. */
	begin_world(&world, "04:00", 0, 0, 0, AT + HOUR);
	schedule_inherit(&world.schedule, &before.schedule);
	is_due(&world, AT + HOUR, true, AT + 43 * 60 + DAY, "");
	schedule_clear(&world.schedule);
	/* Nothing is due for ever. */
	begin_world(&world, "", 0, 0, 0, NOON);
	assert_false(schedule_has_any(&world.schedule));
	is_due(&world, NOON, false, INT64_MAX, "");
	schedule_clear(&world.schedule);
	schedule_clear(&before.schedule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_day_has_one_moment),
		cmocka_unit_test(random_times_are_as_a_slow_walk_has_them),
		cmocka_unit_test(a_time_of_day_is_waited_for),
		cmocka_unit_test(a_run_that_cannot_begin_is_tried_again),
		cmocka_unit_test(what_was_missed_before_the_start_is_made_up_for),
		cmocka_unit_test(hours_count_from_the_last_run),
		cmocka_unit_test(jobs_have_their_own_hours),
		cmocka_unit_test(jobs_that_are_due_together_run_together),
		cmocka_unit_test(a_job_waits_for_a_run_of_all_rules_that_is_near),
		cmocka_unit_test(
			a_run_of_all_rules_that_failed_is_no_reason_to_run_its_jobs_at_once),
		cmocka_unit_test(a_clock_that_is_set_neither_repeats_nor_waits_for_ever),
		cmocka_unit_test(what_ran_is_known_on_in_a_new_configuration),
	};

	return cmocka_run_group_tests_name("watch_schedule", tests, NULL, NULL);
}
