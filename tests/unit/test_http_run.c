/* Many requests at a time: connections, timers, outages, stop signals. */
#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "util/stop_signal.h"
#include "util/time.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

struct tally {
	struct http *http;
	struct tiny_http *server;
	unsigned answered, refused, abandoned, others, to_submit, steps;
	char order[16];
};

static const struct http_options OPTIONS = { .max_in_flight = 20,
					     .get_timeout_seconds = 10,
					     .delete_timeout_seconds = 10 };

static void submit(struct tally *tally, enum http_method method, const char *path);

static void count(void *ctx, const struct http_response *response)
{
	struct tally *tally = ctx;

	tally->answered += response->failure == HTTP_ANSWERED && response->status == 200;
	tally->refused += response->failure == HTTP_NO_CONNECTION;
	tally->abandoned += response->failure == HTTP_ABANDONED;
	tally->others += response->status != 200 && response->failure != HTTP_NO_CONNECTION &&
			 response->failure != HTTP_ABANDONED;
	if (tally->to_submit > 0) {
		tally->to_submit--;
		submit(tally, HTTP_GET, "/from-callback");
	}
}

static void submit(struct tally *tally, enum http_method method, const char *path)
{
	struct http_request request = { .method = method, .done = count, .ctx = tally };
	char url[128];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", tally->server->port, path);
	request.url = url;
	http_submit(tally->http, &request);
}

static void open_tally(struct tally *tally, struct tiny_http *server,
		       const struct http_options *options)
{
	struct err err;

	*tally = (struct tally){ .server = server, .http = http_new(options, &err) };
	assert_non_null(tally->http);
}

static bool hello(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	(void)server, (void)request;
	tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void test_connections_are_kept(void **state)
{
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	tiny_start(&server, hello, NULL);
	open_tally(&tally, &server, &OPTIONS);
	tally.to_submit = 1000;
	for (int i = 0; i < 1000; i++)
		submit(&tally, HTTP_GET, "/");
	assert_int_equal(http_pending(tally.http), 1000);
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 2000);
	assert_int_equal(http_requests(tally.http), 2000);
	/* The engine can run again, and still has its connections. */
	for (int i = 0; i < 100; i++)
		submit(&tally, HTTP_GET, "/");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 2100);
	http_free(tally.http);
	assert_int_equal(tiny_count(&server, "GET", NULL), 2100);
	assert_in_range(tiny_connections(&server), 1, 20);
	assert_in_range(server.busiest, 2, 20);
	tiny_stop(&server);
}

static void step(struct tally *tally, char name)
{
	tally->order[tally->steps++] = name;
}

static void at_once(void *ctx)
{
	step(ctx, 'e');
}

static void early(void *ctx)
{
	struct tally *tally = ctx;

	step(tally, 'a');
	/* As soon as this callback has returned, not inside it, and before what is due later. */
	http_after(tally->http, 0, at_once, tally);
	step(tally, 'b');
}

static void later(void *ctx)
{
	step(ctx, 'c');
}

static void latest(void *ctx)
{
	step(ctx, 'd');
}

static void test_timers(void **state)
{
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };
	int64_t began = time_monotonic_ms();

	(void)state;
	tiny_bind(&server, hello, NULL);
	open_tally(&tally, &server, &OPTIONS);
	http_after(tally.http, 60, latest, &tally);
	http_after(tally.http, 30, later, &tally);
	http_after(tally.http, 60, latest, &tally);
	http_after(tally.http, 1, early, &tally);
	http_after(tally.http, 30, later, &tally);
	assert_int_equal(http_pending(tally.http), 5);
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_string_equal(tally.order, "abeccdd");
	assert_in_range(time_monotonic_ms() - began, 60, 5000);
	http_free(tally.http);
	tiny_stop(&server);
}

static void test_give_up(void **state)
{
	static const unsigned IN_FLIGHT[] = { 1, 5, 20, 30 };
	struct tiny_http server;

	(void)state;
	tiny_bind(&server, hello, NULL);
	for (size_t i = 0; i < sizeof IN_FLIGHT / sizeof *IN_FLIGHT; i++) {
		struct http_options options = OPTIONS;
		struct tally tally;
		struct err err = { 0 };

		options.max_in_flight = IN_FLIGHT[i];
		open_tally(&tally, &server, &options);
		for (int n = 0; n < 100; n++)
			submit(&tally, n % 2 ? HTTP_GET : HTTP_DELETE, "/");
		http_after(tally.http, 60000, later, &tally);
		assert_int_equal(http_run(tally.http, &err), -1);
		assert_int_equal(err.kind, ERR_UNREACHABLE);
		assert_non_null(strstr(err.msg, "connection refused"));
		/* Those that fail at the same moment as the twentieth are told the truth too. */
		assert_in_range(tally.refused, 20, 19 + IN_FLIGHT[i]);
		assert_int_equal(tally.refused + tally.abandoned, 100);
		assert_int_equal(tally.steps, 1);
		assert_int_equal(http_pending(tally.http), 0);
		submit(&tally, HTTP_GET, "/");
		assert_int_equal(http_run(tally.http, &err), -1);
		assert_int_equal(tally.refused + tally.abandoned, 101);
		assert_int_equal(http_requests(tally.http), 0);
		http_free(tally.http);
	}
	tiny_stop(&server);
}

