/* What refuses a plan, at the border of each limit. A row is a sentence, a registry, what is known
 * of earlier runs, and all that is said ("": the plan may be carried out). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "plan/limits.h"
#include "plan/plan.h"
#include "state/growth.h"
#include "util/buf.h"
#include "util/notes.h"
#include "util/xalloc.h"
#include "world.h"

#define NOW   WORLD_NOW /* 2026-05-28T20:26:40Z */
#define DAY   INT64_C(86400)
#define LOOK  "look at the clock first, say with timedatectl\n"
#define SKEW  "safety.max_clock_skew_seconds: it is 2026-05-28T20:26:40Z here"
#define APART "safety.max_clock_skew_seconds: it was 2026-05-28T20:26:40Z here"

/* Each tag whose name begins with `x` goes. */
static struct plan *make_plan(const struct inventory *inventory)
{
	struct plan *plan = xcalloc(1, sizeof *plan);

	plan->tags = xcalloc(inventory->tag_count + 1, sizeof *plan->tags);
	plan->manifests = xcalloc(inventory->manifest_count + 1, sizeof *plan->manifests);
	for (size_t m = 0; m < inventory->manifest_count; m++)
		plan->manifests[m].created = inventory->manifests[m].created;
	for (size_t t = 0; t < inventory->tag_count; t++) {
		plan->tags[t].goes = inventory->tags[t].name[0] == 'x';
		plan->tags_going += plan->tags[t].goes;
	}
	plan->step_count = plan->tags_going;
	return plan;
}

static void release_plan(struct plan *plan)
{
	free(plan->tags);
	free(plan->manifests);
	free(plan);
}

static void add_tags(struct buf *text, char prefix, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		buf_format(text, "tag %c%u A\n", prefix, i);
}

/* SIZES is "GOING/ALL …", one for each repository: a, b, … */
static struct inventory *make_inventory(const char *sizes)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct inventory *inventory;
	unsigned going, all;
	int length;

	for (char name = 'a'; sscanf(sizes, "%u/%u%n", &going, &all, &length) == 2; name++) {
		buf_format(&text, "repository team/%c\nimage A 50\n", name);
		add_tags(&text, 'x', going);
		add_tags(&text, 'k', all - going);
		sizes += length;
	}
	inventory = world_new(buf_string(&text));
	return inventory;
}

static void assert_said(const char *sentence, const struct safety_question *question,
			const char *expected)
{
	CLEANUP(buf_free) struct buf said = { 0 };
	struct notes notes = { 0 };

	plan_limits_check(question, &notes);
	for (size_t i = 0; i < notes.count; i++)
		buf_format(&said, "%s\n", notes.lines[i]);
	if (strcmp(buf_string(&said), expected) != 0)
		fail_msg("%s:\n%sbut expected:\n%s", sentence, buf_string(&said), expected);
	notes_clear(&notes);
}

struct limit_row {
	const char *sentence, *sizes;
	long tags, percent, minimum;
	const char *expected;
};

