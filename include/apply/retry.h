/* When a DELETE or PUT that surely was not carried out is ordered again. */
#ifndef APPLY_RETRY_H
#define APPLY_RETRY_H

#include <stdint.h>

struct http_response; /* http/engine.h */

/* Zero-initialised: nothing was ordered yet. */
struct retry {
	unsigned attempts; /* in a row, of the same */
	unsigned expired;
	int64_t began_ms; /* the first of them */
};

/* Notes that it is ordered now. */
void retry_note(struct retry *retry);
/* RESPONSE is what came of it. Milliseconds to wait before all that is believed is looked at again
 * and it is ordered anew, within RETRY_SECONDS after the first time (registry.retry_seconds); -1:
 * this is its end. */
int64_t retry_pause(struct retry *retry, const struct http_response *response,
		    unsigned retry_seconds);

#endif
