/* HTTP over libcurl's multi interface, in one thread: the only module that knows curl.
 *
 * Requests are queued by http_submit and run by http_run, at most max_in_flight at a time over
 * kept-alive connections. Completion callbacks run from http_run only; they may submit more and
 * never block. Every request says `Cache-Control: no-cache`, so that proxies in between ask the
 * registry. Proxies of the environment are used only when that is asked for, and .netrc never:
 * credentials go to the registry's own host only, and, once it asks for tokens (401, Bearer), to
 * the token server that it names alone: over TLS, or as openly as to the registry itself. */
#ifndef HTTP_ENGINE_H
#define HTTP_ENGINE_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http; /* opaque */

struct http_options {
	unsigned max_in_flight;       /* ≥ 1; fewer while the server shows that it is too much */
	unsigned get_timeout_seconds; /* whole transfer of one try */
	unsigned delete_timeout_seconds; /* the same for DELETE and PUT */
	unsigned retry_seconds;          /* how long one request may be repeated; 0: never */
	/* CA file, or NULL for the system's. Places that the registry redirects to may have the
	 * system's all the same. */
	const char *ca_cert;
	/* The registry's own URL: the next ones are for its scheme, host and port alone, and for no
	 * place that it redirects to. NULL: for all that is not redirected. */
	const char *registry;
	const char *client_cert, *client_key; /* what it is shown: PEM files, or NULL both */
	bool insecure;                        /* its certificate is not checked */
	/* "system": those of the environment; else as in http/proxy.h; or NULL: none */
	const char *proxy;
	/* Basic auth, of which tokens are got, too, or NULL; borrowed as long as the engine */
	const char *user, *password;
	/* Sent as X-Auth-Token to the place of REGISTRY alone (none: never), and masked from now
	 * on. USER and PASSWORD are not sent then, and no token server is asked. Borrowed as these.
	 */
	const char *auth_token;
	/* The registry is known to want tokens (http_by_token): it is not told the password first.
	 */
	bool by_token;
	/* The registry is known to be right, and only away: what else would be permanent (an
	 * unknown host, a certificate that is not trusted) is waited out. */
	bool known;
	/* DELETE and PUT are internal errors: a dry run cannot write. Questions for tokens are
	 * GETs.
	 */
	bool read_only;
	/* Makes the sockets instead of socket(2), with SOCKET_CTX; NULL: nobody does. */
	int (*open_socket)(void *ctx, int domain, int type, int protocol);
	void *socket_ctx;
};

/* What writes (DELETE, PUT) is sent once: whoever ordered it looks first whether it is still right,
 * and orders it again. One that a 401 refused because of its token was not carried out, and is
 * answered as HTTP_EXPIRED. */
enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OPTIONS, HTTP_DELETE, HTTP_PUT };

enum http_failure {
	HTTP_ANSWERED = 0,  /* STATUS is valid */
	HTTP_NO_CONNECTION, /* name, connection or TLS, here or at the place that the registry
			     * redirects to: the request was never sent there */
	HTTP_TIMED_OUT,     /* sent, no whole answer in time: its end is not known */
	HTTP_CUT,           /* sent, the connection broke: its end is not known */
	HTTP_SHORT,         /* a body that is taken ended before its announced length */
	HTTP_TOO_LARGE,     /* the body is longer than max_body */
	HTTP_EXPIRED,       /* not_after_ms was over before it could be sent, or its token had run
			     * out: it never was carried out, and may be ordered anew */
	HTTP_NO_TOKEN,      /* the token that it needs was not to be had: it never was sent */
	HTTP_ABANDONED,     /* we are stopping: http_stop, a second signal, or too many failures */
};

struct http_response {
	enum http_failure failure;
	/* 0 unless HTTP_ANSWERED; of HTTP_NO_TOKEN 401 or 403 where the token server refuses it. */
	int status;
	const char *body; /* NUL-terminated, "" when there is none; borrowed during the callback */
	size_t body_length;
	const char *content_type; /* these are NULL when the header is absent */
	const char *docker_content_digest;
	const char *link;
	const char *location;
	const char *allow;
	const char *www_authenticate;
	const char *request_id;  /* X-Request-Id */
	const char *total_count; /* X-Total-Count */
	/* Of a 401: why the token that was sent is of no use, for people; else NULL. */
	const char *refused_token;
	/* The line of its head that says that a cache in between answered: "Age: 35",
	 * "X-Cache: HIT from edge"; cut to 79 bytes. */
	const char *cached;
	int64_t date;      /* the Date header, or -1 */
	int64_t total;     /* bytes of the whole thing, also where only a part of it was asked for
			    * (Content-Range, Content-Length); -1 when the answer does not say */
	unsigned attempts; /* 1 when it was sent once */
	/* The pause that Retry-After asks for, or -1. */
	int64_t retry_after_ms;
	char message[256]; /* for people when it failed: "connection refused", "503 Service
			    * Unavailable after 4 attempts"; without URL, without secrets */
};

