/* What the tries so far tell about the registry, and about the places that it redirects to. */
#include "http/health.h"

#include "util/log.h"
#include "util/time.h"

#include <inttypes.h>

static int count_failure(struct outage *outage, const struct transfer *transfer,
			 const struct http_response *response, struct health_limits limits,
			 struct err *err)
{
	bool permanent = transfer->fault != FAULT_NONE;

	if (response->failure != HTTP_NO_CONNECTION)
		outage_end(outage);
	else if (outage_grow(outage, transfer, time_monotonic_ms(), limits.retry_ms, permanent,
			     limits.random) &&
		 outage->failures == HTTP_GIVE_UP)
		return err_set(err, ERR_UNREACHABLE,
			       "%d connection failures in a row, the last one: %s", HTTP_GIVE_UP,
			       response->message);
	return 0;
}

static int count_time_out(struct silence *silence, struct request *request, struct err *err)
{
	int64_t now = time_monotonic_ms();

	if (!silence_grow(silence, &request->silence, request->tried_ms, now))
		return 0;
	return err_set(err, ERR_UNREACHABLE,
		       "the registry takes requests, but has answered none for %" PRId64
		       " s; if it needs longer, raise registry.timeout or lower "
		       "registry.max_concurrent_requests",
		       (now - silence->began_ms) / 1000);
}

int health_see(struct health *health, const struct transfer *transfer,
	       const struct http_response *response, struct health_limits limits, struct err *err)
{
	struct request *request = transfer->request;

	pace_see(&health->pace, response->failure, response->status);
	if (request_redirected(request)) {
		if (response->failure == HTTP_ANSWERED)
			targets_answered(&health->targets, request->target, time_monotonic_ms());
		return 0;
	}
	if (response->failure == HTTP_ANSWERED)
		silence_break(&health->silence);
	if (response->failure == HTTP_TIMED_OUT &&
	    count_time_out(&health->silence, request, err) < 0)
		return -1;
	return count_failure(&health->outage, transfer, response, limits, err);
}

/* True when RESPONSE tells about the place itself, not about what was asked for. */
static bool is_the_place(const struct transfer *transfer, const struct http_response *response)
{
	switch (response->failure) {
	case HTTP_NO_CONNECTION:
		return transfer->fault != FAULT_OTHER;
	case HTTP_TIMED_OUT:
		return true;
	case HTTP_CUT:
		return transfer->fault != FAULT_NONE && transfer->fault != FAULT_OTHER;
	default:
		return false;
	}
}

void health_give_up(struct health *health, const struct transfer *transfer,
		    const struct http_response *response)
{
	const struct request *request = transfer->request;

	if (!request_redirected(request) || !is_the_place(transfer, response) ||
	    !targets_give_up(&health->targets, request->target, request->began_ms,
			     response->failure == HTTP_TIMED_OUT, response->message))
		return;
	log_warning("blobs are %s; none of them is read in this run: set storage.redirect.disable "
		    "to true in the registry's configuration, so that it sends them by itself%s",
		    response->message,
		    fault_of_trust(transfer->fault) ? ", or add that authority to registry.ca_cert"
						    : "");
}