static const struct limit_row LIMITS[] = {
	{ "no limit is set", "60/60 60/60", 0, 0, 0, "" },
	{ "as many tags as are allowed", "3/5 2/2", 5, 0, 0, "" },
	{ "one tag more than is allowed", "4/5 2/2", 5, 0, 0,
	  "safety.max_delete_tags: 6 tags would go, 5 are allowed\n" },
	{ "as large a part as is allowed", "1/2 1/2", 0, 50, 0, "" },
	{ "a little more than is allowed", "26/51", 0, 50, 0,
	  "safety.max_delete_percent: 26 of 51 tags would go, 50 percent are allowed\n" },
	{ "a little less than is allowed", "25/51", 0, 50, 0, "" },
	{ "the part is one of the whole registry", "10/10 0/30", 0, 25, 0, "" },
	{ "all may go", "9/9", 0, 100, 0, "" },
	{ "nothing goes", "0/9", 1, 1, 100, "" },
	{ "nothing is there", "0/0", 1, 1, 100, "" },
	{ "as many stay as must", "6/9", 0, 0, 3, "" },
	{ "one fewer stays than must", "7/9", 0, 0, 3,
	  "safety.min_tags_per_repository: 1 repository would have too few tags left: team/a would "
	  "keep 2 of 9, at least 3 must stay\n" },
	{ "a repository that loses nothing may be small", "0/1 1/9 0/2", 0, 0, 3, "" },
	{ "the first repository is named, and all are counted", "0/1 1/9 3/4 2/2 9/9", 0, 0, 3,
	  "safety.min_tags_per_repository: 3 repositories would have too few tags left: the first, "
	  "team/c would keep 1 of 4, at least 3 must stay\n" },
	{ "a repository that keeps none", "1/1", 0, 0, 1,
	  "safety.min_tags_per_repository: 1 repository would have too few tags left: team/a would "
	  "keep 0 of 1, at least 1 must stay\n" },
	{ "each limit has its say", "2/2", 1, 99, 1,
	  "safety.max_delete_tags: 2 tags would go, 1 is allowed\n"
	  "safety.max_delete_percent: 2 of 2 tags would go, 99 percent are allowed\n"
	  "safety.min_tags_per_repository: 1 repository would have too few tags left: team/a would "
	  "keep 0 of 2, at least 1 must stay\n" },
};

static void test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
		const struct limit_row *row = &LIMITS[i];
		struct inventory *inventory = make_inventory(row->sizes);
		struct plan *plan = make_plan(inventory);
		struct growth growth = { 0 };
		struct config config = { 0 };
		struct safety_question question = { &config, inventory, plan, &growth, NOW };

		config.safety.max_delete_tags = row->tags;
		config.safety.max_delete_percent = row->percent;
		config.safety.min_tags_per_repository = row->minimum;
		assert_said(row->sentence, &question, row->expected);
		release_plan(plan);
		inventory_free(inventory);
	}
}

struct growth_row {
	const char *sentence;
	const char *runs; /* how many each deleted, the oldest first; -: it was not complete */
	double factor;
	const char *sizes, *expected;
};

static const struct growth_row GROWTH[] = {
	{ "no limit is set", "1 1 1", 0, "60/60", "" },
	{ "there was no run", "", 2, "60/60", "" },
	{ "two runs do not say what is usual", "1 1", 2, "60/60", "" },
	{ "two complete ones of four neither", "1- 1 1 1-", 2, "60/60", "" },
	{ "three do", "1 1 1", 2, "60/60",
	  "safety.max_growth_factor: 60 tags would go, the largest of the last 3 runs deleted 1, 2 "
	  "times as many are allowed\n" },
	{ "exactly as many as are allowed", "1 30 1", 2, "60/60", "" },
	{ "one more than are allowed", "1 30 1", 2, "60/60 1/1",
	  "safety.max_growth_factor: 61 tags would go, the largest of the last 3 runs deleted 30, "
	  "2 times as many are allowed\n" },
	{ "the largest may be one that was not complete", "1 1 1 30-", 2, "60/60", "" },
	{ "the factor may be a fraction", "1 40 1", 1.5, "60/60 1/1",
	  "safety.max_growth_factor: 61 tags would go, the largest of the last 3 runs deleted 40, "
	  "1.5 times as many are allowed\n" },
	{ "fifty are never too many", "0 0 0", 2, "50/50", "" },
	{ "51 are", "0 0 0", 2, "51/51",
	  "safety.max_growth_factor: 51 tags would go, the largest of the last 3 runs deleted 0, 2 "
	  "times as many are allowed\n" },
	{ "only ten runs count", "99 1 1 1 1 1 1 1 1 1 1", 2, "60/60",
	  "safety.max_growth_factor: 60 tags would go, the largest of the last 10 runs deleted 1, "
	  "2 "
	  "times as many are allowed\n" },
};

static struct growth make_history(const char *runs)
{
	struct growth growth = { 0 };
	unsigned deleted;
	int length;

