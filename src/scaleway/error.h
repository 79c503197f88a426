/* What an answer of the API says is wrong. Private to src/scaleway. */
#ifndef SCALEWAY_ERROR_H
#define SCALEWAY_ERROR_H

#include "scaleway/api.h"

#include <stdint.h>

struct scaleway_error {
	enum scaleway_outcome outcome; /* never OK */
	/* The answer is the API's own word for it: a document of a known type. */
	bool typed;
	char *resource_id; /* what it is about, as answered, or NULL */
	int64_t pause_ms;  /* reset_seconds, else Retry-After; -1: neither */
	char message[512]; /* as in struct scaleway_answer */
};

/* Reads RESPONSE, an answer that is not 2xx, or none at all. By its type first; the number of the
 * status decides only where there is none. */
void scaleway_error_read(const struct http_response *response, struct scaleway_error *error);
void scaleway_error_clear(struct scaleway_error *error);

/* For http_request.judge: what limits us waits as long as it asks, 5xx and 408 without a type as
 * usual; anything else is the answer. */
struct http_verdict scaleway_error_judge(const struct http_response *response);

/* WHY, which must hold no secret, with RESPONSE's X-Request-Id behind it, into TEXT. */
void scaleway_error_say(const struct http_response *response, const char *why, char text[512]);

/* True when RESPONSE says that its body is JSON. */
bool scaleway_error_is_json(const struct http_response *response);

#endif
