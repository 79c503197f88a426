/* When a place that answers nothing any more is given up: a pure rule, for the registry itself and
 * for each place that it redirects to. Private to src/http.
 *
 * A time-out, a connection that breaks before any head came, and what a gateway says instead of the
 * place behind it (502, 503, 504 and above) make it grow. Only an answer below 500, or a 500 or
 * 501, breaks it: an overloaded server that answers some requests in between is never given up.
 *
 * Tries that were in flight together and failed together are one round: a server that is only
 * overloaded answers the next one, with fewer in flight. It is over
 *   - after ten rounds without any answer in between, or after five minutes and three rounds,
 *   - and when five different requests got none, so that a few slow tags end nothing,
 *   - and when it lasts as long as one request may be repeated (retry_seconds, at least five
 *     seconds), so that a restart is waited out also where a gateway answers within milliseconds.
 * With twenty seconds for each request that is after three and a half minutes, with a gateway that
 * answers at once after retry_seconds. When nothing was tried for as long as that, a new one
 * begins.
 */
#ifndef HTTP_SILENCE_H
#define HTTP_SILENCE_H

#include "http/engine.h"

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_ROUNDS      10
#define SILENCE_LONG_MS     INT64_C(300000)
#define SILENCE_LONG_ROUNDS 3
#define SILENCE_REQUESTS    5
#define SILENCE_SHORTEST_MS INT64_C(5000)

/* All zero: no silence. Times are monotonic, in milliseconds. */
struct silence {
	unsigned rounds;
	unsigned requests; /* different ones */
	uint64_t broken;   /* how often it ended */
	int64_t broken_ms; /* when it last ended; 0: never */
	int64_t began_ms;  /* when the first of them was sent, but not before BROKEN_MS */
	int64_t round_ms;  /* when the last round was seen to end */
	int64_t last_ms;   /* when the last of them was seen to fail */
};

/* A request that got no answer. */
struct silence_try {
	uint64_t *mark;   /* its request's own, at first 0: in which silence it failed before */
	int64_t tried_ms; /* when the try began */
	int64_t now;      /* when it failed */
	int64_t retry_ms; /* how long a request may be repeated */
};

enum silence_sign { SILENCE_NO_SIGN, SILENCE_GROWS, SILENCE_BREAKS };

/* What a try tells; STATUS when it was answered, HEAD: the head of an answer came. */
enum silence_sign silence_sign(enum http_failure failure, int status, bool head);
/* An answer came at NOW. */
void silence_break(struct silence *silence, int64_t now);
/* TRY got none. True when there is nothing to wait for any more. */
bool silence_grow(struct silence *silence, const struct silence_try *try)
	__attribute__((warn_unused_result));

#endif
