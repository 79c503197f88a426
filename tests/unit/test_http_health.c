/* Servers that have too much to do, that answer nothing, that redirect to nowhere, or that speak
 * something else: what is sent again, how much at a time, and what is said. */
#include "../tools/tiny_http.h"
#include "http/engine.h"

#include <poll.h>
#include <setjmp.h>
#include <stdatomic.h>
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
	unsigned answered, unsent, timed_out, abandoned;
	struct http_response last; /* its texts are gone, but not the message */
};

static void submit(struct tally *tally, const char *path);

static void count(void *ctx, const struct http_response *response)
{
	struct tally *tally = ctx;

	tally->answered += response->failure == HTTP_ANSWERED && response->status == 200;
	tally->unsent += response->failure == HTTP_NO_CONNECTION;
	tally->timed_out += response->failure == HTTP_TIMED_OUT;
	tally->abandoned += response->failure == HTTP_ABANDONED;
	tally->last = *response;
	if (tally->to_submit > 0)
		submit(tally, tally->to_submit-- % 10 ? "/blob" : "/own/manifest");
}

static void open_tally(struct tally *tally, const struct tiny_http *server,
		       const struct http_options *options)
{
	struct err err;

	*tally = (struct tally){ .port = server->port, .http = http_new(options, &err) };
	assert_non_null(tally->http);
}

static void submit(struct tally *tally, const char *path)
{
	struct http_request request = { .redirects = 5, .done = count, .ctx = tally };
	char url[128];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", tally->port, path);
	request.url = url;
	http_submit(tally->http, &request);
}

static unsigned at_work(struct tiny_http *server)
{
	unsigned busy;

	pthread_mutex_lock(&server->lock);
	busy = server->busy;
	pthread_mutex_unlock(&server->lock);
	return busy;
}

/* Has work to do for each request, and too little time for all when there are more than eight. */
static bool eight_at_a_time(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	struct pollfd gone = { .fd = fd, .events = POLLIN };

	(void)request;
	if (poll(&gone, 1, 50) > 0 || at_work(server) > 8)
		return tiny_hang(fd), false;
	tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void test_an_overloaded_server_gets_less(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	options.retry_seconds = 4;
	tiny_start(&server, eight_at_a_time, NULL);
	open_tally(&tally, &server, &options);
	for (int i = 0; i < 40; i++)
		submit(&tally, "/");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 40);
	http_free(tally.http);
	/* Sixteen that time out, and a few more while it finds what the server bears. */
	assert_in_range(tiny_count(&server, NULL, NULL), 40, 80);
	tiny_stop(&server);
}

static bool limited(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)request;
	tiny_reply(fd, at_work(server) > 2 ? "429 Too Many Requests" : "200 OK", "", "hello");
	return true;
}

static void test_too_many_requests_become_fewer(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	options.retry_seconds = 30;
	tiny_start(&server, limited, NULL);
	open_tally(&tally, &server, &options);
	for (int i = 0; i < 200; i++)
		submit(&tally, "/");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 200);
	http_free(tally.http);
	tiny_stop(&server);
}

static bool mute(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)server, (void)request;
	return tiny_hang(fd), false;
}

static void test_a_mute_server_is_given_up(void **state)
{
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	tiny_start(&server, mute, NULL);
	open_tally(&tally, &server, &OPTIONS);
	for (int i = 0; i < 400; i++)
		submit(&tally, "/");
	assert_int_equal(http_run(tally.http, &err), -1);
	assert_int_equal(err.kind, ERR_UNREACHABLE);
	assert_non_null(strstr(err.msg, "registry.timeout"));
	assert_non_null(strstr(err.msg, "registry.max_concurrent_requests"));
	assert_int_equal(tally.timed_out + tally.abandoned, 400);
	http_free(tally.http);
	/* Sixteen, and then nine more rounds of one each. */
	assert_int_equal(tiny_count(&server, NULL, NULL), 25);
	tiny_stop(&server);
}

/* Redirects blobs to the port that CTX points to; what is below /own/ it has itself. */
static bool redirecting(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	char header[512];

	(void)snprintf(header, sizeof header, "Location: http://127.0.0.1:%u%s?key=s3cret\r\n",
		       *(unsigned *)server->ctx, request->path);
	if (strncmp(request->path, "/own/", 5) == 0)
		tiny_reply(fd, "200 OK", "", "hello");
	else
		tiny_reply(fd, "307 Temporary Redirect", header, "go there");
	return true;
}

