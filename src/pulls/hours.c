/* A bit for each hour, so that lines may come in any order. */
#include "pulls/hours.h"

#include "util/date.h"
#include "util/xalloc.h"

#include <stdbool.h>

#define HOUR 3600

struct hours *hours_new(int64_t now)
{
	struct hours *hours = xcalloc(1, sizeof *hours);

	hours->first = now / HOUR - HOURS_COUNT + 1;
	return hours;
}

static bool has(const struct hours *hours, int64_t hour)
{
	int64_t bit = hour - hours->first;

	return bit >= 0 && bit < HOURS_COUNT && hours->bits[bit / 8] >> (bit % 8) & 1;
}

void hours_mark(struct hours *hours, int64_t time)
{
	int64_t bit = time / HOUR - hours->first;

	if (bit >= 0 && bit < HOURS_COUNT)
		hours->bits[bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* The last hour before HOUR with a line, or one before all of them. */
static int64_t line_before(const struct hours *hours, int64_t hour)
{
	do
		hour--;
	while (hour >= hours->first && !has(hours, hour));
	return hour;
}

int64_t hours_whole_since(const struct hours *hours, int64_t now, int64_t from, int silence,
			  int64_t *silent)
{
	int64_t oldest = date_known(from) ? from / HOUR : INT64_MIN, at = now / HOUR, before;

	*silent = 0;
	/* Each step goes to an earlier line that is not too far away. */
	while (at > oldest) {
		before = line_before(hours, at);
		if (before < oldest)
			before = oldest;
		if (before < hours->first && before != oldest)
			break;
		if (at - before - 1 > silence) {
			*silent = at - before - 1;
			break;
		}
		at = before;
	}
	if (at <= oldest)
		return from;
	if (!has(hours, at))
		return DATE_ABSENT;
	return (at + 1) * HOUR < now ? (at + 1) * HOUR : now;
}
