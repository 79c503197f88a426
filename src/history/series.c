/* From runs, which come when they like, to columns of equal times. */
#include "history/series.h"

#include "history/history.h"
#include "util/xalloc.h"

#include <stdbool.h>

#define DAY    INT64_C(86400)
#define BEFORE ((HISTORY_DAYS + 1) * DAY)

/* What is of another time is of a clock that was wrong. */
static bool is_plotted(const struct history_entry *entry, int64_t now)
{
	return entry->started_at >= now - BEFORE && entry->started_at <= now + DAY;
}

static int compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* The times of all that are plotted, sorted; the caller's. */
static int64_t *sorted_times(const struct history *history, int64_t now, size_t *count)
{
	int64_t *times = xcalloc(history->count + 1, sizeof *times);

	*count = 0;
	for (size_t i = 0; i < history->count; i++)
		if (is_plotted(&history->entries[i], now))
			times[(*count)++] = history->entries[i].started_at;
	qsort(times, *count, sizeof *times, compare);
	return times;
}

/* The upper quartile of the times between two runs: some runs at once, and some that are missing,
 * change nothing. */
static int64_t usual_step(const int64_t *times, size_t count)
{
	CLEANUP(free_p) int64_t *steps = xcalloc(count + 1, sizeof *steps);

	for (size_t i = 1; i < count; i++)
		steps[i - 1] = times[i] - times[i - 1];
	if (count < 2)
		return 0;
	qsort(steps, count - 1, sizeof *steps, compare);
	return steps[(count - 2) * 3 / 4];
}

static size_t column_of(const struct history_timeline *timeline, int64_t time)
{
	return (size_t)((double)(time - timeline->first) / timeline->step + 0.5);
}

struct history_timeline history_timeline(const struct history *history, int64_t now, size_t most)
{
	size_t count;
	CLEANUP(free_p) int64_t *times = sorted_times(history, now, &count);
	struct history_timeline timeline = { .step = 1, .plotted = count };

	if (count == 0)
		return timeline;
	timeline.first = times[0];
	timeline.last = times[count - 1];
	if (usual_step(times, count) > 1)
		timeline.step = (double)usual_step(times, count);
	if (timeline.step * (double)(most - 1) < (double)(timeline.last - timeline.first))
		timeline.step = (double)(timeline.last - timeline.first) / (double)(most - 1);
	timeline.columns = column_of(&timeline, timeline.last) + 1;
	return timeline;
}

static uint64_t add(uint64_t sum, uint64_t value)
{
	if (sum == HISTORY_UNKNOWN)
		return value;
	return value < HISTORY_UNKNOWN - 1 - sum ? sum + value : HISTORY_UNKNOWN - 1;
}

size_t history_series(const struct history *history, const struct history_timeline *timeline,
		      uint64_t (*value)(const struct history_entry *entry), enum history_fold fold,
		      int64_t now, uint64_t *values)
{
	size_t known = 0;

	for (size_t c = 0; c < timeline->columns; c++)
		values[c] = HISTORY_UNKNOWN;
	for (size_t i = 0; i < history->count; i++) {
		const struct history_entry *entry = &history->entries[i];
		uint64_t one = is_plotted(entry, now) ? value(entry) : HISTORY_UNKNOWN;
		uint64_t *column;

		if (one == HISTORY_UNKNOWN)
			continue;
		column = &values[column_of(timeline, entry->started_at)];
		*column = fold == HISTORY_SUM ? add(*column, one) : one;
		known++;
	}
	return known;
}
