/* The clock that the schedule goes by, and a timer on it. Private to src/watch. */
#ifndef WATCH_CLOCK_H
#define WATCH_CLOCK_H

#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970. */
int64_t watch_clock_now(void);
/* A timer, to poll for reading: its time has come, or the clock was set. -1: ERR_IO. */
int watch_clock_open(struct err *err) __attribute__((warn_unused_result));
/* It is to come at AT, seconds since 1970, also when the host sleeps until later. True: the clock
 * was set since the last call of this or the next. */
bool watch_clock_arm(int timer, int64_t at);
/* What made it readable. True: the clock was set. */
bool watch_clock_take(int timer);

#endif
