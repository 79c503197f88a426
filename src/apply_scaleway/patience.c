/* Pauses double. */
#include "apply_scaleway/patience.h"

#include "util/stop_signal.h"
#include "util/time.h"

#define FIRST_MS 250U
#define MOST_MS  8000U
/* After a stop signal the run waits no longer than this, and after another one not at all. */
#define STOP_MS 10000

struct patience patience_begin(unsigned seconds)
{
	return (struct patience){ .until_ms = time_monotonic_ms() + (int64_t)seconds * 1000,
				  .pause_ms = FIRST_MS };
}

bool patience_is_over(struct patience *patience)
{
	int64_t now = time_monotonic_ms();

	if (stop_signal_count() > 0 && patience->until_ms > now + STOP_MS)
		patience->until_ms = now + STOP_MS;
	return stop_signal_count() > 1 || now >= patience->until_ms;
}

unsigned patience_pause(struct patience *patience)
{
	unsigned pause = stop_signal_count() > 0 ? FIRST_MS : patience->pause_ms;
	int64_t left = patience->until_ms - time_monotonic_ms();

	patience->pause_ms = patience->pause_ms * 2 < MOST_MS ? patience->pause_ms * 2 : MOST_MS;
	if (left < pause)
		pause = left > 0 ? (unsigned)left : 1;
	return pause;
}
