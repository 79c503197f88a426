/* What one request becomes: answers, repeats, redirects, headers. Many at a time, outages and
 * signals are test_http_run.c's. */
#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stddef.h>
#include <sys/wait.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

#define TOO_MUCH "raise registry.timeout or lower registry.max_concurrent_requests"

static struct tiny_http server, other;

static const char FULL[] = "Content-Type: application/json; charset=utf-8\r\n"
			   "docker-content-digest:" DIGEST " \r\n"
			   "LINK: </v2/_catalog?last=a&n=1>; rel=\"next\"\r\n"
			   "Allow: GET\r\nAllow:  HEAD\r\n"
			   "WWW-Authenticate: Basic realm=\"x\"\r\n"
			   "X-Request-Id: 8e1f\r\nX-Total-Count: 45\r\n"
			   "Age: 0\r\nX-Cache: HIT from here\r\nAge: 9\r\n"
			   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

static const char TRAILED[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
			      "Trailer: Docker-Content-Digest\r\n\r\n"
			      "4\r\nbody\r\n0\r\nDocker-Content-Digest: " DIGEST "\r\n\r\n";

static bool cut(int fd)
{
	static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";

	tiny_write(fd, half, sizeof half - 1);
	return false;
}

static bool large(int fd)
{
	char *body = xcalloc(1, 70001);

	memset(body, 'x', 70000);
	tiny_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n", 43);
	tiny_write(fd, body, 70000);
	free(body);
	return true;
}

/* What a registry with a stale cache answers: a promise, and then nothing. */
static bool short_part(int fd)
{
	static const char head[] = "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n"
				   "Content-Range: bytes 0-0/1024\r\n\r\n";

	tiny_write(fd, head, sizeof head - 1);
	return false;
}

static void redirect(int fd, unsigned port, const char *path)
{
	char header[128];

	(void)snprintf(header, sizeof header, "Location: http://127.0.0.1:%u%s\r\n", port, path);
	tiny_reply(fd, "307 Temporary Redirect", header, "go there");
}

static bool answer_special(int fd, const struct tiny_request *request)
{
	const char *path = request->path;

	if (strcmp(path, "/cut") == 0 || (strcmp(path, "/cut-once") == 0 && request->nth == 0))
		return cut(fd);
	if (strcmp(path, "/slam") == 0)
		return false;
	if (strcmp(path, "/hang") == 0)
		return tiny_hang(fd), false;
	if (strcmp(path, "/large") == 0)
		return large(fd);
	if (strcmp(path, "/short") == 0)
		return short_part(fd);
	if (strcmp(path, "/trailer") == 0)
		tiny_write(fd, TRAILED, sizeof TRAILED - 1);
	else if (strcmp(path, "/elsewhere") == 0)
		redirect(fd, other.port, "/target");
	else if (strcmp(path, "/same-host") == 0)
		redirect(fd, server.port, "/target");
	else if (strcmp(path, "/part") == 0)
		tiny_reply(fd, "206 Partial Content", "Content-Range: bytes 0-0/1024\r\n", "h");
	else if (strcmp(path, "/no-part") == 0)
		tiny_reply(fd, "416 Range Not Satisfiable", "Content-Range: bytes */0\r\n", "no");
	else if (strcmp(path, "/odd-part") == 0)
		tiny_reply(fd, "206 Partial Content", "Content-Range: bytes 0-0/*\r\n", "h");
	else if (strcmp(path, "/chain") == 0)
		redirect(fd, server.port, "/chain");
	else if (strcmp(path, "/to-ftp") == 0)
		tiny_reply(fd, "302 Found", "Location: ftp://127.0.0.1/\r\n", "");
	else
		tiny_reply(fd, "200 OK", strcmp(path, "/full") == 0 ? FULL : "", "hello");
	return true;
}

/* "/status/503" always answers so, "/twice/503" the first two times. */
static const char *bad_status(const struct tiny_request *request)
{
	const char *path = request->path;

	if (strcmp(path, "/tomorrow") == 0)
		return "503 Later\r\nRetry-After: 86400";
	if (strcmp(path, "/in-a-second") == 0 && request->nth == 0)
		return "429 Later\r\nRetry-After: 1";
	if (strncmp(path, "/status/", 8) == 0)
		return path + 8;
	return strncmp(path, "/twice/", 7) == 0 && request->nth < 2 ? path + 7 : NULL;
}

static bool answer(struct tiny_http *self, int fd, const struct tiny_request *request)
{
	const char *status = bad_status(request);
	char line[64];

	(void)self;
	if (strcmp(request->method, "HEAD") == 0) {
		tiny_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 38);
		return true;
	}
	if (strcasestr(request->head, "\r\nIf-None-Match: \"" DIGEST "\"\r\n")) {
		tiny_write(fd, "HTTP/1.1 304 Not Modified\r\n\r\n", 29);
		return true;
	}
	if (!status)
		return answer_special(fd, request);
	(void)snprintf(line, sizeof line, "%s%s", status,
		       strchr(status, ' ') ? "" : " Some Reason");
	tiny_reply(fd, line, "", "sorry");
	return true;
}

