/* Connections that fail one after the other: waited out like a single request, with one probe at a
 * time. Pure. Private to src/http. */
#ifndef HTTP_OUTAGE_H
#define HTTP_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: none. Times are monotonic, in milliseconds. */
struct outage {
	unsigned failures; /* in a row */
	int64_t began_ms;  /* when the first of them was seen */
	bool holding;      /* it is being waited out: one probe at a time */
	const void *probe; /* who is on the way, or NULL */
	int64_t next_probe_ms;
};

/* A connection was made. */
void outage_end(struct outage *outage);
/* A connection that WHO wanted failed at NOW. LIMIT_MS: how long an outage is waited out, not at
 * all when it is PERMANENT; RANDOM as in retry.h. Those that failed beside the first one do not
 * count: false. */
bool outage_grow(struct outage *outage, const void *who, int64_t now, int64_t limit_ms,
		 bool permanent, double random);
/* True when a request may be sent at NOW. */
bool outage_lets(const struct outage *outage, int64_t now);

#endif
