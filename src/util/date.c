/* RFC 3339 dates. */
#include "util/date.h"

#define DAY INT64_C(86400)

/* What is left of the text to read. */
struct reader {
	const char *at;
	const char *end;
};

static bool take_char(struct reader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static bool take_digit(struct reader *reader, int *digit)
{
	if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9')
		return false;
	*digit = *reader->at++ - '0';
	return true;
}

/* Exactly COUNT digits, a number from LOWEST to HIGHEST. */
static bool take_number(struct reader *reader, int count, int lowest, int highest, int *number)
{
	int digit;

	*number = 0;
	while (count-- > 0) {
		if (!take_digit(reader, &digit))
			return false;
		*number = *number * 10 + digit;
	}
	return *number >= lowest && *number <= highest;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_length(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return lengths[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to a day of the Gregorian calendar, year 0 and later. */
static int64_t days_since_1970(int year, int month, int day)
{
	int before = year - 1;
	int64_t days = INT64_C(365) * year + before / 4 - before / 100 + before / 400;

	for (int i = 1; i < month; i++)
		days += month_length(year, i);
	return days + day - 1 - INT64_C(719527);
}

static bool take_day(struct reader *reader, int64_t *time)
{
	int year, month, day;

	if (!take_number(reader, 4, 0, 9999, &year) || !take_char(reader, '-') ||
	    !take_number(reader, 2, 1, 12, &month) || !take_char(reader, '-') ||
	    !take_number(reader, 2, 1, month_length(year, month), &day))
		return false;
	*time = days_since_1970(year, month, day) * DAY;
	return true;
}

/* The time of day; LEAP says that its second is 60. */
static bool take_clock(struct reader *reader, int64_t *time, bool *leap)
{
	int hour, minute, second, digit;

	if (!take_number(reader, 2, 0, 23, &hour) || !take_char(reader, ':') ||
	    !take_number(reader, 2, 0, 59, &minute) || !take_char(reader, ':') ||
	    !take_number(reader, 2, 0, 60, &second))
		return false;
	if (take_char(reader, '.')) {
		if (!take_digit(reader, &digit))
			return false;
		while (take_digit(reader, &digit))
			;
	}
	*leap = second == 60;
	*time += hour * INT64_C(3600) + minute * INT64_C(60) + second;
	return true;
}

/* "Z" or how far the local clock is ahead of UTC. */
static bool take_offset(struct reader *reader, int64_t *time)
{
	bool ahead;
	int hours, minutes;

	if (take_char(reader, 'Z') || take_char(reader, 'z'))
		return true;
	ahead = take_char(reader, '+');
	if (!ahead && !take_char(reader, '-'))
		return false;
	if (!take_number(reader, 2, 0, 23, &hours) || !take_char(reader, ':') ||
	    !take_number(reader, 2, 0, 59, &minutes))
		return false;
	*time -= (ahead ? 1 : -1) * (hours * INT64_C(3600) + minutes * INT64_C(60));
	return true;
}

int64_t date_parse(const char *text, size_t length)
{
	struct reader reader = { text, text + length };
	int64_t time;
	bool leap;

	if (!take_day(&reader, &time) || (!take_char(&reader, 'T') && !take_char(&reader, 't')) ||
	    !take_clock(&reader, &time, &leap) || !take_offset(&reader, &time) ||
	    reader.at != reader.end)
		return DATE_INVALID;
	/* A leap second is the last of a UTC day, whatever the local clock shows. */
	if (leap && time % DAY != 0)
		return DATE_INVALID;
	return date_known(time) ? time : DATE_INVALID;
}
