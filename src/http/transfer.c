/* One try of a request over a reusable curl handle: its options, its answer, its failures. */
#include "http/transfer.h"

#include "http/proxy.h"
#include "http/retry.h"
#include "util/secrets.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DEFAULT_MAX_BODY        ((size_t)64 * 1024)
#define BUFFER_KEPT             ((size_t)1024 * 1024)
#define CONNECT_TIMEOUT_SECONDS 10
#define LONG_BODY_SPEED         1024L /* bytes a second */
/* Servers close idle connections after 5 s and more: an older one may die under a DELETE. */
#define IDLE_SECONDS 4

#define SET(easy, option, value)                                                \
	do {                                                                    \
		if (curl_easy_setopt((easy), (option), (value)) != CURLE_OK)    \
			die_internal("libcurl refuses the option %s", #option); \
	} while (0)

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;

	headers_take(&transfer->headers, line, size * count);
	return size * count;
}

/* A body that is taken piece by piece; that of a refusal is kept instead. */
static bool is_taken(const struct transfer *transfer)
{
	long status = 0;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return transfer->request->ask.take && (status == 200 || status == 206);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;
	const struct http_request *ask = &transfer->request->ask;
	size_t limit = ask->max_body ? ask->max_body : DEFAULT_MAX_BODY;

	if (is_taken(transfer)) {
		transfer->enough = !ask->take(ask->ctx, bytes, size * count);
		return transfer->enough ? CURL_WRITEFUNC_ERROR : size * count;
	}
	if (size * count > limit - transfer->body.length) {
		transfer->too_large = true;
		return CURL_WRITEFUNC_ERROR;
	}
	buf_add(&transfer->body, bytes, size * count);
	return size * count;
}

/* Called before each sending. libcurl sends again by itself when a kept-alive connection breaks
 * before the first byte of the answer: never with a DELETE, which may have been carried out. */
static int on_send(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *transfer = ctx;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	if (transfer->sends > 0 && transfer->request->ask.method == HTTP_DELETE)
		return CURL_PREREQFUNC_ABORT;
	transfer->sends++;
	++*transfer->requests_sent;
	return CURL_PREREQFUNC_OK;
}

int transfer_check_ca(const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;

	if (!file)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	if (!certificate) {
		ERR_clear_error();
		return err_set(err, ERR_USAGE, "%s: holds no certificate in PEM form", path);
	}
	X509_free(certificate);
	return 0;
}

/* A long body may take as long as it likes, but must keep coming: one that drips is none. */
static void set_patience(struct transfer *transfer, bool is_long)
{
	unsigned timeout = transfer->method == HTTP_DELETE
				   ? transfer->options->delete_timeout_seconds
				   : transfer->options->get_timeout_seconds;

	SET(transfer->easy, CURLOPT_TIMEOUT, is_long ? 0L : (long)timeout);
	SET(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, is_long ? LONG_BODY_SPEED : 0L);
	SET(transfer->easy, CURLOPT_LOW_SPEED_TIME, is_long ? (long)timeout : 0L);
	transfer->is_long = is_long;
}

static void set_method(struct transfer *transfer, enum http_method method)
{
	static const char *const VERBS[] = { [HTTP_GET] = NULL,
					     [HTTP_HEAD] = NULL,
					     [HTTP_OPTIONS] = "OPTIONS",
					     [HTTP_DELETE] = "DELETE" };
	unsigned timeout = method == HTTP_DELETE ? transfer->options->delete_timeout_seconds
						 : transfer->options->get_timeout_seconds;
	unsigned connect = timeout < CONNECT_TIMEOUT_SECONDS ? timeout : CONNECT_TIMEOUT_SECONDS;

	SET(transfer->easy, CURLOPT_HTTPGET, 1L);
	SET(transfer->easy, CURLOPT_NOBODY, (long)(method == HTTP_HEAD));
	SET(transfer->easy, CURLOPT_CUSTOMREQUEST, VERBS[method]);
	SET(transfer->easy, CURLOPT_CONNECTTIMEOUT, (long)connect);
	transfer->method = method;
	set_patience(transfer, transfer->is_long);
}

static void set_credentials(struct transfer *transfer, bool with)
{
	SET(transfer->easy, CURLOPT_USERNAME, with ? transfer->options->user : NULL);
	SET(transfer->easy, CURLOPT_PASSWORD, with ? transfer->options->password : NULL);
	transfer->with_credentials = with;
}

static void set_headers(struct transfer *transfer, const struct http_request *ask)
{
	struct curl_slist *list = &transfer->fresh_node;

	if (ask->accept) {
		if (ask->accept != transfer->accept) {
			buf_clear(&transfer->accept_line);
			buf_format(&transfer->accept_line, "Accept: %s", ask->accept);
		}
		transfer->accept = ask->accept;
		transfer->accept_node =
			(struct curl_slist){ .data = transfer->accept_line.data, .next = list };
		list = &transfer->accept_node;
	}
	if (ask->if_none_match) {
		buf_clear(&transfer->match_line);
		buf_format(&transfer->match_line, "If-None-Match: \"%s\"", ask->if_none_match);
		transfer->match_node =
			(struct curl_slist){ .data = transfer->match_line.data, .next = list };
		list = &transfer->match_node;
	}
	SET(transfer->easy, CURLOPT_HTTPHEADER, list);
	SET(transfer->easy, CURLOPT_RANGE, ask->range);
}

/* Proxies of the environment are used only when that is wanted, and its exceptions not with another
 * proxy. */
