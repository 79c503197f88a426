/* Turns the end of a try into an answer or a failure, for the program and for people. */
#include "http/fault.h"
#include "http/retry.h"
#include "http/targets.h"
#include "http/transfer.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

unsigned answer_timeout(const struct transfer *transfer, const struct request *request)
{
	const struct http_options *options = &transfer->shared->options;

	if (request->ask.timeout_seconds)
		return request->ask.timeout_seconds;
	return request_writes(request) ? options->delete_timeout_seconds
				       : options->get_timeout_seconds;
}

bool answer_takes(const struct transfer *transfer)
{
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return transfer->request->ask.take && (status == 200 || status == 206);
}

static enum http_failure failure_of(struct transfer *transfer, CURLcode code)
{
	bool sent = transfer->sends > 0;

	if (transfer->expired)
		return sent ? HTTP_CUT : HTTP_EXPIRED;
	switch (code) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_OPERATION_TIMEDOUT:
		return sent ? HTTP_TIMED_OUT : HTTP_NO_CONNECTION;
	case CURLE_WRITE_ERROR:
		if (transfer->enough)
			return HTTP_ANSWERED;
		return transfer->too_large ? HTTP_TOO_LARGE : HTTP_CUT;
	case CURLE_PARTIAL_FILE:
		return answer_takes(transfer) ? HTTP_SHORT : HTTP_CUT;
	case CURLE_COULDNT_CONNECT:
		/* A read whose kept-alive connection broke, and a new one was refused. */
		return sent && request_writes(transfer->request) ? HTTP_CUT : HTTP_NO_CONNECTION;
	default:
		return sent ? HTTP_CUT : HTTP_NO_CONNECTION;
	}
}

/* The proxy that the configuration names itself, or NULL. */
static const char *own_proxy(const struct http_options *options)
{
	return options->proxy && strcmp(options->proxy, "system") != 0 ? options->proxy : NULL;
}

/* Who has shown a certificate is told that it is not taken in the same words. */
static enum fault fault_of_own(const struct transfer *transfer, enum fault fault)
{
	bool shown = transfer->is_own && transfer->shared->options.client_cert;

	return fault == FAULT_CLIENT_CERTIFICATE && shown ? FAULT_CLIENT_REFUSED : fault;
}

static bool is_of_client(enum fault fault)
{
	return fault == FAULT_CLIENT_CERTIFICATE || fault == FAULT_CLIENT_REFUSED;
}

/* What is wrong. A read whose kept-alive connection broke and that was sent on a new one is not
 * judged by that. */
static enum fault judge(const struct transfer *transfer, CURLcode code, bool answered)
{
	const char *said = transfer->error[0] ? transfer->error : curl_easy_strerror(code);
	enum fault fault;
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (answered)
		return status == 400 ? fault_of_own(transfer,
						    fault_in_answer(buf_string(&transfer->body)))
				     : FAULT_NONE;
	fault = fault_of(transfer->easy, code, said, own_proxy(&transfer->shared->options));
	if (transfer->sends > 0 && !is_of_client(fault) && fault != FAULT_NO_HTTP)
		return FAULT_NONE;
	return fault_of_own(transfer, fault);
}

/* A failure that may pass is permanent only where nothing was answered before. */
static bool stays(const struct transfer *transfer)
{
	const struct request *request = transfer->request;
	bool known = request_redirected(request) || request->for_token
			     ? request->target_known
			     : transfer->shared->answers > 0;

	return transfer->fault != FAULT_NONE && !(known && fault_passes(transfer->fault));
}

bool answer_has_head(const struct transfer *transfer)
{
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status != 0;
}

/* libcurl's own sentences name hosts, and a proxy that it cannot make out with its credentials. */
static void describe_by_curl(const struct transfer *transfer, CURLcode code, const char *where,
			     struct http_response *out)
{
	CLEANUP(free_p)
	char *said =
		secrets_masked(transfer->error[0] ? transfer->error : curl_easy_strerror(code));

