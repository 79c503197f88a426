/* The program whose command watch goes by a clock that a test sets: linked with this in place of
 * src/watch/clock.c. $TEST_CLOCK is a file with how many seconds that clock is ahead of the host's;
 * replacing it sets the clock. */
#include "watch/clock.h"

#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int timer = -1, changes = -1;
static int64_t ahead;

/* True: it was set. */
static bool read_clock(void)
{
	const char *path = getenv("TEST_CLOCK");
	FILE *file = path ? fopen(path, "re") : NULL;
	int64_t before = ahead;
	char text[32];

	if (!file || !fgets(text, sizeof text, file))
		die_internal("TEST_CLOCK: %s", strerror(errno));
	fclose(file);
	ahead = strtoll(text, NULL, 10);
	return ahead != before;
}

int64_t watch_clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec + ahead;
}

int watch_clock_open(struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	CLEANUP(free_p) char *folder = xstrdup(getenv("TEST_CLOCK"));
	int both = epoll_create1(EPOLL_CLOEXEC);

	*strrchr(folder, '/') = '\0';
	timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify_add_watch(changes, folder, IN_MOVED_TO) < 0 ||
	    epoll_ctl(both, EPOLL_CTL_ADD, timer, &event) < 0 ||
	    epoll_ctl(both, EPOLL_CTL_ADD, changes, &event) < 0)
		return err_set(err, ERR_IO, "the clock: %s", strerror(errno));
	(void)read_clock();
	return both;
}

bool watch_clock_arm(int both, int64_t at)
{
	struct itimerspec time = { .it_value = { .tv_sec = at - ahead, .tv_nsec = 20000000 } };

	(void)both;
	if (time.it_value.tv_sec < 0)
		time.it_value.tv_sec = 0;
	(void)timerfd_settime(timer, TFD_TIMER_ABSTIME, &time, NULL);
	return read_clock();
}

bool watch_clock_take(int both)
{
	char events[4096];
	uint64_t times;

	(void)both;
	(void)!read(timer, &times, sizeof times);
	while (read(changes, events, sizeof events) > 0)
		;
	return read_clock();
}
