/* Clocks and their texts. The wall clock is read once, in the command, and passed down. */
#ifndef UTIL_TIME_H
#define UTIL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_TEXT 40

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t time_monotonic_ms(void);
/* Whether UNTIL_MS, on that clock, is reached; 0 never is. */
bool time_is_up(int64_t until_ms);
/* Seconds since 1970 as RFC 3339 UTC, "2026-01-31T23:59:59Z"; into TEXT, returned. */
const char *time_utc(int64_t seconds, char text[TIME_TEXT]);
/* "2026-01-31 23:59:59" in local time; into TEXT, returned. */
const char *time_local(int64_t seconds, char text[TIME_TEXT]);
/* MILLISECONDS since 1970 as RFC 3339 in local time, "2026-01-31T23:59:59.123+01:00"; into TEXT,
 * returned. */
const char *time_offset(int64_t milliseconds, char text[TIME_TEXT]);
/* "Jan 31 23:59:59" in local time, as syslog has it (RFC 3164, 4.1.2); into TEXT, returned. */
const char *time_syslog(int64_t seconds, char text[TIME_TEXT]);
/* "Sat, 31 Jan 2026 23:59:59 +0100" in local time, as mail has it (RFC 5322, 3.3); into TEXT,
 * returned. */
const char *time_mail(int64_t seconds, char text[TIME_TEXT]);
/* An HTTP date (RFC 9110, IMF-fixdate) as seconds since 1970, or -1. */
int64_t time_parse_http(const char *text);

#endif
