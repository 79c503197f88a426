/* Judges the registry, and the hosts it redirects to, by the tries so far. */
#include "http/health.h"

#include "util/log.h"
#include "util/time.h"

#include <inttypes.h>

static int count_failure(struct outage *outage, const struct transfer *transfer,
			 const struct http_response *response, struct health_limits limits,
			 struct err *err)
{
	if (response->failure != HTTP_NO_CONNECTION)
		outage_end(outage);
	else if (outage_grow(outage, transfer, time_monotonic_ms(), limits.retry_ms,
			     transfer->permanent, limits.random) &&
		 outage->failures == HTTP_GIVE_UP)
		return err_set(err, ERR_UNREACHABLE,
			       "%d connection failures in a row, the last one: %s", HTTP_GIVE_UP,
			       response->message);
	return 0;
}

static enum silence_sign sign_of(const struct transfer *transfer,
				 const struct http_response *response)
{
	return request_broke(transfer->request, response)
		       ? SILENCE_NO_SIGN
		       : silence_sign(response->failure, response->status,
				      answer_has_head(transfer));
}

static struct silence_try failed(struct request *request, struct health_limits limits)
{
	return (struct silence_try){ .mark = request_redirected(request) ? &request->target_silence
									 : &request->silence,
				     .tried_ms = request->tried_ms,
				     .now = time_monotonic_ms(),
				     .retry_ms = limits.retry_ms };
}

static int count_silence(struct silence *silence, const struct http_response *response,
			 struct silence_try try, struct err *err)
{
	if (!silence_grow(silence, &try))
		return 0;
	return err_set(err, ERR_UNREACHABLE,
		       "the registry takes requests, but has served none for %" PRId64
		       " s, the last one: %s; %s",
		       (try.now - silence->began_ms) / 1000, response->message,
		       response->failure == HTTP_TIMED_OUT
			       ? "if it needs longer, raise registry.timeout or lower "
				 "registry.max_concurrent_requests"
			       : "look whether it runs; if it needs longer, raise "
				 "registry.retry_seconds");
}

static int see_registry(struct health *health, const struct transfer *transfer,
			const struct http_response *response, struct health_limits limits,
			struct err *err)
{
	enum silence_sign sign = sign_of(transfer, response);

	if (sign == SILENCE_BREAKS)
		silence_break(&health->silence, time_monotonic_ms());
	if (sign == SILENCE_GROWS &&
	    count_silence(&health->silence, response, failed(transfer->request, limits), err) < 0)
		return -1;
	return count_failure(&health->outage, transfer, response, limits, err);
}

static void tell_given_up(const struct transfer *transfer, const struct http_response *response)
{
	log_warning("blobs are %s; none of them is read in this run: set storage.redirect.disable "
		    "to true in the registry's configuration, so that it sends them by itself%s",
		    response->message,
		    fault_of_trust(transfer->fault) ? ", or add that authority to registry.ca_cert"
						    : "");
}

/* One that is silent for good is given up whatever it answered before. */
static void see_target(struct targets *targets, const struct transfer *transfer,
		       const struct http_response *response, struct health_limits limits)
{
	const char *target = transfer->request->target;
	struct silence_try try = failed(transfer->request, limits);
	enum silence_sign sign = sign_of(transfer, response);

	if (sign == SILENCE_BREAKS)
		targets_answered(targets, target, try.now);
	if (sign == SILENCE_GROWS && targets_silent(targets, target, &try) &&
	    targets_give_up(targets, target, INT64_MAX, response->message))
		tell_given_up(transfer, response);
}

int health_see(struct health *health, const struct transfer *transfer,
	       const struct http_response *response, struct health_limits limits, struct err *err)
{
	pace_see(&health->pace, response->failure,
		 transfer->request->verdict.limited ? 429 : response->status);
	if (!request_redirected(transfer->request))
		return see_registry(health, transfer, response, limits, err);
	see_target(&health->targets, transfer, response, limits);
	return 0;
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
	int64_t since = response->failure == HTTP_TIMED_OUT ? 0 : request->began_ms;

	if (request_redirected(request) && is_the_place(transfer, response) &&
	    targets_give_up(&health->targets, request->target, since, response->message))
		tell_given_up(transfer, response);
}
