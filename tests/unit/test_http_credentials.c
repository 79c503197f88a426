/* Where a password goes and where it does not, and what libcurl must not do by itself. */
#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "util/secrets.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static struct tiny_http server, other;

static void redirect(int fd, unsigned port)
{
	char header[128];

	(void)snprintf(header, sizeof header, "Location: http://127.0.0.1:%u/target\r\n", port);
	tiny_reply(fd, "307 Temporary Redirect", header, "");
}

static void challenge(int fd)
{
	char header[128];

	(void)snprintf(header, sizeof header,
		       "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%u/token\"\r\n",
		       other.port);
	tiny_reply(fd, "401 Unauthorized", header, "");
}

static bool answer(struct tiny_http *self, int fd, const struct tiny_request *request)
{
	(void)self;
	if (strcmp(request->path, "/slam") == 0)
		return false;
	if (strcmp(request->path, "/elsewhere") == 0)
		redirect(fd, other.port);
	else if (strcmp(request->path, "/same-host") == 0)
		redirect(fd, server.port);
	else if (strcmp(request->path, "/bearer") == 0)
		challenge(fd);
	else if (strcmp(request->path, "/echo") == 0)
		tiny_reply(fd, "403 No 6F1C2B3A-0000-4000-8000-00000000ABCD", "", "");
	else if (strcmp(request->path, "/with-user") == 0)
		tiny_reply(fd, "302 Found", "Location: http://me:s3cret@127.0.0.1/\r\n", "");
	else
		tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void note(void *ctx, const struct http_response *response)
{
	*(struct http_response *)ctx = *response;
}

/* One handle serves all requests in turn: what one of them set must not stay for the next. */
static struct http *start_one(const char *user)
{
	struct http_options options = { .max_in_flight = 1,
					.get_timeout_seconds = 5,
					.delete_timeout_seconds = 5,
					.user = user,
					.password = "s3cret" };
	struct err err;
	struct http *http = http_new(&options, &err);

	assert_non_null(http);
	server.request_count = other.request_count = 0;
	return http;
}

static void ask(struct http *http, struct http_request request, const char *path,
		struct http_response *response)
{
	char url[128];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server.port, path);
	request.url = url;
	request.done = note;
	request.ctx = response;
	http_submit(http, &request);
}

static void test_redirects(void **state)
{
	static const char *const PATHS[] = { "/elsewhere", "/after", "/same-host", "/after" };
	struct http_response responses[4] = { 0 };
	struct err err = { 0 };
	struct http *http = start_one("cleaner");

	(void)state;
	for (int i = 0; i < 4; i++)
		ask(http, (struct http_request){ .redirects = 1 }, PATHS[i], &responses[i]);
	assert_int_equal(http_run(http, &err), 0);
	assert_int_equal(http_requests(http), 6);
	http_free(http);
	for (int i = 0; i < 4; i++)
		assert_int_equal(responses[i].status, 200);
	assert_int_equal(tiny_count(&other, NULL, "/target"), 1);
	assert_int_equal(tiny_count(&server, NULL, "/target"), 1);
	assert_false(tiny_saw(&other, NULL, "Authorization"));
	assert_false(tiny_saw(&server, "/target", "Authorization"));
	for (unsigned i = 0; i < server.request_count; i++)
		if (strcmp(server.requests[i].path, "/target") != 0)
			assert_non_null(strstr(server.requests[i].head, "\r\nAuthorization: "));
}

static void test_redirect_with_credentials_is_refused(void **state)
{
	struct http_response response = { 0 };
	struct err err = { 0 };
	struct http *http = start_one("cleaner");

	(void)state;
	ask(http, (struct http_request){ .redirects = 1 }, "/with-user", &response);
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	assert_int_equal(response.failure, HTTP_NO_CONNECTION);
	assert_null(strstr(response.message, "s3cret"));
}

static void test_no_user_no_credentials(void **state)
{
	static const char *const USERS[] = { "", NULL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct http_response response = { 0 };
		struct err err = { 0 };
		struct http *http = start_one(USERS[i]);

		ask(http, (struct http_request){ 0 }, "/nobody", &response);
		assert_int_equal(http_run(http, &err), 0);
		http_free(http);
		assert_int_equal(tiny_count(&server, NULL, "/nobody"), 1);
		assert_false(tiny_saw(&server, NULL, "Authorization"));
	}
}