	while (sscanf(runs, "%u%n", &deleted, &length) == 1) {
		struct growth_run run = { NOW - DAY, NOW - DAY, deleted, runs[length] != '-' };

		growth_add_run(&growth, &run);
		runs += length + !run.complete;
	}
	return growth;
}

static void test_growth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof GROWTH / sizeof *GROWTH; i++) {
		const struct growth_row *row = &GROWTH[i];
		struct inventory *inventory = make_inventory(row->sizes);
		struct plan *plan = make_plan(inventory);
		struct growth growth = make_history(row->runs);
		struct config config = { .safety.max_growth_factor = row->factor };
		struct safety_question question = { &config, inventory, plan, &growth, NOW };

		assert_said(row->sentence, &question, row->expected);
		release_plan(plan);
		inventory_free(inventory);
	}
}

#define NONE INT64_MIN /* there was no run; no date is known */

/* Times are seconds before NOW. */
struct clock_row {
	const char *sentence;
	int64_t registry, last_end, created, pushed;
	unsigned steps;
	const char *expected;
};

static const struct clock_row CLOCKS[] = {
	{ "nothing is known", NONE, NONE, NONE, NONE, 1, "" },
	{ "all clocks agree", 0, DAY, DAY, DAY, 1, "" },
	{ "the registry's is as late as may be", 300, NONE, NONE, NONE, 1, "" },
	{ "the registry's is later than may be", 301, NONE, NONE, NONE, 1,
	  APART
	  " and 2026-05-28T20:21:39Z at the registry, 301 seconds apart, 300 are allowed; " LOOK },
	{ "the registry's is as early as may be", -300, NONE, NONE, NONE, 1, "" },
	{ "the registry's is earlier than may be", -301, NONE, NONE, NONE, 1,
	  APART
	  " and 2026-05-28T20:31:41Z at the registry, 301 seconds apart, 300 are allowed; " LOOK },
	{ "the last run ended just now", NONE, 0, NONE, NONE, 1, "" },
	{ "the last run ends in a second", NONE, -1, NONE, NONE, 1,
	  SKEW ", 1 second before the end of the last run (2026-05-28T20:26:41Z); " LOOK },
	{ "the last run ends in two seconds", NONE, -2, DAY, DAY, 1,
	  SKEW ", 2 seconds before the end of the last run (2026-05-28T20:26:42Z); " LOOK },
	{ "long ago the last run, and all dates", NONE, 35 * DAY + 1, 35 * DAY + 1, 40 * DAY, 1,
	  SKEW ", more than 35 days after the end of the last run (2026-04-23T20:26:39Z) and after "
	       "the youngest date in the registry (2026-04-23T20:26:39Z); " LOOK },
	{ "a push is a date, too", NONE, 50 * DAY, 60 * DAY, 40 * DAY, 1,
	  SKEW ", more than 35 days after the end of the last run (2026-04-08T20:26:40Z) and after "
	       "the youngest date in the registry (2026-04-18T20:26:40Z); " LOOK },
	{ "the last run is not so long ago", NONE, 35 * DAY, 40 * DAY, 40 * DAY, 1, "" },
	{ "an image is not so old", NONE, 40 * DAY, 35 * DAY, 40 * DAY, 1, "" },
	{ "a push is not so long ago", NONE, 40 * DAY, 40 * DAY, 35 * DAY, 1, "" },
	{ "an old registry, never cleaned", NONE, NONE, 900 * DAY, 900 * DAY, 1, "" },
	{ "no date is known: the last run alone says nothing", NONE, 900 * DAY, NONE, NONE, 1, "" },
	{ "dates in the future do not make it young", NONE, 40 * DAY, -1, 40 * DAY, 1,
	  SKEW ", more than 35 days after the end of the last run (2026-04-18T20:26:40Z) and after "
	       "the youngest date in the registry (2026-04-18T20:26:40Z); " LOOK },
	{ "nor do pushes in the future", NONE, 40 * DAY, 40 * DAY, -1, 1,
	  SKEW ", more than 35 days after the end of the last run (2026-04-18T20:26:40Z) and after "
	       "the youngest date in the registry (2026-04-18T20:26:40Z); " LOOK },
	{ "an unbelievable date is none", NONE, 40 * DAY, NOW, NONE, 1, "" },
	{ "nothing goes: the clock does not matter", 900, -900, 90 * DAY, 90 * DAY, 0, "" },
	{ "two clocks", 900, -900, NONE, NONE, 1,
	  APART
	  " and 2026-05-28T20:11:40Z at the registry, 900 seconds apart, 300 are allowed; " LOOK
		  SKEW
	  ", 900 seconds before the end of the last run (2026-05-28T20:41:40Z); " LOOK },
};

