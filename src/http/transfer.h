/* One try of one request over a reusable curl handle: its options, its answer, its failures.
 * Private to src/http. */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include "http/fault.h"
#include "http/headers.h"
#include "http/request.h"
#include "http/token.h"
#include "util/buf.h"

#include <curl/curl.h>

/* Shared by all transfers of an engine; borrowed from it. */
struct transfer_shared {
	struct http_options options;
	struct buf trusted; /* authorities of the places redirected to, where ca_cert is set */
	uint64_t requests, answers; /* that were sent, and that the registry itself gave */
};

/* A curl handle with the buffers of its answer; all of it is used again and again. */
struct transfer {
	CURL *easy;
	struct transfer_shared *shared;
	struct request *request; /* NULL while idle */

	enum http_method method; /* what the handle is set to */
	bool with_credentials;
	bool with_auth_token;
	bool trusts_more; /* than the registry's authorities */
	bool is_own;      /* the place is the registry's own host */
	bool is_long;     /* its time is not limited, only its pauses */
	unsigned timeout; /* seconds */
	const char *accept;
	struct buf accept_line, match_line, type_line, token_line, auth_line;
	uint64_t token;       /* the number of that which is sent; 0: none */
	char fresh_line[32];  /* a proxy in between must not answer from its own memory */
	char agent_line[128]; /* instead of it: how a client asks */
	char expect_line[16];
	struct curl_slist fresh_node, accept_node, match_node, type_node, expect_node, token_node,
		auth_node;

	unsigned sends; /* how often the request was written to a connection in this try */
	bool too_large;
	bool enough;      /* the request's TAKE has seen all that it wants */
	bool expired;     /* it may be sent no more */
	enum fault fault; /* what is wrong, if that is known */
	bool permanent;   /* trying again does not change it */
	struct headers headers;
	struct buf body;
	char error[CURL_ERROR_SIZE];
};

/* Opens the handle with the options that never change. */
void transfer_open(struct transfer *transfer, struct transfer_shared *shared);
void transfer_close(struct transfer *transfer);
/* Makes the handle ready for a try of REQUEST, with TOKEN unless that is NULL. */
void transfer_load(struct transfer *transfer, struct request *request, const struct token *token);
/* True when its body is taken piece by piece; that of a refusal is kept instead. */
bool answer_takes(const struct transfer *transfer);
/* How many seconds a try of REQUEST may take. */
unsigned answer_timeout(const struct transfer *transfer, const struct request *request);
/* What became of the try that ended with CODE; borrowed from the transfer until its next load. */
void answer_take(struct transfer *transfer, CURLcode code, struct http_response *response);
/* True when the head of an answer began, whatever became of it. */
bool answer_has_head(const struct transfer *transfer);
/* Adds to the message of RESPONSE, which nothing follows, what people can do. */
void answer_advise(const struct transfer *transfer, struct http_response *response);
/* Makes RESPONSE one of a redirect that is not followed, because of WHY, and the failure permanent.
 */
void answer_refuse(struct transfer *transfer, const char *why, struct http_response *response);
/* Where the answer redirects to, if that may be followed; else NULL. The caller's memory. */
char *transfer_redirect(const struct transfer *transfer, const struct http_response *response);

#endif