static void test_a_redirect_to_nowhere_is_found_once(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server, nowhere;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	options.max_in_flight = 4;
	options.retry_seconds = 1;
	tiny_bind(&nowhere, mute, NULL);
	tiny_start(&server, redirecting, &nowhere.port);
	open_tally(&tally, &server, &options);
	tally.to_submit = 100;
	for (int i = 0; i < 4; i++)
		submit(&tally, "/blob");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 10);
	assert_int_equal(tally.unsent, 94);
	assert_non_null(strstr(tally.last.message, "redirected to http://127.0.0.1:"));
	assert_non_null(strstr(tally.last.message, ", which cannot be reached from here: "
						   "connection refused after "));
	assert_null(strstr(tally.last.message, "s3cret"));
	/* The first four have some attempts, the others one. */
	assert_in_range(tiny_count(&server, NULL, "/blob"), 94, 120);
	http_free(tally.http);
	tiny_stop(&server);
	tiny_stop(&nowhere);
}

/* The first is answered, the second never. */
static bool mute_once(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)server;
	if (strncmp(request->path, "/slow", 5) == 0)
		return tiny_hang(fd), false;
	tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void test_a_slow_blob_gives_up_no_place(void **state)
{
	struct tiny_http server, place;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	tiny_start(&place, mute_once, NULL);
	tiny_start(&server, redirecting, &place.port);
	open_tally(&tally, &server, &OPTIONS);
	submit(&tally, "/fast");
	assert_int_equal(http_run(tally.http, &err), 0);
	submit(&tally, "/slow");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.timed_out, 1);
	submit(&tally, "/fast");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 2);
	http_free(tally.http);
	tiny_stop(&server);
	tiny_stop(&place);
}

static const struct {
	const char *sentence, *answer, *message;
	enum http_failure failure;
} STRANGERS[] = {
	{ "Go's TLS",
	  "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
	  "400 Bad Request: TLS is spoken there; write https:// in registry.url", HTTP_ANSWERED },
	{ "nginx that wants a certificate",
	  "HTTP/1.1 400 Bad Request\r\nContent-Length: 53\r\n\r\n"
	  "<center>No required SSL certificate was sent</center>",
	  "400 Bad Request: a client certificate is wanted there, and clean-registry has none; "
	  "name a port in registry.url that wants none",
	  HTTP_ANSWERED },
	{ "an alert of TLS", "\x15\x03\x01\x02\x02\x46 and so on",
	  "no HTTP is spoken there; if it is TLS, write https:// in registry.url", HTTP_CUT },
	{ "another protocol", "220 mail.example.com ESMTP\r\n",
	  "no HTTP is spoken there; if it is TLS, write https:// in registry.url", HTTP_CUT },
};

static bool strange(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)request;
	tiny_write(fd, server->ctx, strlen(server->ctx));
	return false;
}

static void test_strangers_are_named_at_once(void **state)
{
	struct http_options options = OPTIONS;

	(void)state;
	options.retry_seconds = 60;
	for (size_t i = 0; i < sizeof STRANGERS / sizeof *STRANGERS; i++) {
		char answer[256];
		struct tiny_http server;
		struct tally tally;
		struct err err = { 0 };

		(void)snprintf(answer, sizeof answer, "%s", STRANGERS[i].answer);
		tiny_start(&server, strange, answer);
		open_tally(&tally, &server, &options);
		submit(&tally, "/v2/");
		assert_int_equal(http_run(tally.http, &err), 0);
		if (tally.last.failure != STRANGERS[i].failure ||
		    strcmp(tally.last.message, STRANGERS[i].message) != 0)
			fail_msg("%s: failure %d, \"%s\"", STRANGERS[i].sentence,
				 (int)tally.last.failure, tally.last.message);
		assert_int_equal(tiny_count(&server, NULL, NULL), 1);
		http_free(tally.http);
		tiny_stop(&server);
	}
}

/* What was a registry before is only away: its port may be another one's for a moment. */
static bool strange_once(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)server;
	if (request->nth == 0)
		return tiny_write(fd, "220 mail\r\n", 10), false;
	tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void test_what_passes_is_waited_out_where_it_is_known(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	options.retry_seconds = 60;
	options.known = true;
	tiny_start(&server, strange_once, NULL);
	open_tally(&tally, &server, &options);
	submit(&tally, "/v2/");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 1);
	http_free(tally.http);
	tiny_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_overloaded_server_gets_less),
		cmocka_unit_test(test_too_many_requests_become_fewer),
		cmocka_unit_test(test_a_mute_server_is_given_up),
		cmocka_unit_test(test_a_redirect_to_nowhere_is_found_once),
		cmocka_unit_test(test_a_slow_blob_gives_up_no_place),
		cmocka_unit_test(test_strangers_are_named_at_once),
		cmocka_unit_test(test_what_passes_is_waited_out_where_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
