/* When a request is sent again: a pure table. */
#ifndef HTTP_RETRY_H
#define HTTP_RETRY_H

#include "http/engine.h"

#include <stdint.h>

struct retry_question {
	enum http_method method;
	enum http_failure failure;
	int status;                  /* when answered */
	unsigned attempts;           /* so far, ≥ 1 */
	int64_t elapsed_ms;          /* since the first attempt began */
	int64_t limit_ms;            /* retry_seconds in milliseconds */
	int64_t retry_after_ms;      /* what Retry-After asks for, or -1 */
	struct http_verdict verdict; /* a judge's; zero: none */
	double random;               /* 0 ≤ random < 1 */
};

/* Milliseconds to pause before the next attempt, or -1: hand out what there is.
 *
 * Sent again: connection failures, 408, 429, 500 (three attempts at most), 502, 503, 504; a GET,
 * HEAD or OPTIONS also after a time-out or a cut, and after a short body (three attempts at most).
 * A DELETE or PUT only where it surely was not carried out: no connection, or 429; the engine does
 * not repeat these itself, who ordered them asks. Pauses: 200 ms,
 * doubled, at most 10 s, half of it random; a Retry-After (429, 503) is obeyed instead when it fits
 * into what is left of LIMIT_MS, else the request ends there. A judge's verdict goes before all of
 * that, but not beyond LIMIT_MS. */
int64_t retry_pause_ms(const struct retry_question *question);
/* A Retry-After value, seconds or HTTP date (NOW: seconds since 1970), in ms; -1 if it is neither.
 */
int64_t retry_after_parse(const char *text, int64_t now);

#endif
