/* Numbers from and for people. */
#include "util/units.h"

#include <inttypes.h>
#include <stdio.h>

#define SECONDS_OF_DAY 86400

const char *units_bytes(uint64_t bytes, char text[UNITS_SIZE])
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	/* A value that rounds to 1024 becomes 1 of the next unit; 64 bits end below 1024 EiB. */
	for (; value >= 1023.5; unit++)
		value /= 1024;
	/* %.3g would write 1000 to 1023 with an exponent. */
	snprintf(text, UNITS_SIZE, value < 999.5 ? "%.3g %s" : "%.0f %s", value, names[unit]);
	return text;
}

static const char *two_parts(uint64_t whole, const char *big, uint64_t part, const char *small,
			     char text[UNITS_SIZE])
{
	if (part == 0)
		snprintf(text, UNITS_SIZE, "%llu %s", (unsigned long long)whole, big);
	else
		snprintf(text, UNITS_SIZE, "%llu %s %llu %s", (unsigned long long)whole, big,
			 (unsigned long long)part, small);
	return text;
}

const char *units_duration(double seconds, char text[UNITS_SIZE])
{
	uint64_t whole;
	uint64_t minutes;

	/* Written so that a NaN becomes 0 too. */
	if (!(seconds > 0))
		seconds = 0;
	if (seconds > 1e12)
		seconds = 1e12;
	if (seconds < 9.95) {
		snprintf(text, UNITS_SIZE, "%.1f s", seconds);
		return text;
	}
	whole = (uint64_t)(seconds + 0.5);
	if (whole < 60)
		return two_parts(whole, "s", 0, "", text);
	if (whole < 3600)
		return two_parts(whole / 60, "min", whole % 60, "s", text);
	minutes = (uint64_t)(seconds / 60 + 0.5);
	return two_parts(minutes / 60, "h", minutes % 60, "min", text);
}

const char *units_days(int64_t seconds, char text[UNITS_SIZE])
{
	int64_t days = seconds / SECONDS_OF_DAY;

	snprintf(text, UNITS_SIZE, "%" PRId64 " day%s", days, days == 1 ? "" : "s");
	return text;
}

bool units_read_u64(const char **at, uint64_t *value)
{
	const char *text = *at;
	uint64_t sum = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum))
			return false;
	}
	if (text == *at)
		return false;
	*at = text;
	*value = sum;
	return true;
}

bool units_parse_u64(const char *text, uint64_t *value)
{
	uint64_t number;

	if (!units_read_u64(&text, &number) || *text != '\0')
		return false;
	*value = number;
	return true;
}

const char *units_s(uint64_t count)
{
	return count == 1 ? "" : "s";
}
