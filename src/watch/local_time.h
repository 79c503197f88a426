/* Times of day on the local clock. Pure, but for the time zone (TZ, /etc/localtime), which is read
 * again with each call. Private to src/watch. */
#ifndef WATCH_LOCAL_TIME_H
#define WATCH_LOCAL_TIME_H

#include <stdint.h>

enum local_time_kind {
	LOCAL_TIME_ONCE,
	LOCAL_TIME_SKIPPED, /* clocks are put forward over it: the first moment after that counts */
	LOCAL_TIME_TWICE,   /* clocks are put back: the first of the two counts */
};

struct local_time {
	int64_t at; /* seconds since 1970 */
	enum local_time_kind kind;
};

/* The first moment after AFTER (seconds since 1970) at which it is MINUTES (0 to 1439) past
 * midnight: each day has one such moment. */
struct local_time local_time_next(int minutes, int64_t after);

#endif
