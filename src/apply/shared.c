/* Helpers shared by the files that carry a plan out. */
#include "apply/shared.h"

#include "util/stop_signal.h"
#include "util/time.h"

bool apply_ends(const struct apply *apply)
{
	return stop_signal_count() > 0 || apply->end != APPLY_GOES_ON ||
	       time_is_up(apply->until_ms);
}
