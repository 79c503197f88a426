/* Servers that have too much to do, or that speak something else: what is sent again, how much at a
 * time, and what is said. */
#include "http_tally.h"

#include <poll.h>
#include <setjmp.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

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
	  "registry.client_cert and registry.client_key name one",
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
		cmocka_unit_test(test_strangers_are_named_at_once),
		cmocka_unit_test(test_what_passes_is_waited_out_where_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