static void test_few_failures_do_not_end_the_run(void **state)
{
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	tiny_bind(&server, hello, NULL);
	open_tally(&tally, &server, &OPTIONS);
	for (int n = 0; n < HTTP_GIVE_UP - 1; n++)
		submit(&tally, HTTP_GET, "/");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.refused, HTTP_GIVE_UP - 1);
	tiny_serve(&server);
	submit(&tally, HTTP_GET, "/");
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 1);
	http_free(tally.http);
	tiny_stop(&server);
}

static void serve(void *ctx)
{
	tiny_serve(((struct tally *)ctx)->server);
}

/* A registry that starts again: more failures than HTTP_GIVE_UP at the same time are one. */
static void test_outage_is_waited_out(void **state)
{
	struct http_options options = OPTIONS;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	(void)state;
	options.max_in_flight = 40;
	options.retry_seconds = 30;
	tiny_bind(&server, hello, NULL);
	open_tally(&tally, &server, &options);
	for (int n = 0; n < 200; n++)
		submit(&tally, n % 2 ? HTTP_GET : HTTP_OPTIONS, "/");
	http_after(tally.http, 400, serve, &tally);
	assert_int_equal(http_run(tally.http, &err), 0);
	assert_int_equal(tally.answered, 200);
	assert_int_equal(tiny_count(&server, NULL, NULL), 200);
	http_free(tally.http);
	tiny_stop(&server);
}

/* Signals are counted for a whole process, so each of these tests has its own. */
static void in_child(void (*test)(void))
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		stop_signal_init();
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect(bool good, int line)
{
	if (good)
		return;
	(void)fprintf(stderr, "# %s:%d is not so\n", __FILE__, line);
	_exit(1);
}
#define EXPECT(condition) expect((condition), __LINE__)

/* Sends the signal as soon as both requests are here. "/slow" is answered when the other one's
 * client has gone, "/hang" never. */
static bool signalling(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	atomic_bool *enough = server->ctx;

	while (tiny_count(server, NULL, NULL) < 2)
		sched_yield();
	if (strcmp(request->path, "/hang") == 0) {
		(void)kill(getpid(), SIGTERM);
		tiny_hang(fd);
		return false;
	}
	while (!atomic_load(enough))
		sched_yield();
	tiny_reply(fd, "200 OK", "", "deleted");
	return true;
}

/* Called early because of the signal, and once more while the DELETE is let end. */
static void nag(void *ctx)
{
	struct tally *tally = ctx;

	step(tally, 'n');
	submit(tally, HTTP_GET, "/nagging");
	if (tally->steps == 1)
		http_after(tally->http, 1, nag, tally);
	else
		atomic_store((atomic_bool *)tally->server->ctx, true);
}

static void first_signal(void)
{
	struct http_options options = OPTIONS;
	atomic_bool enough = false;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	options.max_in_flight = 2;
	tiny_start(&server, signalling, &enough);
	open_tally(&tally, &server, &options);
	submit(&tally, HTTP_GET, "/hang");
	submit(&tally, HTTP_DELETE, "/slow");
	submit(&tally, HTTP_DELETE, "/queued");
	submit(&tally, HTTP_GET, "/queued");
	http_after(tally.http, 60000, nag, &tally);
	tally.to_submit = 3;
	EXPECT(http_run(tally.http, &err) == -1);
	EXPECT(err.kind == ERR_STOPPED);
	EXPECT(tally.answered == 1);
	EXPECT(tally.abandoned == 8);
	EXPECT(tally.steps == 2);
	EXPECT(http_pending(tally.http) == 0);
	EXPECT(tiny_count(&server, NULL, NULL) == 2);
	submit(&tally, HTTP_GET, "/too-late");
	EXPECT(http_run(tally.http, &err) == -1);
	EXPECT(err.kind == ERR_STOPPED);
	EXPECT(tally.abandoned == 9);
	EXPECT(tiny_count(&server, NULL, NULL) == 2);
	http_free(tally.http);
	tiny_stop(&server);
}

static void press_again(void *ctx, const struct http_response *response)
{
	count(ctx, response);
	(void)kill(getpid(), SIGINT);
}

static void second_signal(void)
{
	struct http_options options = OPTIONS;
	struct http_request queued = { .url = "http://127.0.0.1:9/", .done = press_again };
	atomic_bool enough = false;
	struct tiny_http server;
	struct tally tally;
	struct err err = { 0 };

	options.max_in_flight = 2;
	tiny_start(&server, signalling, &enough);
	open_tally(&tally, &server, &options);
	submit(&tally, HTTP_DELETE, "/hang");
	submit(&tally, HTTP_DELETE, "/slow");
	queued.ctx = &tally;
	http_submit(tally.http, &queued);
	EXPECT(http_run(tally.http, &err) == -1);
	EXPECT(err.kind == ERR_STOPPED);
	EXPECT(tally.answered == 0);
	EXPECT(tally.abandoned == 3);
	http_free(tally.http);
	atomic_store(&enough, true);
	tiny_stop(&server);
}

static void test_first_signal(void **state)
{
	(void)state;
	in_child(first_signal);
}

static void test_second_signal(void **state)
{
	(void)state;
	in_child(second_signal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections_are_kept),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_give_up),
		cmocka_unit_test(test_few_failures_do_not_end_the_run),
		cmocka_unit_test(test_outage_is_waited_out),
		cmocka_unit_test(test_first_signal),
		cmocka_unit_test(test_second_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
