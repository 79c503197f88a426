/* Clocks and their texts. */
#include "util/time.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t time_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool time_is_up(int64_t until_ms)
{
	return until_ms && time_monotonic_ms() >= until_ms;
}

/* Dates have four digits for the year; what lies outside is told as a bare number. */
static bool has_text(const struct tm *when)
{
	return when && when->tm_year >= 1000 - 1900 && when->tm_year <= 9999 - 1900;
}

const char *time_utc(int64_t seconds, char text[TIME_TEXT])
{
	time_t time = seconds;
	struct tm when;

	if (!has_text(gmtime_r(&time, &when)) ||
	    strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &when) == 0)
		snprintf(text, TIME_TEXT, "@%lld", (long long)seconds);
	return text;
}

const char *time_local(int64_t seconds, char text[TIME_TEXT])
{
	time_t time = seconds;
	struct tm when;

	if (!has_text(localtime_r(&time, &when)) ||
	    strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &when) == 0)
		snprintf(text, TIME_TEXT, "@%lld", (long long)seconds);
	return text;
}

/* The minutes by which WHEN is before UTC, as "+01:00" with ":" as SEPARATOR. */
static void write_offset(const struct tm *when, const char *separator, char text[8])
{
	long minutes = labs(when->tm_gmtoff) / 60;

	snprintf(text, 8, "%c%02d%s%02d", when->tm_gmtoff < 0 ? '-' : '+',
		 (int)(minutes / 60 % 100), separator, (int)(minutes % 60));
}

const char *time_offset(int64_t milliseconds, char text[TIME_TEXT])
{
	time_t time = milliseconds / 1000;
	char offset[8];
	struct tm when;

	if (milliseconds < 0 || !has_text(localtime_r(&time, &when)) ||
	    strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &when) == 0) {
		snprintf(text, TIME_TEXT, "@%lld", (long long)milliseconds);
		return text;
	}
	write_offset(&when, ":", offset);
	snprintf(text + 19, TIME_TEXT - 19, ".%03d%s", (int)(milliseconds % 1000), offset);
	return text;
}

/* Not as strftime has them, which follows the locale. */
static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char WEEKDAYS[] = "SunMonTueWedThuFriSat";

const char *time_syslog(int64_t seconds, char text[TIME_TEXT])
{
	time_t time = seconds;
	struct tm when = { 0 };

	localtime_r(&time, &when);
	snprintf(text, TIME_TEXT, "%.3s %2d %02d:%02d:%02d",
		 MONTHS + 3 * (size_t)(when.tm_mon % 12), when.tm_mday % 100, when.tm_hour % 100,
		 when.tm_min % 100, when.tm_sec % 100);
	return text;
}

const char *time_mail(int64_t seconds, char text[TIME_TEXT])
{
	time_t time = seconds;
	struct tm when = { 0 };
	char offset[8];

	localtime_r(&time, &when);
	write_offset(&when, "", offset);
	snprintf(text, TIME_TEXT, "%.3s, %02d %.3s %04d %02d:%02d:%02d %s",
		 WEEKDAYS + 3 * (size_t)(when.tm_wday % 7), when.tm_mday % 100,
		 MONTHS + 3 * (size_t)(when.tm_mon % 12), (when.tm_year + 1900) % 10000,
		 when.tm_hour % 100, when.tm_min % 100, when.tm_sec % 100, offset);
	return text;
}

/* The index of the three letters at TEXT in NAMES, or -1. */
static int name_index(const char *text, const char *names)
{
	for (int i = 0; names[i] != '\0'; i += 3) {
		if (strncmp(text, names + i, 3) == 0)
			return i / 3;
	}
	return -1;
}

/* 0 in a pattern stands for a digit, A for a letter, all else for itself. */
static bool fits(unsigned char c, char pattern)
{
	switch (pattern) {
	case '0':
		return c >= '0' && c <= '9';
	case 'A':
		return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
	default:
		return c == (unsigned char)pattern;
	}
}

static bool has_shape(const char *text, const char *pattern)
{
	size_t i = 0;

	while (pattern[i] != '\0' && fits((unsigned char)text[i], pattern[i]))
		i++;
	return pattern[i] == '\0' && text[i] == '\0';
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + (text[1] - '0');
}

int64_t time_parse_http(const char *text)
{
	struct tm when = { 0 };
	struct tm same;
	time_t seconds;

	if (!has_shape(text, "AAA, 00 AAA 0000 00:00:00 GMT") || name_index(text, WEEKDAYS) < 0)
		return -1;
	when.tm_mday = two_digits(text + 5);
	when.tm_mon = name_index(text + 8, MONTHS);
	when.tm_year = two_digits(text + 12) * 100 + two_digits(text + 14) - 1900;
	when.tm_hour = two_digits(text + 17);
	when.tm_min = two_digits(text + 20);
	when.tm_sec = two_digits(text + 23);
	if (when.tm_mon < 0 || when.tm_hour > 23 || when.tm_min > 59 || when.tm_sec > 60)
		return -1;
	/* timegm turns 31 February into a day of March: no such date was meant. */
	same = when;
	same.tm_hour = same.tm_min = same.tm_sec = 0;
	seconds = timegm(&same);
	if (seconds < 0 || same.tm_mday != when.tm_mday || same.tm_mon != when.tm_mon)
		return -1;
	return seconds + (when.tm_hour * 60L + when.tm_min) * 60L + when.tm_sec;
}
