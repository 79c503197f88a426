/* Counts the orders of one DELETE or PUT, and asks the table. */
#include "apply/retry.h"

#include "http/engine.h"
#include "http/retry.h"
#include "util/time.h"

/* What could not be sent in time is no fault of the registry: it is looked at and ordered anew, but
 * not for ever. */
#define MOST_EXPIRED 50

void retry_note(struct retry *retry)
{
	if (retry->attempts++ == 0)
		retry->began_ms = time_monotonic_ms();
}

int64_t retry_pause(struct retry *retry, const struct http_response *response,
		    unsigned retry_seconds)
{
	struct retry_question question = {
		.method = HTTP_DELETE,
		.failure = response->failure,
		.status = response->status,
		.attempts = retry->attempts,
		.elapsed_ms = time_monotonic_ms() - retry->began_ms,
		.limit_ms = retry_seconds * INT64_C(1000),
		.retry_after_ms = response->retry_after_ms,
		.random = 0.5,
	};

	if (response->failure == HTTP_EXPIRED) {
		retry->attempts--;
		return ++retry->expired < MOST_EXPIRED ? 0 : -1;
	}
	return retry_pause_ms(&question);
}