	(void)snprintf(out->message, sizeof out->message, "%s%.*s", where,
		       (int)(sizeof out->message - strlen(where) - 1), said);
}

/* The system's sentences are shorter than libcurl's, and ours say more. */
static void describe_no_connection(const struct transfer *transfer, CURLcode code,
				   struct http_response *out)
{
	const char *where = transfer->shared->options.proxy ? "through the proxy: " : "";
	const char *ours = fault_text(transfer->fault);
	const char *system;
	long number = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
	system = number ? strerrordesc_np((int)number) : NULL;
	if (ours)
		(void)snprintf(out->message, sizeof out->message, "%s%s", where, ours);
	else if (code == CURLE_COULDNT_CONNECT && system)
		(void)snprintf(out->message, sizeof out->message, "%s%c%s", where,
			       tolower((unsigned char)system[0]), system + 1);
	else
		describe_by_curl(transfer, code, where, out);
}

static void describe(const struct transfer *transfer, CURLcode code, struct http_response *out)
{
	const char *ours = fault_text(transfer->fault);
	char *text = out->message;
	size_t size = sizeof out->message;

	switch (out->failure) {
	case HTTP_SHORT:
		(void)snprintf(text, size, "the body is shorter than announced");
		break;
	case HTTP_ANSWERED:
		(void)snprintf(text, size, "%d%s%s%s%s", out->status,
			       transfer->headers.reason[0] ? " " : "", transfer->headers.reason,
			       ours ? ": " : "", ours ? ours : "");
		break;
	case HTTP_TIMED_OUT:
		(void)snprintf(text, size, "%s within %u s",
			       transfer->is_long ? "nothing came" : "no whole answer",
			       transfer->timeout);
		break;
	case HTTP_EXPIRED:
		(void)snprintf(text, size, "it could not be sent in time");
		break;
	case HTTP_TOO_LARGE:
		(void)snprintf(text, size, "the body is too large");
		break;
	case HTTP_CUT:
		if (transfer->fault != FAULT_NONE)
			describe_no_connection(transfer, code, out);
		else
			(void)snprintf(text, size, "the connection broke: %s",
				       transfer->sends && code == CURLE_ABORTED_BY_CALLBACK
					       ? "no answer at all"
					       : curl_easy_strerror(code));
		break;
	default:
		describe_no_connection(transfer, code, out);
		break;
	}
}

/* Puts in front where the request was sent on to, of which the rest may be a key to what is there.
 */
static void describe_target(const struct transfer *transfer, struct http_response *out)
{
	CLEANUP(free_p) char *place = NULL;
	const char *how = ": ";
	char said[sizeof out->message];

	if (!request_redirected(transfer->request))
		return;
	if (fault_of_trust(transfer->fault))
		how = ", which is not trusted here: ";
	else if (out->failure == HTTP_NO_CONNECTION)
		how = ", which cannot be reached from here: ";
	place = targets_told(transfer->request->target);
	memcpy(said, out->message, sizeof said);
	(void)snprintf(out->message, sizeof out->message, "redirected to %s%s%.100s", place, how,
		       said);
}

static void describe_attempts(const struct request *request, struct http_response *out)
{
	size_t length = strlen(out->message);

	if (request->attempts > 1)
		(void)snprintf(out->message + length, sizeof out->message - length,
			       " after %u attempts", request->attempts);
}

/* Advice for RESPONSE, or NULL. KEY: the advice is a key to raise. */
static const char *advice(const struct transfer *transfer, const struct http_response *response,
			  bool *key)
{
	const struct request *request = transfer->request;
	bool late = response->failure == HTTP_TIMED_OUT;
	int status = response->status;

	if (transfer->fault != FAULT_NONE)
		return fault_advice(transfer->fault);
	*key = late && request->ask.timeout_key;
	if (*key)
		return request->ask.timeout_key;
	/* Some servers of TLS say nothing to who does not speak it; so do those that just start. */
	if (response->failure == HTTP_CUT && !answer_has_head(transfer) &&
	    transfer->shared->answers == 0 && !request_writes(request) &&
	    strncasecmp(request->ask.url, "http://", 7) == 0)
		return "if TLS is spoken there, write https:// in registry.url";
	if (!late && status != 429 && status != 503 && status != 504)
		return NULL;
	return request_writes(request)
		       ? "lower registry.max_concurrent_requests"
		       : "raise registry.timeout or lower registry.max_concurrent_requests";
}

