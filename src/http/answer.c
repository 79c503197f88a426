/* What became of a try: its answer, or how it failed, for the program and for people. */
#include "http/retry.h"
#include "http/transfer.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

unsigned transfer_timeout(const struct transfer *transfer, enum http_method method)
{
	return method == HTTP_DELETE || method == HTTP_PUT
		       ? transfer->options->delete_timeout_seconds
		       : transfer->options->get_timeout_seconds;
}

bool transfer_takes(const struct transfer *transfer)
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
		return transfer_takes(transfer) ? HTTP_SHORT : HTTP_CUT;
	case CURLE_COULDNT_CONNECT:
		/* A read whose kept-alive connection broke, and a new one was refused. */
		return sent && request_writes(transfer->request) ? HTTP_CUT : HTTP_NO_CONNECTION;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_LOGIN_DENIED:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_PEER_FAILED_VERIFICATION:
		transfer->hopeless = !sent;
		return sent ? HTTP_CUT : HTTP_NO_CONNECTION;
	default:
		return sent ? HTTP_CUT : HTTP_NO_CONNECTION;
	}
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

/* The system's sentences are shorter than libcurl's. */
static void describe(const struct transfer *transfer, CURLcode code, struct http_response *out)
{
	char *text = out->message;
	size_t size = sizeof out->message;
	long number = 0;

	switch (out->failure) {
	case HTTP_SHORT:
		(void)snprintf(text, size, "the body is shorter than announced");
		return;
	case HTTP_ANSWERED:
		(void)snprintf(text, size, "%d%s%s", out->status,
			       transfer->headers.reason[0] ? " " : "", transfer->headers.reason);
		return;
	case HTTP_TIMED_OUT:
		(void)snprintf(text, size, "%s within %u s",
			       transfer->is_long ? "nothing came" : "no whole answer",
			       transfer_timeout(transfer, transfer->method));
		return;
	case HTTP_EXPIRED:
		(void)snprintf(text, size, "it could not be sent in time");
		return;
	case HTTP_TOO_LARGE:
		(void)snprintf(text, size, "the body is too large");
		return;
	case HTTP_CUT:
		(void)snprintf(text, size, "the connection broke: %s",
			       transfer->sends && code == CURLE_ABORTED_BY_CALLBACK
				       ? "no answer at all"
				       : curl_easy_strerror(code));
		return;
	default:
		break;
	}
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
	const char *system = number ? strerrordesc_np((int)number) : NULL;
	const char *where = transfer->options->proxy ? "through the proxy: " : "";
	if (code == CURLE_COULDNT_CONNECT && system)
		(void)snprintf(text, size, "%s%c%s", where, tolower((unsigned char)system[0]),
			       system + 1);
	else
		describe_by_curl(transfer, code, where, out);
}

static void describe_attempts(const struct request *request, struct http_response *out)
{
	size_t length = strlen(out->message);

	if (request->attempts > 1)
		(void)snprintf(out->message + length, sizeof out->message - length,
			       " after %u attempts", request->attempts);
}

static int64_t retry_after(const struct transfer *transfer, const struct http_response *response)
{
	const char *text = headers_get(&transfer->headers, HEADER_RETRY_AFTER);
	/* A date is meant by the server's clock. */
	int64_t now = response->date >= 0 ? response->date : time(NULL);

	return text ? retry_after_parse(text, now) : -1;
}

void transfer_answer(struct transfer *transfer, CURLcode code, struct http_response *response)
{
	enum http_failure failure = failure_of(transfer, code);
	const char *date = headers_get(&transfer->headers, HEADER_DATE);
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
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
		.allow = headers_get(&transfer->headers, HEADER_ALLOW),
		.www_authenticate = headers_get(&transfer->headers, HEADER_WWW_AUTHENTICATE),
		.cached = transfer->headers.cached[0] ? transfer->headers.cached : NULL,
		.date = date ? time_parse_http(date) : -1,
		.total = headers_total(&transfer->headers, (int)status),
		.attempts = transfer->request->attempts,
	};
	response->retry_after_ms = retry_after(transfer, response);
	if (failure == HTTP_ANSWERED && status < 400)
		return;
	describe(transfer, code, response);
	describe_attempts(transfer->request, response);
}
