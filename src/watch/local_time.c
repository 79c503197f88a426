/* From a time of day to a moment, through whatever the time zone does on that day. */
#include "watch/local_time.h"

#include <time.h>

#define HOUR     3600
#define FARTHEST 26 /* hours that local clocks are away from UTC, at most (POSIX: 24:59:59) */

/* Seconds that local clocks are ahead of UTC at AT. */
static int64_t ahead_at(int64_t at)
{
	time_t time = at;
	struct tm when;

	return localtime_r(&time, &when) ? when.tm_gmtoff : 0;
}

/* When clocks jump over WALL, what they show as if it were UTC: the first moment with more. */
static int64_t end_of_jump(int64_t wall)
{
	int64_t before = wall - (int64_t)FARTHEST * HOUR, after;

	while (before + HOUR + ahead_at(before + HOUR) < wall)
		before += HOUR;
	after = before + HOUR;
	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (middle + ahead_at(middle) < wall)
			before = middle;
		else
			after = middle;
	}
	return after;
}

/* Clocks show WALL when they are as far ahead of UTC as WALL minus that moment: each distance that
 * they have around it is tried. */
static struct local_time moment_of(int64_t wall)
{
	struct local_time found = { .at = INT64_MAX, .kind = LOCAL_TIME_ONCE };

	for (int64_t hour = -FARTHEST; hour <= FARTHEST; hour++) {
		int64_t ahead = ahead_at(wall + hour * HOUR), at = wall - ahead;

		if (ahead_at(at) != ahead || at == found.at)
			continue;
		if (found.at != INT64_MAX)
			found.kind = LOCAL_TIME_TWICE;
		if (at < found.at)
			found.at = at;
	}
	if (found.at == INT64_MAX)
		found = (struct local_time){ end_of_jump(wall), LOCAL_TIME_SKIPPED };
	return found;
}

struct local_time local_time_next(int minutes, int64_t after)
{
	struct local_time found = { .at = INT64_MIN };
	time_t time = after;
	struct tm day = { 0 };

	tzset();
	localtime_r(&time, &day);
	for (int ahead = -1; found.at <= after; ahead++) {
		struct tm wall = { .tm_year = day.tm_year,
				   .tm_mon = day.tm_mon,
				   .tm_mday = day.tm_mday + ahead,
				   .tm_hour = minutes / 60,
				   .tm_min = minutes % 60 };

		found = moment_of(timegm(&wall));
	}
	return found;
}