/* libcurl would send a request again by itself when a kept-alive connection breaks before the first
 * byte of the answer. */
static void test_delete_on_a_kept_connection(void **state)
{
	struct http_response first = { 0 }, second = { 0 };
	struct err err = { 0 };
	unsigned before = tiny_connections(&server);
	struct http *http = start_one("cleaner");

	(void)state;
	ask(http, (struct http_request){ 0 }, "/first", &first);
	ask(http, (struct http_request){ .method = HTTP_DELETE }, "/slam", &second);
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	assert_int_equal(first.status, 200);
	assert_int_equal(second.failure, HTTP_CUT);
	assert_string_equal(second.message, "the connection broke: no answer at all");
	/* It was sent on the first connection and on no other. */
	assert_int_equal(tiny_requests_on(&server, before), 2);
	assert_int_equal(tiny_count(&server, "DELETE", "/slam"), 1);
}

static void test_environment_is_ignored(void **state)
{
	struct http_response response = { 0 };
	struct err err = { 0 };
	struct http *http;
	char proxy[64];

	(void)state;
	(void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", other.port);
	setenv("http_proxy", proxy, 1);
	setenv("ALL_PROXY", proxy, 1);
	http = start_one("cleaner");
	ask(http, (struct http_request){ 0 }, "/direct", &response);
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(response.status, 200);
	assert_int_equal(tiny_count(&server, NULL, "/direct"), 1);
	assert_int_equal(other.request_count, 0);
}

#define KEY "6f1c2b3a-0000-4000-8000-00000000abcd"

static struct http *start_with_key(const char *registry)
{
	struct http_options options = { .max_in_flight = 1,
					.get_timeout_seconds = 5,
					.delete_timeout_seconds = 5,
					.registry = registry,
					.user = "cleaner",
					.password = "s3cret",
					.auth_token = KEY };
	struct err err;
	struct http *http = http_new(&options, &err);

	assert_non_null(http);
	server.request_count = other.request_count = 0;
	return http;
}

static char *place(const struct tiny_http *at, const char *path)
{
	return xasprintf("http://127.0.0.1:%u%s", at->port, path);
}

static void submit_to(struct http *http, const struct tiny_http *at, const char *path,
		      struct http_response *response)
{
	CLEANUP(free_p) char *url = place(at, path);

	http_submit(http, &(struct http_request){
				  .url = url, .redirects = 1, .done = note, .ctx = response });
}

/* To the registry itself on the same handle before and after each of the others. */
static const struct {
	const char *sentence;
	const char *path;
	bool at_other; /* an URL on another host */
	bool sent;
} KEYED[] = {
	{ "to the registry", "/own", false, true },
	{ "not to another host", "/absolute", true, false },
	{ "nor where it redirects to", "/elsewhere", false, true },
	{ "nor after a redirect to itself", "/same-host", false, true },
	{ "a question that is refused with a challenge", "/bearer", false, true },
	{ "to the registry again", "/again", false, true },
};

static void test_key_goes_to_the_registry_alone(void **state)
{
	CLEANUP(free_p) char *registry = place(&server, "/registry/v1");
	struct http_response response;
	struct err err = { 0 };
	struct http *http = start_with_key(registry);

	(void)state;
	for (size_t i = 0; i < sizeof KEYED / sizeof *KEYED; i++) {
		struct tiny_http *at = KEYED[i].at_other ? &other : &server;

		submit_to(http, at, KEYED[i].path, &response);
		assert_int_equal(http_run(http, &err), 0);
		if (tiny_saw(at, KEYED[i].path, "\r\nX-Auth-Token: " KEY "\r\n") != KEYED[i].sent ||
		    tiny_count(at, NULL, KEYED[i].path) != 1)
			fail_msg("%s", KEYED[i].sentence);
		assert_null(strstr(response.message, KEY));
	}
	http_free(http);
	assert_int_equal(tiny_count(&other, NULL, "/target"), 1);
	assert_false(tiny_saw(&other, NULL, KEY));
	assert_int_equal(tiny_count(&server, NULL, "/target"), 1);
	assert_false(tiny_saw(&server, "/target", KEY));
	/* Nobody is told a password, and nobody is asked for a token. */
	assert_false(tiny_saw(&server, NULL, "Authorization"));
	assert_false(tiny_saw(&other, NULL, "Authorization"));
	assert_int_equal(other.request_count, 2);
}

static void test_key_needs_a_place_to_go_to(void **state)
{
	struct http_response response;
	struct err err = { 0 };
	struct http *http = start_with_key(NULL);

	(void)state;
	submit_to(http, &server, "/nowhere", &response);
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	assert_int_equal(response.status, 200);
	assert_false(tiny_saw(&server, NULL, "X-Auth-Token"));
}

/* What a server says can reach a log, a report, an error. */
static void test_key_is_masked(void **state)
{
	CLEANUP(free_p) char *registry = place(&server, "");
	struct http_response response;
	struct err err = { 0 };
	struct http *http;

	(void)state;
	secrets_clear();
	http = start_with_key(registry);
	submit_to(http, &server, "/echo", &response);
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	assert_string_equal(response.message, "403 No ************************************");
	assert_non_null(strstr(server.requests[0].head, KEY));
	secrets_clear();
}

/* Self-signed, for nobody. */
static const char CERTIFICATE[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBmzCCAUGgAwIBAgIUOHyznWauDHyjr8Z/eMjMZj9aq90wCgYIKoZIzj0EAwIw\n"
	"FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDE5NDkwMloYDzIxMjYxMDI3\n"
	"MTk0OTAyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
	"PQMBBwNCAARny3O3ySK1x+yRWkJoRxMVDoQMaGGXueOCSGFWMDFwmiV8rivRGF6K\n"
	"P9Vnx1iVRbgtpb7Rb/mJ/ABHX7okgTOZo28wbTAdBgNVHQ4EFgQUEqpyjEwWhQF2\n"
	"ZpqfuCpM6ZD0zwAwHwYDVR0jBBgwFoAUEqpyjEwWhQF2ZpqfuCpM6ZD0zwAwDwYD\n"
	"VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI\n"
	"zj0EAwIDSAAwRQIhAJ+Gah6VGgu7RQjx6/IuZzBHdbsh69t4hYNAF4j8AeZAAiB/\n"
	"h1cUhnf9FxD1wKn448pMNmJW3RVtQVV17LMbMfv72Q==\n"
	"-----END CERTIFICATE-----\n";

static const struct {
	const char *sentence, *text;
	bool good;
} FILES[] = {
	{ "a certificate", CERTIFICATE, true },
	{ "an empty file", "", false },
	{ "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	  false },
	{ "no file at all", NULL, false },
};

static void test_ca_cert(void **state)
{
	struct http_options options = { .max_in_flight = 1, .get_timeout_seconds = 5 };

	(void)state;
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		char path[] = "/tmp/test_http_XXXXXX";
		int fd = mkstemp(path);
		const char *text = FILES[i].text ? FILES[i].text : "";
		struct err err = { 0 };
		struct http *http;

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		assert_int_equal(close(fd), 0);
		if (!FILES[i].text)
			assert_int_equal(unlink(path), 0);
		options.ca_cert = path;
		http = http_new(&options, &err);
		if ((http != NULL) != FILES[i].good)
			fail_msg("%s: %s", FILES[i].sentence, err.msg);
		if (!http) {
			assert_int_equal(err.kind, ERR_USAGE);
			assert_non_null(strstr(err.msg, path));
		}
		http_free(http);
		(void)unlink(path);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_redirect_with_credentials_is_refused),
		cmocka_unit_test(test_no_user_no_credentials),
		cmocka_unit_test(test_delete_on_a_kept_connection),
		cmocka_unit_test(test_environment_is_ignored),
		cmocka_unit_test(test_key_goes_to_the_registry_alone),
		cmocka_unit_test(test_key_needs_a_place_to_go_to),
		cmocka_unit_test(test_key_is_masked),
		cmocka_unit_test(test_ca_cert),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
