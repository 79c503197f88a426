/* Time for telling, looked at again and again: a stop signal brings it forward. */
#include "notify/deadline.h"

#include "util/stop_signal.h"
#include "util/time.h"

#include <poll.h>
#include <stdio.h>

void deadline_begin(struct deadline *deadline)
{
	*deadline = (struct deadline){ .all_until_ms = time_monotonic_ms() + DEADLINE_ALL_MS };
}

void deadline_next(struct deadline *deadline, unsigned seconds, size_t following)
{
	int64_t now = time_monotonic_ms();
	int64_t share = deadline->all_until_ms - now - (int64_t)following * DEADLINE_SHARE_MS;
	int64_t wanted = (int64_t)seconds * 1000;

	if (share < DEADLINE_SHARE_MS)
		share = DEADLINE_SHARE_MS;
	deadline->until_ms = now + (wanted < share ? wanted : share);
	if (deadline->until_ms > deadline->all_until_ms)
		deadline->until_ms = deadline->all_until_ms;
	deadline->seconds = seconds;
	deadline->none = deadline->until_ms <= now;
}

int deadline_left(struct deadline *deadline)
{
	unsigned stops = stop_signal_count();
	int64_t now = time_monotonic_ms(), soon = now + DEADLINE_STOPPING_MS;

	if (stops >= 2)
		return 0;
	if (stops == 1 && !deadline->stopping) {
		deadline->stopping = true;
		if (deadline->all_until_ms > soon)
			deadline->all_until_ms = soon;
		if (deadline->until_ms > soon)
			deadline->until_ms = soon;
	}
	return deadline->until_ms > now ? (int)(deadline->until_ms - now) : 0;
}

bool deadline_pause(struct deadline *deadline, int milliseconds)
{
	int64_t until = time_monotonic_ms() + milliseconds;
	struct pollfd stop = { .fd = stop_signal_fd(), .events = POLLIN };

	for (;;) {
		int left = deadline_left(deadline);
		int64_t more = until - time_monotonic_ms();

		if (left == 0 || more <= 0)
			return left > 0;
		(void)poll(&stop, 1, more < left ? (int)more : left);
	}
}

const char *deadline_words(const struct deadline *deadline, char *text, size_t size)
{
	if (stop_signal_count() >= 2)
		snprintf(text, size, "given up, because we were asked to stop");
	else if (deadline->stopping)
		snprintf(text, size, "no answer in the little time that there is after a signal");
	else if (deadline->none)
		snprintf(text, size, "no time was left, as others took a minute");
	else
		snprintf(text, size, "no answer within %u s", deadline->seconds);
	return text;
}