/* What a judge says of an answer. */
struct http_verdict {
	enum http_again {
		HTTP_AGAIN_USUAL, /* as http/retry.h says */
		HTTP_AGAIN_YES,   /* a GET, HEAD or OPTIONS is sent again, within retry_seconds */
		HTTP_AGAIN_NO,    /* it is the answer */
	} again;
	int64_t pause_ms; /* before it is sent again; 0 and less: as http/retry.h says */
	bool limited;     /* it is too much for the server: fewer at a time from now on */
};

typedef void (*http_done)(void *ctx, const struct http_response *response);
/* Given the next LENGTH bytes of a body; false: enough was seen, and what follows is left. BYTES is
 * NULL before each try: what was given before is void. Called from within libcurl: it may not
 * submit. */
typedef bool (*http_take)(void *ctx, const char *bytes, size_t length);

struct http_request {
	enum http_method method;
	const char *url;           /* copied */
	const char *accept;        /* Accept header or NULL; static */
	const char *if_none_match; /* a digest, or NULL; copied; sent quoted */
	/* What it needs of a token, where the registry wants those: "repository:team/app:pull";
	 * NULL: nothing. Copied. */
	const char *scope;
	/* Asks as any client would: with this word behind our own name in the User-Agent, and
	 * without Cache-Control; copied; or NULL. */
	const char *agent;
	/* What a PUT sends, BODY_LENGTH bytes of CONTENT_TYPE; copied. */
	const char *body;
	size_t body_length;
	const char *content_type;
	/* When it may be sent at the latest (time_monotonic_ms), however long it waits in the queue
	 * or for a connection; 0: at any time. */
	int64_t not_after_ms;
	unsigned timeout_seconds; /* whole transfer of one try; 0: as the options say */
	const char *timeout_key;  /* the key that says so, or NULL; static */
	size_t max_body;          /* bytes; 0 means 64 KiB */
	/* Redirects to follow, without credentials; 0: an answer of 3xx is handed out as it is. */
	unsigned redirects;
	const char *range; /* which bytes to ask for ("0-0"), or NULL for all; static */
	/* Takes the body of a 200 or 206 piece by piece, so that none is kept; or NULL. CTX is as
	 * DONE's. */
	http_take take;
	/* A connection that breaks, here or behind a proxy (502), is an answer: not tried again. */
	bool breaks;
	bool long_body; /* no limit of time, as long as 1 KiB/s come on average in each time-out */
	/* Called for each whole answer that is not 2xx, for who knows what is in its body; or NULL.
	 */
	struct http_verdict (*judge)(const struct http_response *response);
	http_done done;
	void *ctx;
};

/* NULL (ERR_USAGE) when ca_cert, client_cert or client_key cannot be used. */
struct http *http_new(const struct http_options *options, struct err *err);
void http_free(struct http *http); /* NULL is fine; unfinished requests are dropped silently */

void http_submit(struct http *http, const struct http_request *request);
/* Calls DONE (which may submit) from http_run after MILLISECONDS. */
void http_after(struct http *http, unsigned milliseconds, void (*done)(void *ctx), void *ctx);
/* KEEP: until the same is called with false (calls are counted), a first stop signal abandons
 * nothing: what was begun is to be looked after before the run ends. A second one does not wait. */
void http_keep(struct http *http, bool keep);
/* Requests queued, pausing or in flight, timers included. */
size_t http_pending(const struct http *http);

/* Runs until nothing is pending. 0, also when requests failed: each callback was told. -1:
 *   ERR_UNREACHABLE  a token server that is away, as soon as nobody keeps the run (http_keep);
 *                    twenty connection failures in a row (20 = HTTP_GIVE_UP), or nothing but
 *                    time-outs, cuts and gateways' errors for some time (http/silence.h): what is
 * pending was called back as HTTP_ABANDONED; ERR_STOPPED      a stop signal: GETs were called back
 * as HTTP_ABANDONED at once, DELETEs and PUTs in flight were let end; a second signal abandons
 * these too. After -1 every later submit is called back as HTTP_ABANDONED by the next http_run. */
int http_run(struct http *http, struct err *err) __attribute__((warn_unused_result));
#define HTTP_GIVE_UP 20

/* True when what RESPONSE is of may have been carried out, though nothing answered it. What an
 * answer means is the caller's to know. */
bool http_end_unknown(const struct http_response *response);

/* True when the registry asked for a token. */
bool http_by_token(const struct http *http);
/* Requests sent so far, repeats included. */
uint64_t http_requests(const struct http *http);

#endif
