/* When a registry that answers nothing any more is given up: a pure rule. Private to src/http.
 *
 * Requests that were in flight together and timed out together are one round: a server that is only
 * overloaded answers the next one, with fewer in flight. The run ends after ten rounds without any
 * answer in between, or after five minutes and three rounds; but only when five different requests
 * got none, so that a few slow tags end nothing. With twenty seconds for each request that is after
 * three and a half minutes. */
#ifndef HTTP_SILENCE_H
#define HTTP_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_ROUNDS      10
#define SILENCE_LONG_MS     INT64_C(300000)
#define SILENCE_LONG_ROUNDS 3
#define SILENCE_REQUESTS    5

/* All zero: no silence. Times are monotonic, in milliseconds. */
struct silence {
	unsigned rounds;
	unsigned requests; /* different ones */
	uint64_t broken;   /* how often it ended */
	int64_t began_ms;  /* when the first of them was sent */
	int64_t round_ms;  /* when the last round was seen to end */
};

/* An answer came. */
void silence_break(struct silence *silence);
/* A try that began at TRIED_MS timed out at NOW. MARK is its request's own, at first 0, and tells
 * in which silence it timed out before. True when there is nothing to wait for any more. */
bool silence_grow(struct silence *silence, uint64_t *mark, int64_t tried_ms, int64_t now)
	__attribute__((warn_unused_result));

#endif