static void set_proxy(CURL *easy, const struct http_options *options)
{
	CLEANUP(proxy_clear) struct proxy proxy = { 0 };

	/* What a proxy says of a tunnel is not the head of the registry's answer. */
	SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (!options->proxy)
		SET(easy, CURLOPT_PROXY, "");
	if (!options->proxy || strcmp(options->proxy, "system") == 0)
		return;
	proxy_parse(options->proxy, &proxy);
	SET(easy, CURLOPT_PROXY, proxy.url);
	SET(easy, CURLOPT_PROXYUSERNAME, proxy.user);
	SET(easy, CURLOPT_PROXYPASSWORD, proxy.password);
	SET(easy, CURLOPT_NOPROXY, "");
}

void transfer_open(struct transfer *transfer, const struct http_options *options,
		   uint64_t *requests_sent)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		die_internal("libcurl cannot start");
	*transfer = (struct transfer){ .easy = easy,
				       .options = options,
				       .requests_sent = requests_sent,
				       .fresh_line = "Cache-Control: no-cache",
				       .fresh_node.data = transfer->fresh_line };
	SET(easy, CURLOPT_PRIVATE, transfer);
	SET(easy, CURLOPT_ERRORBUFFER, transfer->error);
	SET(easy, CURLOPT_HEADERFUNCTION, on_header);
	SET(easy, CURLOPT_HEADERDATA, transfer);
	SET(easy, CURLOPT_WRITEFUNCTION, on_body);
	SET(easy, CURLOPT_WRITEDATA, transfer);
	SET(easy, CURLOPT_PREREQFUNCTION, on_send);
	SET(easy, CURLOPT_PREREQDATA, transfer);
	SET(easy, CURLOPT_NOSIGNAL, 1L);
	set_proxy(easy, options);
	SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	SET(easy, CURLOPT_USERAGENT, "clean-registry/" VERSION);
	SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	if (options->ca_cert)
		SET(easy, CURLOPT_CAINFO, options->ca_cert);
	else /* libcurl reads the system's bundle once for all connections only without a folder */
		SET(easy, CURLOPT_CAPATH, NULL);
	set_method(transfer, HTTP_GET);
}

void transfer_close(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	headers_free(&transfer->headers);
	buf_free(&transfer->body);
	buf_free(&transfer->accept_line);
	buf_free(&transfer->match_line);
}

void transfer_load(struct transfer *transfer, struct request *request)
{
	bool with_credentials = transfer->options->user && transfer->options->user[0] &&
				!request_redirected(request);

	transfer->request = request;
	transfer->sends = 0;
	transfer->too_large = transfer->hopeless = false;
	transfer->error[0] = '\0';
	transfer->enough = false;
	headers_clear(&transfer->headers);
	if (transfer->body.capacity > BUFFER_KEPT)
		buf_free(&transfer->body);
	buf_clear(&transfer->body);
	if (request->ask.method != transfer->method)
		set_method(transfer, request->ask.method);
	if (request->ask.long_body != transfer->is_long)
		set_patience(transfer, request->ask.long_body);
	if (with_credentials != transfer->with_credentials)
		set_credentials(transfer, with_credentials);
	set_headers(transfer, &request->ask);
	SET(transfer->easy, CURLOPT_URL,
	    request_redirected(request) ? request->target : request->ask.url);
	if (request->ask.take)
		(void)request->ask.take(request->ask.ctx, NULL, 0);
}

static enum http_failure failure_of(struct transfer *transfer, CURLcode code)
{
	bool sent = transfer->sends > 0;

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
		return is_taken(transfer) ? HTTP_SHORT : HTTP_CUT;
	case CURLE_COULDNT_CONNECT:
		/* A read whose kept-alive connection broke, and a new one was refused. */
		return sent && transfer->method == HTTP_DELETE ? HTTP_CUT : HTTP_NO_CONNECTION;
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
			       transfer->method == HTTP_DELETE
				       ? transfer->options->delete_timeout_seconds
				       : transfer->options->get_timeout_seconds);
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
		.date = date ? time_parse_http(date) : -1,
		.total = headers_total(&transfer->headers, (int)status),
		.attempts = transfer->request->attempts,
	};
	if (failure == HTTP_ANSWERED && status < 400)
		return;
	describe(transfer, code, response);
	describe_attempts(transfer->request, response);
}

int64_t transfer_retry_after(const struct transfer *transfer, const struct http_response *response)
{
	const char *text = headers_get(&transfer->headers, HEADER_RETRY_AFTER);
	/* A date is meant by the server's clock. */
	int64_t now = response->date >= 0 ? response->date : time(NULL);

	return text ? retry_after_parse(text, now) : -1;
}

/* CURLINFO_REDIRECT_URL would have the request's credentials in it where LOCATION is relative. */
static char *resolve(const char *base, const char *location)
{
	CURLU *parts = curl_url();
	char *url = NULL, *copy = NULL;

	if (curl_url_set(parts, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(parts, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_URL, &url, 0) == CURLUE_OK &&
	    (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0))
		copy = xstrdup(url);
	curl_free(url);
	curl_url_cleanup(parts);
	return copy;
}

char *transfer_redirect(const struct transfer *transfer, const struct http_response *response)
{
	const struct request *request = transfer->request;
	const char *location = headers_get(&transfer->headers, HEADER_LOCATION);

	if (response->failure != HTTP_ANSWERED || response->status / 100 != 3 || !location ||
	    request->ask.method == HTTP_DELETE || request->hops >= request->ask.redirects)
		return NULL;
	return resolve(request_redirected(request) ? request->target : request->ask.url, location);
}