static int64_t ago(int64_t seconds, int64_t unknown)
{
	return seconds == NONE ? unknown : NOW - seconds;
}

/* Only a manifest without a tag goes. */
static void test_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CLOCKS / sizeof *CLOCKS; i++) {
		const struct clock_row *row = &CLOCKS[i];
		struct inventory *inventory = world_new("image A 0\nimage U none\ntag a A\n");
		struct plan *plan;
		struct growth growth = { 0 };
		struct config config = { .safety.max_clock_skew_seconds = 300 };
		/* What came before the last run does not matter. */
		struct growth_run runs[2] = { { NOW + DAY, NOW + DAY, 0, true },
					      { 0, ago(row->last_end, 0), 0, true } };

		inventory->server.date = ago(row->registry, -1);
		inventory->server.date_at = NOW;
		inventory->manifests[inventory->tags[0].manifest].created =
			ago(row->created, DATE_INVALID);
		inventory->tags[0].pushed = ago(row->pushed, DATE_ABSENT);
		plan = make_plan(inventory);
		plan->step_count = plan->manifests_going = row->steps;
		for (size_t r = 0; row->last_end != NONE && r < 2; r++)
			growth_add_run(&growth, &runs[r]);
		assert_said(row->sentence,
			    &(struct safety_question){ &config, inventory, plan, &growth, NOW },
			    row->expected);
		release_plan(plan);
		inventory_free(inventory);
	}
}

/* What is empty goes by the clock alone, without any tag. */
static void test_clock_of_what_is_empty(void **state)
{
	static const struct {
		bool repositories, namespaces;
		const char *expected;
	} rows[] = {
		{ false, false, "" },
		{ true, false,
		  APART " and 2026-05-28T18:26:40Z at the registry, 7200 seconds apart, "
			"300 are allowed; " LOOK },
		{ false, true,
		  APART " and 2026-05-28T18:26:40Z at the registry, 7200 seconds apart, "
			"300 are allowed; " LOOK },
	};
	struct inventory *inventory = make_inventory("0/1");
	struct plan *plan = make_plan(inventory);
	struct growth growth = { 0 };

	(void)state;
	inventory->server.date = NOW - 7200;
	inventory->server.date_at = NOW;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct config config = { .safety.max_clock_skew_seconds = 300,
					 .cleanup = {
						 .delete_empty_repositories = rows[i].repositories,
						 .delete_empty_namespaces = rows[i].namespaces } };

		assert_said("nothing but what is empty",
			    &(struct safety_question){ &config, inventory, plan, &growth, NOW },
			    rows[i].expected);
	}
	release_plan(plan);
	inventory_free(inventory);
}

/* Manifests without a tag are no tags. */
static void test_untagged_manifests_do_not_count(void **state)
{
	struct inventory *inventory = make_inventory("0/1");
	struct plan *plan = make_plan(inventory);
	struct growth growth = make_history("0 0 0");
	struct config config = { .safety = { .max_delete_tags = 1,
					     .max_delete_percent = 1,
					     .min_tags_per_repository = 5,
					     .max_growth_factor = 1 } };
	struct safety_question question = { &config, inventory, plan, &growth, NOW };

	(void)state;
	plan->step_count = plan->manifests_going = 1000;
	assert_said("untagged manifests", &question, "");
	release_plan(plan);
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_clock_of_what_is_empty),
		cmocka_unit_test(test_untagged_manifests_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
