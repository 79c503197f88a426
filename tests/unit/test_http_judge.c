/* http_request.judge: who knows what an answer's body means says whether it is asked again. */
#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define MANY 8

static struct tiny_http server;
static unsigned judged; /* how often the judge was asked */

/* Until MANY requests are there at the same time, or it is plain that so many do not come. */
static void wait_for_many(void)
{
	int64_t until = time_monotonic_ms() + 300;
	unsigned busy = 0;

	while (busy < MANY && time_monotonic_ms() < until) {
		(void)usleep(1000);
		pthread_mutex_lock(&server.lock);
		busy = server.busiest;
		pthread_mutex_unlock(&server.lock);
	}
}

/* "/400/yes-300" is answered 400 with the body "yes-300" the first time, and 200 from then on;
 * "/400/no-0/for-ever" always. */
static bool answer(struct tiny_http *self, int fd, const struct tiny_request *request)
{
	char status[32], body[32];

	(void)self;
	if (strcmp(request->path, "/together") == 0)
		wait_for_many();
	if (sscanf(request->path, "/%31[0-9]/%31[a-z0-9-]", status, body) == 2 &&
	    (request->nth == 0 || strstr(request->path, "/for-ever")))
		tiny_reply(fd, strcat(status, " Reason"), "", body);
	else
		tiny_reply(fd, "200 OK", "", "limited-0");
	return true;
}

static struct http_verdict judge(const struct http_response *response)
{
	struct http_verdict verdict = { 0 };
	char word[32] = "";

	judged++;
	assert_int_equal(response->failure, HTTP_ANSWERED);
	(void)sscanf(response->body, "%31[a-z]-%ld", word, &verdict.pause_ms);
	if (strcmp(word, "yes") == 0)
		verdict.again = HTTP_AGAIN_YES;
	if (strcmp(word, "no") == 0)
		verdict.again = HTTP_AGAIN_NO;
	verdict.limited = strcmp(word, "limited") == 0;
	return verdict;
}

static void note(void *ctx, const struct http_response *response)
{
	*(struct http_response *)ctx = *response;
}

static struct http *start_http(unsigned in_flight)
{
	struct http_options options = { .max_in_flight = in_flight,
					.get_timeout_seconds = 5,
					.delete_timeout_seconds = 5,
					.retry_seconds = 2 };
	struct err err;
	struct http *http = http_new(&options, &err);

	assert_non_null(http);
	server.request_count = server.busiest = 0;
	judged = 0;
	return http;
}

static void submit(struct http *http, enum http_method method, const char *path,
		   struct http_response *response)
{
	CLEANUP(free_p) char *url = xasprintf("http://127.0.0.1:%u%s", server.port, path);

	http_submit(http, &(struct http_request){ .method = method,
						  .url = url,
						  .judge = judge,
						  .done = note,
						  .ctx = response });
}

static const struct {
	const char *sentence;
	enum http_method method;
	const char *path;
	int status;
	unsigned attempts, judged;
	int64_t least_ms;
} ROWS[] = {
	{ "what is good is not judged", HTTP_GET, "/ok", 200, 1, 0, 0 },
	{ "a 404 that it wants again", HTTP_GET, "/404/yes-0", 200, 2, 1, 100 },
	{ "after its own pause", HTTP_GET, "/400/yes-700", 200, 2, 1, 700 },
	{ "a 503 that it takes as it is", HTTP_GET, "/503/no-0", 503, 1, 1, 0 },
	{ "no opinion: a 503 is asked again", HTTP_GET, "/503/usual-0", 200, 2, 1, 100 },
	{ "no opinion: a 404 is not", HTTP_GET, "/404/usual-0", 404, 1, 1, 0 },
	{ "a pause that does not fit ends it", HTTP_GET, "/429/yes-2001", 429, 1, 1, 0 },
	{ "a pause without end, too", HTTP_GET, "/429/yes-9223372036854775807", 429, 1, 1, 0 },
	{ "again and again ends, too", HTTP_GET, "/404/yes-900/for-ever", 404, 3, 3, 1800 },
	{ "a DELETE is sent once, whatever it says", HTTP_DELETE, "/404/yes-0", 404, 1, 1, 0 },
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct http *http = start_http(1);
		struct http_response response = { 0 };
		int64_t began = time_monotonic_ms(), took;
		struct err err;

		submit(http, ROWS[i].method, ROWS[i].path, &response);
		assert_int_equal(http_run(http, &err), 0);
		http_free(http);
		took = time_monotonic_ms() - began;
		if (response.status != ROWS[i].status || response.attempts != ROWS[i].attempts ||
		    judged != ROWS[i].judged || took < ROWS[i].least_ms ||
		    server.request_count != ROWS[i].attempts)
			fail_msg("%s: %d after %u attempts, judged %u times, %lld ms",
				 ROWS[i].sentence, response.status, response.attempts, judged,
				 (long long)took);
	}
}

/* The most of MANY requests that are in flight at a time after one that PATH answers. */
static unsigned busiest_after(const char *path)
{
	struct http *http = start_http(MANY);
	struct http_response responses[MANY + 1] = { 0 };
	struct err err;

	submit(http, HTTP_DELETE, path, &responses[MANY]);
	assert_int_equal(http_run(http, &err), 0);
	server.busiest = 0;
	for (int i = 0; i < MANY; i++)
		submit(http, HTTP_GET, "/together", &responses[i]);
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	return server.busiest;
}

/* Half as many, and one more after as many good answers. */
static void what_is_too_much_becomes_less(void **state)
{
	(void)state;
	assert_int_equal(busiest_after("/400/no-0"), MANY);
	assert_in_range(busiest_after("/400/limited-0"), 2, MANY / 2 + 1);
}

static int start(void **state)
{
	(void)state;
	tiny_start(&server, answer, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	tiny_stop(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(what_is_too_much_becomes_less),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
