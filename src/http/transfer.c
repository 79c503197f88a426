/* One try of a request over a reusable curl handle: its options, its answer, its failures. */
#include "http/transfer.h"

#include "http/identity.h"
#include "http/proxy.h"
#include "http/targets.h"
#include "http/trust.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;
	const struct http_request *ask = &transfer->request->ask;
	size_t limit = ask->max_body ? ask->max_body : DEFAULT_MAX_BODY;

	if (answer_takes(transfer)) {
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
 * before the first byte of the answer: never with what writes, which may have been carried out. Nor
 * is anything sent that had to wait too long for its connection. */
static int on_send(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *transfer = ctx;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	if (transfer->sends > 0 && request_writes(transfer->request))
		return CURL_PREREQFUNC_ABORT;
	transfer->expired = request_expired(transfer->request, time_monotonic_ms());
	if (transfer->expired)
		return CURL_PREREQFUNC_ABORT;
	transfer->sends++;
	transfer->shared->requests++;
	return CURL_PREREQFUNC_OK;
}

/* A long body may take as long as it likes, but must keep coming: one that drips is none. */
static void set_patience(struct transfer *transfer, unsigned timeout, bool is_long)
{
	unsigned connect = timeout < CONNECT_TIMEOUT_SECONDS ? timeout : CONNECT_TIMEOUT_SECONDS;

	SET(transfer->easy, CURLOPT_CONNECTTIMEOUT, (long)connect);
	SET(transfer->easy, CURLOPT_TIMEOUT, is_long ? 0L : (long)timeout);
	SET(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, is_long ? LONG_BODY_SPEED : 0L);
	SET(transfer->easy, CURLOPT_LOW_SPEED_TIME, is_long ? (long)timeout : 0L);
	transfer->timeout = timeout;
	transfer->is_long = is_long;
}

static void set_method(struct transfer *transfer, enum http_method method)
{
	static const char *const VERBS[] = { [HTTP_GET] = NULL,
					     [HTTP_HEAD] = NULL,
					     [HTTP_OPTIONS] = "OPTIONS",
					     [HTTP_DELETE] = "DELETE",
					     [HTTP_PUT] = "PUT" };

	SET(transfer->easy, CURLOPT_HTTPGET, 1L);
	SET(transfer->easy, CURLOPT_NOBODY, (long)(method == HTTP_HEAD));
	SET(transfer->easy, CURLOPT_CUSTOMREQUEST, VERBS[method]);
	transfer->method = method;
}

static void set_credentials(struct transfer *transfer, bool with)
{
	SET(transfer->easy, CURLOPT_USERNAME, with ? transfer->shared->options.user : NULL);
	SET(transfer->easy, CURLOPT_PASSWORD, with ? transfer->shared->options.password : NULL);
	transfer->with_credentials = with;
}

/* One line is always there. */
static void set_client(struct transfer *transfer, const struct http_request *ask)
{
	transfer->fresh_node.data = transfer->fresh_line;
	if (!ask->agent)
		return;
	snprintf(transfer->agent_line, sizeof transfer->agent_line, "User-Agent: %s %s",
		 "clean-registry/" VERSION, ask->agent);
	transfer->fresh_node.data = transfer->agent_line;
}

static void set_headers(struct transfer *transfer, const struct http_request *ask)
{
	struct curl_slist *list = transfer->token ? &transfer->token_node : &transfer->fresh_node;

	set_client(transfer, ask);
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
	if (ask->content_type) {
		buf_clear(&transfer->type_line);
		buf_format(&transfer->type_line, "Content-Type: %s", ask->content_type);
		transfer->type_node =
			(struct curl_slist){ .data = transfer->type_line.data, .next = list };
		/* A body is sent at once, without asking whether it is welcome. */
		transfer->expect_node = (struct curl_slist){ .data = transfer->expect_line,
							     .next = &transfer->type_node };
		list = &transfer->expect_node;
	}
	if (transfer->with_auth_token) {
		transfer->auth_node.next = list;
		list = &transfer->auth_node;
	}
	SET(transfer->easy, CURLOPT_HTTPHEADER, list);
	SET(transfer->easy, CURLOPT_RANGE, ask->range);
}

/* libcurl sends such a header to the server alone, not to a proxy in between. */
static void set_token(struct transfer *transfer, const struct token *token)
{
	transfer->token = token ? token->number : 0;
	if (!token)
		return;
	buf_clear(&transfer->token_line);
	buf_format(&transfer->token_line, "Authorization: Bearer %s", token->text);
	transfer->token_node = (struct curl_slist){ .data = transfer->token_line.data,
						    .next = &transfer->fresh_node };
}

/* Proxies of the environment are used only when that is wanted, and its exceptions not with another
 * proxy. */
static void set_proxy(CURL *easy, const struct http_options *options)
{
	CLEANUP(proxy_clear) struct proxy proxy = { 0 };

	/* A proxy's answer to CONNECT is not the head of the registry's answer. */
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

static void set_trust(struct transfer *transfer, bool more)
{
	struct transfer_shared *shared = transfer->shared;

	trust_set(transfer->easy, shared->options.ca_cert, more ? &shared->trusted : NULL);
	transfer->trusts_more = more;
}

/* What holds for the registry's own host alone. */
static void set_own(struct transfer *transfer, bool own)
{
	const struct http_options *options = &transfer->shared->options;
	bool checks = !own || !options->insecure;

	identity_set(transfer->easy, own ? options->client_cert : NULL, options->client_key);
	SET(transfer->easy, CURLOPT_SSL_VERIFYPEER, checks ? 1L : 0L);
	SET(transfer->easy, CURLOPT_SSL_VERIFYHOST, checks ? 2L : 0L);
	transfer->is_own = own;
}

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct http_options *options = ctx;
	int made;

	(void)purpose;
	made = options->open_socket(options->socket_ctx, address->family, address->socktype,
				    address->protocol);
	return made < 0 ? CURL_SOCKET_BAD : made;
}

static void set_sockets(CURL *easy, struct http_options *options)
{
	if (!options->open_socket)
		return;
	SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(easy, CURLOPT_OPENSOCKETDATA, options);
}

void transfer_open(struct transfer *transfer, struct transfer_shared *shared)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		die_internal("libcurl cannot start");
	*transfer = (struct transfer){ .easy = easy,
				       .shared = shared,
				       .fresh_line = "Cache-Control: no-cache",
				       .expect_line = "Expect:",
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
	if (shared->options.auth_token)
		buf_format(&transfer->auth_line, "X-Auth-Token: %s", shared->options.auth_token);
	transfer->auth_node.data = transfer->auth_line.data;
	set_proxy(easy, &shared->options);
	set_sockets(easy, &shared->options);
	SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	SET(easy, CURLOPT_USERAGENT, "clean-registry/" VERSION);
	SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	set_trust(transfer, false);
	set_own(transfer, true);
	set_method(transfer, HTTP_GET);
}

void transfer_close(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	headers_free(&transfer->headers);
	buf_free(&transfer->body);
	buf_free(&transfer->accept_line);
	buf_free(&transfer->match_line);
	buf_free(&transfer->type_line);
	buf_free(&transfer->token_line);
	buf_free(&transfer->auth_line);
}

/* The bytes are the request's, which outlives the try. */
static void set_body(struct transfer *transfer, const struct http_request *ask)
{
	SET(transfer->easy, CURLOPT_POSTFIELDS, ask->body ? ask->body : "");
	SET(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body_length);
}

static bool is_own(const struct http_options *options, const struct request *request)
{
	const char *registry = options->registry ? options->registry : request->ask.url;

	return targets_same(request_redirected(request) ? request->target : request->ask.url,
			    registry);
}

/* Sets what is not as it was for the request before. */
static void adapt(struct transfer *transfer, const struct request *request)
{
	const struct http_options *options = &transfer->shared->options;
	bool redirected = request_redirected(request);
	bool told = request->for_token || (transfer->token == 0 && !options->by_token);
	bool with_credentials =
		options->user && options->user[0] && !options->auth_token && !redirected && told;
	bool own = is_own(options, request);
	bool trusts_more =
		options->ca_cert && redirected && !targets_same(request->target, request->ask.url);
	unsigned timeout = answer_timeout(transfer, request);

	if (request->ask.method != transfer->method)
		set_method(transfer, request->ask.method);
	if (timeout != transfer->timeout || request->ask.long_body != transfer->is_long)
		set_patience(transfer, timeout, request->ask.long_body);
	if (with_credentials != transfer->with_credentials)
		set_credentials(transfer, with_credentials);
	if (trusts_more != transfer->trusts_more)
		set_trust(transfer, trusts_more);
	if (own != transfer->is_own)
		set_own(transfer, own);
	transfer->with_auth_token = options->auth_token && options->registry && own && !redirected;
}

void transfer_load(struct transfer *transfer, struct request *request, const struct token *token)
{
	transfer->request = request;
	transfer->sends = 0;
	transfer->too_large = transfer->expired = false;
	transfer->fault = FAULT_NONE;
	transfer->permanent = false;
	transfer->error[0] = '\0';
	transfer->enough = false;
	headers_clear(&transfer->headers);
	if (transfer->body.capacity > BUFFER_KEPT)
		buf_free(&transfer->body);
	buf_clear(&transfer->body);
	set_token(transfer, token);
	adapt(transfer, request);
	if (request->ask.method == HTTP_PUT)
		set_body(transfer, &request->ask);
	set_headers(transfer, &request->ask);
	SET(transfer->easy, CURLOPT_URL,
	    request_redirected(request) ? request->target : request->ask.url);
	if (request->ask.take)
		(void)request->ask.take(request->ask.ctx, NULL, 0);
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
	    request_writes(request) || request->hops >= request->ask.redirects)
		return NULL;
	return resolve(request_redirected(request) ? request->target : request->ask.url, location);
}