struct outcome {
	unsigned calls;
	struct http_response response;
	char body[80], all[512], cached[80];
};

static void note(void *ctx, const struct http_response *response)
{
	struct outcome *outcome = ctx;

	outcome->calls++;
	outcome->response = *response;
	(void)snprintf(outcome->body, sizeof outcome->body, "%s", response->body);
	(void)snprintf(outcome->cached, sizeof outcome->cached, "%s",
		       response->cached ? response->cached : "-");
#define TEXT(field) (response->field ? response->field : "-")
	(void)snprintf(outcome->all, sizeof outcome->all, "%s|%s|%s|%s|%s|%lld|%s|%s",
		       TEXT(content_type), TEXT(docker_content_digest), TEXT(link), TEXT(allow),
		       TEXT(www_authenticate), (long long)response->date, TEXT(request_id),
		       TEXT(total_count));
}

static const struct http_options OPTIONS = { .max_in_flight = 2,
					     .get_timeout_seconds = 1,
					     .delete_timeout_seconds = 1,
					     .retry_seconds = 1,
					     .user = "cleaner",
					     .password = "s3cret" };

static void fetch(const struct http_options *options, struct http_request request, const char *path,
		  struct outcome *outcome)
{
	struct err err = { 0 };
	struct http *http = http_new(options, &err);
	char url[256];

	assert_non_null(http);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server.port, path);
	request.url = url;
	request.done = note;
	request.ctx = outcome;
	http_submit(http, &request);
	memset(url, 'x', sizeof url - 1); /* it was copied */
	assert_int_equal(http_run(http, &err), 0);
	assert_int_equal(outcome->calls, 1);
	assert_null(strstr(outcome->response.message, "s3cret"));
	assert_null(strstr(outcome->response.message, "http://"));
	http_free(http);
}

#define GET                        \
	{                          \
		.method = HTTP_GET \
	}
#define DELETE                                        \
	{                                             \
		.method = HTTP_DELETE, .redirects = 5 \
	}

