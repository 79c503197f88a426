/* What the tests of the engine share that have many requests: some options, and who counts answers.
 */
#ifndef TESTS_HTTP_TALLY_H
#define TESTS_HTTP_TALLY_H

#include "../tools/tiny_http.h"
#include "http/engine.h"

#include <setjmp.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static const struct http_options OPTIONS = { .max_in_flight = 16,
					     .get_timeout_seconds = 1,
					     .delete_timeout_seconds = 1 };

struct tally {
	struct http *http;
	unsigned port;
	unsigned to_submit; /* one after each answer, as who has a window of requests does */
	unsigned answered, unsent, timed_out, abandoned, other;
	struct http_response last; /* its texts are gone, but not the message */
};

static inline void submit(struct tally *tally, const char *path);

static inline void count(void *ctx, const struct http_response *response)
{
	struct tally *tally = ctx;

	tally->answered += response->failure == HTTP_ANSWERED && response->status == 200;
	tally->other += response->failure == HTTP_CUT ||
			(response->failure == HTTP_ANSWERED && response->status != 200);
	tally->unsent += response->failure == HTTP_NO_CONNECTION;
	tally->timed_out += response->failure == HTTP_TIMED_OUT;
	tally->abandoned += response->failure == HTTP_ABANDONED;
	tally->last = *response;
	if (tally->to_submit > 0)
		submit(tally, tally->to_submit-- % 10 ? "/blob" : "/own/manifest");
}

static inline void open_tally(struct tally *tally, const struct tiny_http *server,
			      const struct http_options *options)
{
	struct err err;

	*tally = (struct tally){ .port = server->port, .http = http_new(options, &err) };
	assert_non_null(tally->http);
}

static inline void submit(struct tally *tally, const char *path)
{
	struct http_request request = { .redirects = 5, .done = count, .ctx = tally };
	char url[128];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", tally->port, path);
	request.url = url;
	http_submit(tally->http, &request);
}

#endif