void answer_advise(const struct transfer *transfer, struct http_response *response)
{
	size_t length = strlen(response->message);
	bool key = false;
	const struct request *request = transfer->request;
	const char *what = request_redirected(request) || request->for_token
				   ? NULL
				   : advice(transfer, response, &key);

	if (what && length > 0)
		(void)snprintf(response->message + length, sizeof response->message - length,
			       "; %s%s", key ? "raise " : "", what);
}

void answer_refuse(struct transfer *transfer, const char *why, struct http_response *response)
{
	*response = (struct http_response){ .failure = HTTP_NO_CONNECTION,
					    .body = "",
					    .date = -1,
					    .total = -1,
					    .attempts = transfer->request->attempts,
					    .retry_after_ms = -1 };
	(void)snprintf(response->message, sizeof response->message, "%s", why);
	transfer->fault = FAULT_OTHER;
	transfer->permanent = true;
}

static int64_t retry_after(const struct transfer *transfer, const struct http_response *response)
{
	const char *text = headers_get(&transfer->headers, HEADER_RETRY_AFTER);
	/* A date is meant by the server's clock. */
	int64_t now = response->date >= 0 ? response->date : time(NULL);

	return text ? retry_after_parse(text, now) : -1;
}

void answer_take(struct transfer *transfer, CURLcode code, struct http_response *response)
{
	enum http_failure failure = failure_of(transfer, code);
	const char *date = headers_get(&transfer->headers, HEADER_DATE);
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	transfer->fault = judge(transfer, code, failure == HTTP_ANSWERED);
	transfer->permanent = stays(transfer);
	if (failure != HTTP_ANSWERED)
		buf_clear(&transfer->body);
	*response = (struct http_response){
		.failure = failure,
		.status = failure == HTTP_ANSWERED ? (int)status : 0,
		.body = buf_string(&transfer->body),
		.body_length = transfer->body.length,
		.content_type = headers_get(&transfer->headers, HEADER_CONTENT_TYPE),
		.docker_content_digest = headers_get(&transfer->headers, HEADER_DIGEST),
		.link = headers_get(&transfer->headers, HEADER_LINK),
		.location = headers_get(&transfer->headers, HEADER_LOCATION),
		.allow = headers_get(&transfer->headers, HEADER_ALLOW),
		.www_authenticate = headers_get(&transfer->headers, HEADER_WWW_AUTHENTICATE),
		.request_id = headers_get(&transfer->headers, HEADER_REQUEST_ID),
		.total_count = headers_get(&transfer->headers, HEADER_TOTAL_COUNT),
		.cached = transfer->headers.cached[0] ? transfer->headers.cached : NULL,
		.date = date ? time_parse_http(date) : -1,
		.total = headers_total(&transfer->headers, (int)status),
		.attempts = transfer->request->attempts,
	};
	response->retry_after_ms = retry_after(transfer, response);
	if (failure == HTTP_ANSWERED && status < 400)
		return;
	describe(transfer, code, response);
	describe_target(transfer, response);
	describe_attempts(transfer->request, response);
}

bool http_end_unknown(const struct http_response *response)
{
	switch (response->failure) {
	case HTTP_TIMED_OUT:
	case HTTP_CUT:
	case HTTP_SHORT:
	case HTTP_TOO_LARGE:
	case HTTP_ABANDONED:
		return true;
	case HTTP_NO_CONNECTION:
	case HTTP_EXPIRED:
	case HTTP_NO_TOKEN:
	case HTTP_ANSWERED:
		return false;
	}
	return false;
}