static const struct {
	const char *sentence;
	struct http_request request;
	const char *path;
	enum http_failure failure;
	int status;
	unsigned attempts, seen; /* by the server at that path; 0: as many as attempts */
	const char *body, *message;
} CASES[] = {
	{ "an answer", GET, "/ok", HTTP_ANSWERED, 200, 1, 0, "hello", "" },
	{ "HEAD has no body", { .method = HTTP_HEAD }, "/ok", HTTP_ANSWERED, 200, 1, 0, "", "" },
	{ "OPTIONS", { .method = HTTP_OPTIONS }, "/ok", HTTP_ANSWERED, 200, 1, 0, "hello", "" },
	{ "DELETE", DELETE, "/ok", HTTP_ANSWERED, 200, 1, 0, "hello", "" },
	{ "404 has its body", GET, "/status/404", HTTP_ANSWERED, 404, 1, 0, "sorry",
	  "404 Some Reason" },
	{ "401 is not repeated", GET, "/status/401", HTTP_ANSWERED, 401, 1, 0, "sorry",
	  "401 Some Reason" },
	{ "503 twice", GET, "/twice/503", HTTP_ANSWERED, 200, 3, 0, "hello", "" },
	{ "429 twice", GET, "/twice/429", HTTP_ANSWERED, 200, 3, 0, "hello", "" },
	{ "500 for ever", GET, "/status/500", HTTP_ANSWERED, 500, 3, 0, "sorry",
	  "500 Some Reason after 3 attempts" },
	{ "Retry-After too late", GET, "/tomorrow", HTTP_ANSWERED, 503, 1, 0, "sorry",
	  "503 Later; " TOO_MUCH },
	{ "a cut body", GET, "/cut-once", HTTP_ANSWERED, 200, 2, 0, "hello", "" },
	{ "a body too large", GET, "/large", HTTP_TOO_LARGE, 0, 1, 0, "", "the body is too large" },
	{ "a body just as large as allowed",
	  { .max_body = 70000 },
	  "/large",
	  HTTP_ANSWERED,
	  200,
	  1,
	  0,
	  NULL,
	  "" },
	{ "one byte more",
	  { .max_body = 69999 },
	  "/large",
	  HTTP_TOO_LARGE,
	  0,
	  1,
	  0,
	  "",
	  "the body is too large" },
	{ "no answer in time", DELETE, "/hang", HTTP_TIMED_OUT, 0, 1, 0, "",
	  "no whole answer within 1 s; lower registry.max_concurrent_requests" },
	{ "DELETE: 503 is not repeated", DELETE, "/twice/503", HTTP_ANSWERED, 503, 1, 0, "sorry",
	  "503 Some Reason; lower registry.max_concurrent_requests" },
	{ "DELETE: 500 is not repeated", DELETE, "/twice/500", HTTP_ANSWERED, 500, 1, 0, "sorry",
	  "500 Some Reason" },
	{ "DELETE: 429 is not repeated", DELETE, "/twice/429", HTTP_ANSWERED, 429, 1, 0, "sorry",
	  "429 Some Reason; lower registry.max_concurrent_requests" },
	{ "DELETE: a cut is not repeated", DELETE, "/cut-once", HTTP_CUT, 0, 1, 0, "",
	  "the connection broke: Transferred a partial file" },
	{ "DELETE: a closed connection is not repeated", DELETE, "/slam", HTTP_CUT, 0, 1, 0, "",
	  "the connection broke: Server returned nothing (no headers, no data)" },
	{ "DELETE: a redirect is not followed", DELETE, "/elsewhere", HTTP_ANSWERED, 307, 1, 0,
	  "go there", "" },
	{ "GET: a redirect that is not wanted", GET, "/elsewhere", HTTP_ANSWERED, 307, 1, 0,
	  "go there", "" },
	{ "GET: a redirect",
	  { .redirects = 5 },
	  "/elsewhere",
	  HTTP_ANSWERED,
	  200,
	  1,
	  0,
	  "hello",
	  "" },
	{ "GET: a redirect to the same host",
	  { .redirects = 5 },
	  "/same-host",
	  HTTP_ANSWERED,
	  200,
	  1,
	  0,
	  "hello",
	  "" },
	{ "GET: too many redirects",
	  { .redirects = 3 },
	  "/chain",
	  HTTP_ANSWERED,
	  307,
	  1,
	  4,
	  "go there",
	  "" },
	{ "GET: a redirect elsewhere than HTTP",
	  { .redirects = 3 },
	  "/to-ftp",
	  HTTP_ANSWERED,
	  302,
	  1,
	  0,
	  "",
	  "" },
	{ "not modified", { .if_none_match = DIGEST }, "/ok", HTTP_ANSWERED, 304, 1, 0, "", "" },
};

static void check(size_t i, const struct outcome *outcome)
{
	const struct http_response *response = &outcome->response;
	unsigned seen = CASES[i].seen ? CASES[i].seen : CASES[i].attempts;

	if (response->failure != CASES[i].failure || response->status != CASES[i].status ||
	    response->attempts != CASES[i].attempts ||
	    strcmp(response->message, CASES[i].message) != 0 ||
	    (CASES[i].body && strcmp(outcome->body, CASES[i].body) != 0) ||
	    tiny_count(&server, NULL, CASES[i].path) != seen)
		fail_msg("%s: failure %d, status %d, %u attempts, %u seen, \"%s\", body \"%s\"",
			 CASES[i].sentence, (int)response->failure, response->status,
			 response->attempts, tiny_count(&server, NULL, CASES[i].path),
			 response->message, outcome->body);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct outcome outcome = { 0 };

		server.request_count = other.request_count = 0;
		fetch(&OPTIONS, CASES[i].request, CASES[i].path, &outcome);
		check(i, &outcome);
	}
}

