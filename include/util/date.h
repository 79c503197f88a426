/* When something was made, as far as its documents say. Times are seconds since 1970, UTC. */
#ifndef UTIL_DATE_H
#define UTIL_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATE_ABSENT  INT64_MIN       /* nothing is said; another source may be asked */
#define DATE_INVALID (INT64_MIN + 1) /* what is said is no date, or one before DATE_EARLIEST */
/* 2013-03-20T00:00:00Z: no image existed before. Zero, 1970 and 1980 are what reproducible builds
 * write. */
#define DATE_EARLIEST INT64_C(1363737600)

static inline bool date_known(int64_t date)
{
	return date >= DATE_EARLIEST;
}

/* RFC 3339 (fraction of any length, cut off; "Z" or an offset; "T" and "Z" in either case; leap
 * second 60 accepted). Returns the time, or DATE_INVALID: not RFC 3339, no such day, or too early.
 */
int64_t date_parse(const char *text, size_t length);

#endif
