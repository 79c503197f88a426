/* The host's clock. */
#include "watch/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The clock of time(2) is behind by some milliseconds: it, too, shall be past the time. */
#define LATER_NS 20000000

int64_t watch_clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int watch_clock_open(struct err *err)
{
	int timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	return timer >= 0 ? timer : err_set(err, ERR_IO, "timerfd: %s", strerror(errno));
}

bool watch_clock_arm(int timer, int64_t at)
{
	/* A time of zero would disarm it. */
	struct itimerspec time = { .it_value = { .tv_sec = at > 0 ? at : 0, .tv_nsec = LATER_NS } };

	return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &time, NULL) <
		       0 &&
	       errno == ECANCELED;
}

bool watch_clock_take(int timer)
{
	uint64_t times;

	return read(timer, &times, sizeof times) < 0 && errno == ECANCELED;
}