static int start(void **state)
{
	(void)state;
	tiny_start(&server, answer, NULL);
	tiny_start(&other, answer, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	tiny_stop(&server);
	tiny_stop(&other);
	return 0;
}

static void test_headers_in(void **state)
{
	struct outcome outcome = { 0 };

	(void)state;
	fetch(&OPTIONS, (struct http_request)GET, "/full", &outcome);
	assert_string_equal(outcome.all, "application/json; charset=utf-8|" DIGEST
					 "|</v2/_catalog?last=a&n=1>; rel=\"next\"|GET, HEAD|Basic "
					 "realm=\"x\"|784111777|8e1f|45");
	assert_string_equal(outcome.cached, "X-Cache: HIT from here");
	outcome.calls = 0;
	fetch(&OPTIONS, (struct http_request)GET, "/trailer", &outcome);
	assert_string_equal(outcome.body, "body");
	assert_string_equal(outcome.all, "-|-|-|-|-|-1|-|-");
	assert_string_equal(outcome.cached, "-");
}

static void test_headers_out(void **state)
{
	struct http_request request = { .accept = "application/x", .if_none_match = "sha256:ab" };
	struct outcome outcome = { 0 };

	(void)state;
	fetch(&OPTIONS, request, "/out", &outcome);
	assert_true(tiny_saw(&server, "/out", "\r\nAccept: application/x\r\n"));
	assert_true(tiny_saw(&server, "/out", "\r\nIf-None-Match: \"sha256:ab\"\r\n"));
	assert_true(tiny_saw(&server, "/out", "\r\nUser-Agent: clean-registry/" VERSION "\r\n"));
	assert_true(tiny_saw(&server, "/out", "\r\nCache-Control: no-cache\r\n"));
	assert_true(tiny_saw(&server, "/out", "GET /out HTTP/1.1\r\n"));
	/* cleaner:s3cret, at once and not only after a 401 */
	assert_true(tiny_saw(&server, "/out", "\r\nAuthorization: Basic Y2xlYW5lcjpzM2NyZXQ=\r\n"));
	assert_int_equal(tiny_count(&server, NULL, "/out"), 1);
}

static void test_retry_after_is_obeyed(void **state)
{
	struct http_options options = OPTIONS;
	struct outcome outcome = { 0 };
	int64_t began = time_monotonic_ms();

	(void)state;
	options.retry_seconds = 30;
	fetch(&options, (struct http_request)GET, "/in-a-second", &outcome);
	assert_int_equal(outcome.response.status, 200);
	assert_int_equal(outcome.response.attempts, 2);
	assert_in_range(time_monotonic_ms() - began, 1000, 29000);
}

/* Whoever ordered it has to look again first. */
static void test_a_delete_is_handed_back_with_its_pause(void **state)
{
	struct http_options options = OPTIONS;
	struct outcome outcome = { 0 };

	(void)state;
	options.retry_seconds = 30;
	server.request_count = 0;
	fetch(&options, (struct http_request)DELETE, "/in-a-second", &outcome);
	assert_in_range(outcome.response.status, 429, 503);
	assert_int_equal(outcome.response.attempts, 1);
	assert_int_equal(outcome.response.retry_after_ms, 1000);
	assert_int_equal(tiny_count(&server, NULL, "/in-a-second"), 1);
}

static void test_what_is_too_late_is_not_sent(void **state)
{
	struct outcome outcome = { 0 };
	struct http_request request = DELETE;

	(void)state;
	server.request_count = 0;
	request.not_after_ms = time_monotonic_ms() - 1;
	fetch(&OPTIONS, request, "/late", &outcome);
	assert_int_equal(outcome.response.failure, HTTP_EXPIRED);
	assert_int_equal(outcome.response.attempts, 0);
	assert_int_equal(outcome.response.status, 0);
	assert_int_equal(tiny_count(&server, NULL, "/late"), 0);
	request.not_after_ms = time_monotonic_ms() + 60000;
	outcome = (struct outcome){ 0 };
	fetch(&OPTIONS, request, "/ok", &outcome);
	assert_int_equal(outcome.response.status, 200);
}

static void test_read_only_refuses_a_delete(void **state)
{
	struct http_options options = OPTIONS;
	int status = 0;
	pid_t child;

	(void)state;
	options.read_only = true;
	server.request_count = 0;
	child = fork();
	if (child == 0) {
		struct outcome outcome = { 0 };

		(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		fetch(&options, (struct http_request)DELETE, "/precious", &outcome);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_INTERNAL);
	assert_int_equal(tiny_count(&server, NULL, "/precious"), 0);
}

struct taken {
	struct outcome outcome; /* first: note() gets it */
	char bytes[128];
	size_t length, limit; /* limit: how many bytes are enough */
	unsigned tries;
};

static bool take(void *ctx, const char *bytes, size_t length)
{
	struct taken *taken = ctx;

	if (!bytes) {
		taken->tries++;
		taken->length = 0;
		return true;
	}
	for (size_t i = 0; i < length && taken->length < sizeof taken->bytes - 1; i++)
		taken->bytes[taken->length++] = bytes[i];
	taken->bytes[taken->length] = '\0';
	return taken->length < taken->limit;
}

static const struct {
	const char *sentence, *path, *range;
	enum http_failure failure;
	int status;
	int64_t total;
	size_t limit;
	unsigned tries;
	const char *bytes, *message;
} PARTS[] = {
	{ "a whole body", "/ok", NULL, HTTP_ANSWERED, 200, 5, 100, 1, "hello", "" },
	{ "a part", "/part", "0-0", HTTP_ANSWERED, 206, 1024, 100, 1, "h", "" },
	{ "a server that knows no parts", "/large", "0-0", HTTP_ANSWERED, 200, 70000, 1, 1, NULL,
	  "" },
	{ "a part of nothing", "/no-part", "0-0", HTTP_ANSWERED, 416, 0, 100, 1, "",
	  "416 Range Not Satisfiable" },
	{ "a part of who knows what", "/odd-part", "0-0", HTTP_ANSWERED, 206, -1, 100, 1, "h", "" },
	{ "less than was promised", "/short", "0-0", HTTP_SHORT, 0, 1024, 100, 3, "",
	  "the body is shorter than announced after 3 attempts" },
	{ "a cut, and all of it again", "/cut-once", NULL, HTTP_ANSWERED, 200, 5, 100, 2, "hello",
	  "" },
	{ "a refusal has its body kept", "/status/404", "0-0", HTTP_ANSWERED, 404, -1, 100, 1, "",
	  "404 Some Reason" },
	{ "somewhere else", "/elsewhere", "0-0", HTTP_ANSWERED, 200, 5, 100, 2, "hello", "" },
	{ "a server that falls silent", "/hang", NULL, HTTP_TIMED_OUT, 0, -1, 100, 1, "",
	  "nothing came within 1 s; " TOO_MUCH },
};

static void test_parts_and_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
		struct taken taken = { .limit = PARTS[i].limit };
		struct http_request request = {
			.range = PARTS[i].range, .take = take, .redirects = 5, .long_body = true
		};
		const struct http_response *response = &taken.outcome.response;

		server.request_count = other.request_count = 0;
		fetch(&OPTIONS, request, PARTS[i].path, &taken.outcome);
		if (response->failure != PARTS[i].failure || response->status != PARTS[i].status ||
		    response->total != PARTS[i].total || taken.tries != PARTS[i].tries ||
		    (PARTS[i].bytes && strcmp(taken.bytes, PARTS[i].bytes) != 0) ||
		    strcmp(response->message, PARTS[i].message) != 0 ||
		    tiny_saw(&server, PARTS[i].path, "\r\nRange: bytes=0-0\r\n") !=
			    (PARTS[i].range != NULL))
			fail_msg("%s: failure %d, status %d, total %lld, %u tries, \"%s\", \"%s\"",
				 PARTS[i].sentence, (int)response->failure, response->status,
				 (long long)response->total, taken.tries, taken.bytes,
				 response->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_headers_in),
		cmocka_unit_test(test_headers_out),
		cmocka_unit_test(test_parts_and_pieces),
		cmocka_unit_test(test_retry_after_is_obeyed),
		cmocka_unit_test(test_a_delete_is_handed_back_with_its_pause),
		cmocka_unit_test(test_what_is_too_late_is_not_sent),
		cmocka_unit_test(test_read_only_refuses_a_delete),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
