/* How long, and how often, it is asked whether what was deleted is gone: pauses that grow, and an
 * end that a stop signal brings nearer. */
#ifndef APPLY_SCALEWAY_PATIENCE_H
#define APPLY_SCALEWAY_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
	int64_t until_ms;  /* monotonic */
	unsigned pause_ms; /* the next one */
};

/* For SECONDS from now on (registry.deleting_seconds). */
struct patience patience_begin(unsigned seconds);
/* Nothing is asked any more. */
bool patience_is_over(struct patience *patience);
/* Milliseconds to wait before it is asked again; the last question is asked when time is over, and
 * not before. */
unsigned patience_pause(struct patience *patience);

#endif
