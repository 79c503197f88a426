/* Clocks and their texts. The wall clock is read once, in the command, and passed down. */
#ifndef UTIL_TIME_H
#define UTIL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_TEXT 32

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t time_monotonic_ms(void);
/* Whether UNTIL_MS, on that clock, is reached; 0 never is. */
bool time_is_up(int64_t until_ms);
/* Seconds since 1970 as RFC 3339 UTC, "2026-01-31T23:59:59Z"; into TEXT, returned. */
const char *time_utc(int64_t seconds, char text[TIME_TEXT]);
/* "2026-01-31 23:59:59" in local time; into TEXT, returned. */
const char *time_local(int64_t seconds, char text[TIME_TEXT]);
/* An HTTP date (RFC 9110, IMF-fixdate) as seconds since 1970, or -1. */
int64_t time_parse_http(const char *text);

#endif
