/* Which proxy requests go through, and where its password goes. */
#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "http/proxy.h"

#include <setjmp.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static struct tiny_http server, proxy;

static bool answer(struct tiny_http *self, int fd, const struct tiny_request *request)
{
	(void)self;
	if (strcmp(request->method, "CONNECT") == 0)
		tiny_reply(fd, "407 Proxy Authentication Required",
			   "Docker-Content-Digest: from-the-proxy\r\n", "");
	else
		tiny_reply(fd, "200 OK", "", "hello");
	return true;
}

static void note(void *ctx, const struct http_response *response)
{
	*(struct http_response *)ctx = *response;
}

/* One GET of URL through the proxy TEXT. */
static struct http_response get(const char *text, const char *url)
{
	struct http_options options = { .max_in_flight = 1,
					.get_timeout_seconds = 5,
					.delete_timeout_seconds = 5,
					.proxy = text,
					.user = "cleaner",
					.password = "s3cret" };
	struct http_response response = { 0 };
	struct err err = { 0 };
	struct http *http;

	server.request_count = proxy.request_count = 0;
	http = http_new(&options, &err);
	assert_non_null(http);
	http_submit(http, &(struct http_request){ .url = url, .done = note, .ctx = &response });
	assert_int_equal(http_run(http, &err), 0);
	http_free(http);
	return response;
}

static void url_of(const struct tiny_http *of, const char *before, char text[128])
{
	(void)snprintf(text, 128, "%s127.0.0.1:%u", before, of->port);
}

/* As a variable of the environment, a no_proxy and a path in the configuration bring it about. */
static const struct {
	const char *sentence;
	const char *option;   /* "URL" stands for the proxy's */
	const char *variable; /* one that names the proxy, or NULL */
	const char *no_proxy; /* or NULL */
	bool used;
} CASES[] = {
	{ "none", NULL, NULL, NULL, false },
	{ "none, not even that of the environment", NULL, "http_proxy", NULL, false },
	{ "none, nor that for all", NULL, "ALL_PROXY", NULL, false },
	{ "the one that is named", "URL", NULL, NULL, true },
	{ "exceptions are for those of the environment", "URL", NULL, "*", true },
	{ "that of the environment", "system", "http_proxy", NULL, true },
	{ "that for all", "system", "ALL_PROXY", NULL, true },
	{ "an exception in the environment", "system", "http_proxy", "127.0.0.1", false },
	{ "nothing in the environment", "system", NULL, NULL, false },
};

static void requests_go_through_the_proxy_that_is_wanted(void **state)
{
	char url[128], address[128];

	(void)state;
	url_of(&server, "http://", url);
	url_of(&proxy, "http://", address);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const char *option = CASES[i].option;
		struct http_response response;

		if (CASES[i].variable)
			setenv(CASES[i].variable, address, 1);
		if (CASES[i].no_proxy)
			setenv("no_proxy", CASES[i].no_proxy, 1);
		response = get(option && strcmp(option, "URL") == 0 ? address : option, url);
		if (CASES[i].variable)
			unsetenv(CASES[i].variable);
		unsetenv("no_proxy");
		print_message("# %s\n", CASES[i].sentence);
		assert_int_equal(response.status, 200);
		assert_int_equal(proxy.request_count, CASES[i].used ? 1 : 0);
		assert_int_equal(server.request_count, CASES[i].used ? 0 : 1);
	}
}

/* base64 of "me:p@ss/:" */
#define HEADER "\r\nProxy-Authorization: Basic bWU6cEBzcy86\r\n"

static void the_proxy_gets_its_own_credentials(void **state)
{
	char url[128], address[128];

	(void)state;
	url_of(&server, "http://", url);
	url_of(&proxy, "http://me:p%40ss%2F:@", address);
	assert_int_equal(get(address, url).status, 200);
	assert_int_equal(proxy.request_count, 1);
	assert_non_null(strstr(proxy.requests[0].head, HEADER));
}

static void a_tunnel_hides_those_of_the_registry(void **state)
{
	char url[128], address[128];
	struct http_response response;

	(void)state;
	url_of(&server, "https://", url);
	url_of(&proxy, "http://me:p%40ss%2F:@", address);
	response = get(address, url);
	assert_int_equal(response.failure, HTTP_NO_CONNECTION);
	assert_null(response.docker_content_digest);
	assert_non_null(strstr(response.message, "through the proxy: "));
	assert_non_null(strstr(response.message, "407"));
	assert_null(strstr(response.message, "p@ss"));
	assert_null(strstr(response.message, "p%40ss"));
	assert_true(proxy.request_count > 0);
	assert_int_equal(server.request_count, 0);
	for (unsigned i = 0; i < proxy.request_count; i++) {
		assert_string_equal(proxy.requests[i].method, "CONNECT");
		assert_non_null(strstr(proxy.requests[i].head, HEADER));
		assert_null(strstr(proxy.requests[i].head, "\r\nAuthorization: "));
	}
}

static void a_proxy_that_is_not_there_is_named(void **state)
{
	struct tiny_http nobody;
	char url[128], address[128];
	struct http_response response;

	(void)state;
	tiny_bind(&nobody, answer, NULL);
	url_of(&server, "http://", url);
	url_of(&nobody, "http://me:p%40ss@", address);
	response = get(address, url);
	assert_int_equal(response.failure, HTTP_NO_CONNECTION);
	assert_string_equal(response.message, "through the proxy: connection refused");
	assert_int_equal(close(nobody.listener), 0);
	free(nobody.requests);
	assert_int_equal(pthread_mutex_destroy(&nobody.lock), 0);
}

static const struct {
	const char *text, *url, *user, *password;
} URLS[] = {
	{ "http://h", "http://h", NULL, NULL },
	{ "socks5://h:1080/", "socks5://h:1080", NULL, NULL },
	{ "https://u@[::1]:1", "https://[::1]:1", "u", "" },
	{ "http://u:@h", "http://h", "u", "" },
	{ "http://u:p:q@h", "http://h", "u", "p:q" },
	{ "http://a%3Ab:%25%2f%C3%a4@h", "http://h", "a:b", "%/\xc3\xa4" },
	{ "http://u:50%@h", "http://h", "u", "50%" },
	{ "system", "system", NULL, NULL },
	{ "", "", NULL, NULL },
};

static void urls_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
		struct proxy parts;

		print_message("# %s\n", URLS[i].text);
		proxy_parse(URLS[i].text, &parts);
		assert_string_equal(parts.url, URLS[i].url);
		assert_int_equal(parts.user == NULL, URLS[i].user == NULL);
		if (URLS[i].user) {
			assert_string_equal(parts.user, URLS[i].user);
			assert_string_equal(parts.password, URLS[i].password);
		}
		proxy_clear(&parts);
	}
}

static int start(void **state)
{
	(void)state;
	tiny_start(&server, answer, NULL);
	tiny_start(&proxy, answer, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	tiny_stop(&server);
	tiny_stop(&proxy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_go_through_the_proxy_that_is_wanted),
		cmocka_unit_test(the_proxy_gets_its_own_credentials),
		cmocka_unit_test(a_tunnel_hides_those_of_the_registry),
		cmocka_unit_test(a_proxy_that_is_not_there_is_named),
		cmocka_unit_test(urls_are_split),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
