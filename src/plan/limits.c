/* Refuses plans that delete more than they should, and those of a clock that may be wrong. */
#include "plan/limits.h"

#include "config/value.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "state/growth.h"
#include "util/date.h"
#include "util/notes.h"
#include "util/time.h"
#include "util/units.h"

#include <inttypes.h>
#include <stdbool.h>

#define USUAL_RUNS   3  /* complete ones, before they say what is usual */
#define USUAL_TAGS   50 /* so few are never too many */
#define SILENCE_DAYS 35 /* a monthly run, late */
#define CLOCK        "safety.max_clock_skew_seconds"
#define LOOK         "look at the clock first, say with timedatectl"

static void check_number(const struct safety_question *question, struct notes *notes)
{
	uint64_t going = question->plan->tags_going;
	uint64_t limit = (uint64_t)question->config->safety.max_delete_tags;

	if (limit > 0 && going > limit)
		notes_add(notes,
			  "safety.max_delete_tags: %" PRIu64 " tags would go, %" PRIu64
			  " %s allowed",
			  going, limit, limit == 1 ? "is" : "are");
}

static void check_percent(const struct safety_question *question, struct notes *notes)
{
	uint64_t going = question->plan->tags_going;
	uint64_t all = question->inventory->tag_count;
	uint64_t limit = (uint64_t)question->config->safety.max_delete_percent;

	if (limit > 0 && going * 100 > limit * all)
		notes_add(notes,
			  "safety.max_delete_percent: %" PRIu64 " of %" PRIu64
			  " tags would go, %" PRIu64 " percent are allowed",
			  going, all, limit);
}

static uint32_t count_going(const struct safety_question *question,
			    const struct inventory_repository *repository)
{
	uint32_t going = 0;

	for (uint32_t t = 0; t < repository->tag_count; t++)
		going += question->plan->tags[repository->first_tag + t].goes;
	return going;
}

static void check_repositories(const struct safety_question *question, struct notes *notes)
{
	const struct inventory *inventory = question->inventory;
	uint64_t limit = (uint64_t)question->config->safety.min_tags_per_repository;
	const struct inventory_repository *first = NULL;
	uint32_t first_left = 0;
	size_t count = 0;

	for (size_t r = 0; r < inventory->repository_count; r++) {
		const struct inventory_repository *repository = &inventory->repositories[r];
		uint32_t going = count_going(question, repository);
		uint32_t left = repository->tag_count - going;

		if (going == 0 || left >= limit)
			continue;
		if (count++ == 0) {
			first = repository;
			first_left = left;
		}
	}
	if (first)
		notes_add(notes,
			  "safety.min_tags_per_repository: %zu repositor%s would have too few "
			  "tags left: %s%s would keep %" PRIu32 " of %" PRIu32 ", at least %" PRIu64
			  " must stay",
			  count, count == 1 ? "y" : "ies", count == 1 ? "" : "the first, ",
			  first->name, first_left, first->tag_count, limit);
}

static void check_growth(const struct safety_question *question, struct notes *notes)
{
	const struct growth *growth = question->growth;
	uint64_t going = question->plan->tags_going;
	double factor = question->config->safety.max_growth_factor;
	uint64_t largest = 0;
	size_t complete = 0;

	for (size_t i = 0; i < growth->run_count; i++) {
		complete += growth->runs[i].complete;
		if (growth->runs[i].tags_deleted > largest)
			largest = growth->runs[i].tags_deleted;
	}
	if (factor > 0 && complete >= USUAL_RUNS && going > USUAL_TAGS &&
	    (double)going > factor * (double)largest)
		notes_add(notes,
			  "safety.max_growth_factor: %" PRIu64
			  " tags would go, the largest of the last %zu runs deleted %" PRIu64
			  ", %g times as many are allowed",
			  going, growth->run_count, largest, factor);
}

void plan_limits_clock(const struct config *config, const struct facts *server, struct notes *notes)
{
	int64_t date = server->date, here_then = server->date_at;
	int64_t apart = here_then > date ? here_then - date : date - here_then;
	int64_t limit = config->safety.max_clock_skew_seconds;
	char here[TIME_TEXT], there[TIME_TEXT];

	if (date >= 0 && apart > limit)
		notes_add(notes,
			  CLOCK ": it was %s here and %s at the registry, %" PRId64
				" second%s apart, %" PRId64 " are allowed; " LOOK,
			  time_utc(here_then, here), time_utc(date, there), apart,
			  units_s((uint64_t)apart), limit);
}

/* The youngest date that can be believed, or DATE_ABSENT. */
static int64_t youngest_date(const struct safety_question *question)
{
	const struct inventory *inventory = question->inventory;
	int64_t youngest = DATE_ABSENT;

	for (size_t m = 0; m < inventory->manifest_count; m++) {
		int64_t created = question->plan->manifests[m].created;

		if (date_known(created) && created <= question->now && created > youngest)
			youngest = created;
	}
	for (size_t t = 0; t < inventory->tag_count; t++) {
		int64_t pushed = inventory->tags[t].pushed;

		if (date_known(pushed) && pushed <= question->now && pushed > youngest)
			youngest = pushed;
	}
	return youngest;
}

/* A clock that jumped ahead makes everything old. It shows where nothing at all seems to have
 * happened for long. A registry may be old without that, so its dates alone say nothing. */
static void check_silence(const struct safety_question *question, int64_t last_end,
			  struct notes *notes)
{
	const int64_t silence = INT64_C(86400) * SILENCE_DAYS;
	int64_t youngest = youngest_date(question);
	char now[TIME_TEXT], end[TIME_TEXT], date[TIME_TEXT];

	if (date_known(youngest) && question->now - youngest > silence &&
	    question->now - last_end > silence)
		notes_add(notes,
			  CLOCK ": it is %s here, more than %d days after the end of the last run "
				"(%s) and after the youngest date in the registry (%s); " LOOK,
			  time_utc(question->now, now), SILENCE_DAYS, time_utc(last_end, end),
			  time_utc(youngest, date));
}

static void check_last_run(const struct safety_question *question, struct notes *notes)
{
	const struct growth *growth = question->growth;
	char now[TIME_TEXT], end[TIME_TEXT];
	int64_t last_end;

	if (growth->run_count == 0)
		return;
	last_end = growth->runs[growth->run_count - 1].ended_at;
	if (question->now < last_end)
		notes_add(notes,
			  CLOCK ": it is %s here, %" PRId64
				" second%s before the end of the last run (%s); " LOOK,
			  time_utc(question->now, now), last_end - question->now,
			  units_s((uint64_t)(last_end - question->now)), time_utc(last_end, end));
	else
		check_silence(question, last_end, notes);
}

void plan_limits_check(const struct safety_question *question, struct notes *notes)
{
	const struct config *config = question->config;

	/* Empty repositories and namespaces go by the clock, too. */
	if (question->plan->step_count == 0 && !config->cleanup.delete_empty_repositories &&
	    !config->cleanup.delete_empty_namespaces)
		return;
	check_number(question, notes);
	check_percent(question, notes);
	check_repositories(question, notes);
	check_growth(question, notes);
	plan_limits_clock(config, &question->inventory->server, notes);
	check_last_run(question, notes);
}
