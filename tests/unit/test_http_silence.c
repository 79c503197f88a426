/* Registries, and places that they redirect to, that answer nothing any more: when they are given
 * up, and what is said. */
#include "http_tally.h"
#include "util/time.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

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

/* What gateways do whose registry is gone, each at once. */
static bool speak_for_nobody(int fd, unsigned nth)
{
	static const char *const WORDS[] = { "502 Bad Gateway", "503 Service Unavailable",
					     "504 Gateway Timeout" };

	if (nth % 4 == 3)
		return false;
	tiny_reply(fd, WORDS[nth % 4], "", "");
	return true;
}

static bool gateway(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	if (server->ctx && *(atomic_bool *)server->ctx)
		return tiny_reply(fd, "200 OK", "", "hello"), true;
	return speak_for_nobody(fd, request->nth);
}

static void test_a_registry_that_died_behind_its_gateway_is_given_up(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();

	(void)state;
	options.retry_seconds = 6;
	tiny_start(&server, gateway, NULL);
	open_tally(&tally, &server, &options);
	tally.to_submit = 10000;
	for (int i = 0; i < 20; i++)
		submit(&tally, "/blob");
	assert_int_equal(http_run(tally.http, &err), -1);
	assert_int_equal(err.kind, ERR_UNREACHABLE);
	assert_non_null(strstr(err.msg, "the registry takes requests, but has served none for "));
	assert_non_null(strstr(err.msg, " s, the last one: "));
	assert_non_null(strstr(err.msg, "; look whether it runs; if it needs longer, raise "
					"registry.retry_seconds"));
	/* A restart may take as long as that; a second such time begins for no tag. */
	assert_in_range(time_monotonic_ms() - began, 6000, 11000);
	assert_int_equal(tally.answered, 0);
	http_free(tally.http);
	tiny_stop(&server);
}

static void come_back(void *ctx)
{
	*(atomic_bool *)ctx = true;
}

static void test_a_restart_behind_a_gateway_is_waited_out(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };
	atomic_bool back = false;

	(void)state;
	options.retry_seconds = 30;
	tiny_start(&server, gateway, &back);
	open_tally(&tally, &server, &options);
	for (int i = 0; i < 50; i++)
		submit(&tally, "/blob");
	http_after(tally.http, 3000, come_back, &back);
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 50);
	http_free(tally.http);
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

/* Answers once, and then never: with nothing, and with what gateways say for it. */
static bool mute_then(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)server;
	if (request->nth > 0)
		return tiny_hang(fd), false;
	tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static bool gateway_then(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)server;
	if (request->nth > 0)
		return speak_for_nobody(fd, request->nth);
	tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void test_a_place_that_falls_silent_is_given_up(void **state)
{
	static const tiny_handler HANDLERS[] = { mute_then, gateway_then };

	(void)state;
	for (size_t i = 0; i < sizeof HANDLERS / sizeof *HANDLERS; i++) {
		struct http_options options = OPTIONS;
		struct tiny_http server, place;
		struct tally tally;
		struct err err = { 0 };

		options.retry_seconds = 6;
		tiny_start(&place, HANDLERS[i], NULL);
		tiny_start(&server, redirecting, &place.port);
		open_tally(&tally, &server, &options);
		tally.to_submit = 400;
		for (int n = 0; n < 16; n++)
			submit(&tally, "/blob");
		assert_int_equal(http_run(tally.http, &err), 0);
		/* One blob, and what the registry has itself: every tenth. */
		assert_int_equal(tally.answered, 41);
		assert_in_range(tally.unsent, 300, 375);
		assert_int_equal(tally.unsent + tally.answered + tally.timed_out + tally.other,
				 416);
		submit(&tally, "/blob");
		assert_int_equal(http_run(tally.http, &err), 0);
		assert_int_equal(tally.last.failure, HTTP_NO_CONNECTION);
		assert_non_null(strstr(tally.last.message, "redirected to http://127.0.0.1:"));
		http_free(tally.http);
		tiny_stop(&server);
		tiny_stop(&place);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mute_server_is_given_up),
		cmocka_unit_test(test_a_registry_that_died_behind_its_gateway_is_given_up),
		cmocka_unit_test(test_a_restart_behind_a_gateway_is_waited_out),
		cmocka_unit_test(test_a_place_that_falls_silent_is_given_up),
		cmocka_unit_test(test_a_redirect_to_nowhere_is_found_once),
		cmocka_unit_test(test_a_slow_blob_gives_up_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
