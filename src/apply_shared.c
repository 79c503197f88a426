/* What all that carries a plan out has in common. */
#include "apply_shared.h"

#include "util/stop.h"
#include "util/time.h"

bool apply_ends(const struct apply *apply)
{
	return stop_count() > 0 || apply->end != APPLY_GOES_ON || time_is_up(apply->until_ms);
}
