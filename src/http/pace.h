/* How many requests may be in flight at a time: a pure rule. Private to src/http.
 *
 * A server that has too much to do gets less: half as many after each answer that shows it, and one
 * more again after as many good answers as may be in flight. */
#ifndef HTTP_PACE_H
#define HTTP_PACE_H

#include "http/engine.h"

struct pace {
	unsigned most;      /* ≥ 1: what the options allow */
	unsigned allowed;   /* 1 to MOST: what the server seems to bear */
	unsigned successes; /* since ALLOWED was changed */
};

struct pace pace_begin(unsigned most);
/* Takes note of what a try came to; STATUS when it was answered. A time-out, also a gateway's
 * (504), 429 and 503 show that it is too much; any other answer below 500 is a good one. */
void pace_see(struct pace *pace, enum http_failure failure, int status);

#endif
