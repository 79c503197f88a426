/* The engine at a registry that wants tokens: who waits for which, what is sent again, and where
 * the password goes. Run it under AddressSanitizer, too: requests come and go while tokens are on
 * their way. */
#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "http/targets.h"
#include "util/secrets.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

#define SCOPE  "repository:a:pull"
#define DOOMED "repository:a:pull,delete"

/* What the two servers do; set before each test. */
static struct {
	const char *token_status; /* NULL: it gives tokens */
	const char *token_headers, *token_body;
	const char *challenge; /* what is added to the registry's, or "" */
	unsigned lifetime, patience;
	atomic_uint refuse; /* as many requests with a good token are answered 401 */
	bool known;         /* http_options.by_token */
	bool refuse_deletes;
	bool redirect;    /* who has a token is sent to /blob of the other server */
	bool hang;        /* the token server never answers */
	bool https_realm; /* the realm is not on this host, and not https */
	bool stop;        /* a question for a token sends a stop signal, unless it is to pause */
	atomic_uint given;
} plan;

static struct tiny_http registry, token_server;

static bool give_token(struct tiny_http *self, int fd, const struct tiny_request *request)
{
	char body[256];

	(void)self;
	if (strcmp(request->path, "/blob") == 0) {
		tiny_reply(fd, "200 OK", "", "a blob");
		return true;
	}
	if (plan.stop && strstr(request->path, "pause")) {
		tiny_reply(fd, "503 Away", "Retry-After: 5\r\n", "");
		return true;
	}
	if (plan.stop)
		(void)kill(getpid(), SIGTERM);
	if (plan.hang || plan.stop) {
		tiny_hang(fd);
		return false;
	}
	if (plan.token_status) {
		tiny_reply(fd, plan.token_status, plan.token_headers ? plan.token_headers : "",
			   plan.token_body ? plan.token_body : "");
		return true;
	}
	(void)snprintf(body, sizeof body, "{\"token\":\"t0ken-%u\",\"expires_in\":%u}",
		       atomic_fetch_add(&plan.given, 1) + 1, plan.lifetime);
	tiny_reply(fd, "200 OK", "", plan.token_body ? plan.token_body : body);
	return true;
}

static void challenge(int fd)
{
	char header[512];

	(void)snprintf(header, sizeof header,
		       "WWW-Authenticate: Bearer realm=\"http://%s:%u/token\",service=\"r\"%s\r\n",
		       plan.https_realm ? "auth.example" : "127.0.0.1", token_server.port,
		       plan.challenge ? plan.challenge : "");
	tiny_reply(fd, "401 Unauthorized", header, "{\"errors\":[]}");
}

static bool take_one(atomic_uint *count)
{
	unsigned left = atomic_load(count);

	while (left > 0)
		if (atomic_compare_exchange_weak(count, &left, left - 1))
			return true;
	return false;
}

static bool serve(struct tiny_http *self, int fd, const struct tiny_request *request)
{
	bool deletes = strcmp(request->method, "DELETE") == 0;
	char place[128];

	(void)self;
	if (!strstr(request->head, "\r\nAuthorization: Bearer t0ken-") ||
	    (deletes && plan.refuse_deletes) || take_one(&plan.refuse))
		challenge(fd);
	else if (plan.redirect) {
		(void)snprintf(place, sizeof place, "Location: http://127.0.0.1:%u/blob\r\n",
			       token_server.port);
		tiny_reply(fd, "307 Temporary Redirect", place, "");
	} else
		tiny_reply(fd, deletes ? "202 Accepted" : "200 OK", "", "hello");
	return true;
}

struct world {
	struct http *http;
	unsigned done, ok, unauthorized, no_token, expired, abandoned, to_submit;
	int status;                                         /* the last one */
	char message[256], refused[256], refused_last[256]; /* of the last that got no token */
};

static void ask(struct world *world, enum http_method method, const char *scope,
		int64_t not_after_ms);

static void count(void *ctx, const struct http_response *response)
{
	struct world *world = ctx;

	world->done++;
	world->status = response->status;
	world->ok += response->status / 100 == 2;
	world->unauthorized += response->status == 401;
	world->no_token += response->failure == HTTP_NO_TOKEN;
	if (response->failure == HTTP_NO_TOKEN)
		memcpy(world->refused_last, response->message, sizeof world->refused_last);
	world->expired += response->failure == HTTP_EXPIRED;
	world->abandoned += response->failure == HTTP_ABANDONED;
	(void)snprintf(world->message, sizeof world->message, "%s", response->message);
	(void)snprintf(world->refused, sizeof world->refused, "%s",
		       response->refused_token ? response->refused_token : "");
	if (world->to_submit > 0) {
		world->to_submit--;
		ask(world, HTTP_GET, SCOPE, 0);
	}
}

static void ask(struct world *world, enum http_method method, const char *scope,
		int64_t not_after_ms)
{
	struct http_request request = { .method = method,
					.scope = scope,
					.not_after_ms = not_after_ms,
					.redirects = plan.redirect ? 1 : 0,
					.done = count,
					.ctx = world };
	char url[64];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/v2/", registry.port);
	request.url = url;
	http_submit(world->http, &request);
}

static struct world open_world(unsigned at_a_time, const char *user)
{
	struct http_options options = { .max_in_flight = at_a_time,
					.get_timeout_seconds = 2,
					.delete_timeout_seconds = 2,
					.retry_seconds = plan.patience,
					.user = user,
					.by_token = plan.known,
					.read_only = plan.known,
					.password = "s3cret" };
	struct err err;
	struct world world = { .http = http_new(&options, &err) };

	assert_non_null(world.http);
	return world;
}

/* Runs it; its http is released. */
static int end_world(struct world *world)
{
	struct err err = { 0 };
	int result = http_run(world->http, &err);

	assert_int_equal(http_pending(world->http), 0);
	http_free(world->http);
	return result;
}

static int begin(void **state)
{
	(void)state;
	registry.request_count = token_server.request_count = 0;
	memset(&plan, 0, sizeof plan);
	plan.lifetime = 60;
	return 0;
}

/* Many that need the same token wait for one question; each scope has its own. */
static void test_one_question(void **state)
{
	struct world world = open_world(8, "cleaner");

	(void)state;
	for (int i = 0; i < 100; i++)
		ask(&world, HTTP_GET, SCOPE, 0);
	ask(&world, HTTP_GET, NULL, 0);
	ask(&world, HTTP_DELETE, DOOMED, time_monotonic_ms() + 5000);
	world.to_submit = 50;
	assert_int_equal(end_world(&world), 0);
	/* The DELETE goes first, and is ordered anew: nobody knew that a token is wanted. */
	assert_int_equal(world.ok, 151);
	assert_int_equal(world.expired, 1);
	assert_int_equal(world.done, 152);
	assert_in_range(atomic_load(&plan.given), 2, 3);
	assert_int_equal(tiny_count(&token_server, NULL, NULL), atomic_load(&plan.given));
	assert_int_equal(tiny_count(&registry, "DELETE", NULL), 1);
}

/* A DELETE whose token is yet to be had waits for it, and is sent once. */
static void test_delete_waits(void **state)
{
	struct world world = open_world(2, "cleaner");
	struct err err = { 0 };

	(void)state;
	ask(&world, HTTP_GET, NULL, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	ask(&world, HTTP_DELETE, DOOMED, time_monotonic_ms() + 5000);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.ok, 2);
	assert_int_equal(tiny_count(&registry, "DELETE", NULL), 1);
	assert_int_equal(atomic_load(&plan.given), 2);
}

/* It leaves no later than its look allows, however long its token took (S6). */
static void test_delete_is_not_late(void **state)
{
	struct world world = open_world(2, "cleaner");
	struct err err = { 0 };

	(void)state;
	ask(&world, HTTP_GET, NULL, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	plan.hang = true;
	ask(&world, HTTP_DELETE, DOOMED, time_monotonic_ms() + 1);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.no_token + world.expired, 1);
	assert_int_equal(tiny_count(&registry, "DELETE", NULL), 0);
	assert_non_null(strstr(world.message, "no token for " DOOMED " from http://127.0.0.1:"));
}

/* Basic goes to the registry until it asks for tokens, and then to the token server alone; tokens
 * go to the registry alone. */
static void test_password(void **state)
{
	struct world world = open_world(1, "cleaner");

	(void)state;
	for (int i = 0; i < 5; i++)
		ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.ok, 5);
	assert_non_null(strstr(registry.requests[0].head, "\r\nAuthorization: Basic "));
	for (unsigned i = 1; i < registry.request_count; i++) {
		assert_null(strstr(registry.requests[i].head, "Basic "));
		assert_non_null(strstr(registry.requests[i].head, "\r\nAuthorization: Bearer t0"));
	}
	assert_int_equal(token_server.request_count, 1);
	assert_non_null(strstr(token_server.requests[0].head, "\r\nAuthorization: Basic "));
	assert_null(strstr(token_server.requests[0].head, "t0ken"));
	assert_non_null(strstr(token_server.requests[0].path, "service=r&scope=repository"));
}

/* Where that is known, the registry is never told it; a dry run may ask for tokens (S9). */
static void test_known(void **state)
{
	struct world world;

	(void)state;
	plan.known = true;
	world = open_world(1, "cleaner");
	assert_false(http_by_token(world.http));
	ask(&world, HTTP_GET, SCOPE, 0);
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(http_run(world.http, &(struct err){ 0 }), 0);
	assert_true(http_by_token(world.http));
	http_free(world.http);
	assert_int_equal(world.ok, 2);
	assert_false(tiny_saw(&registry, NULL, "Authorization: Basic"));
	assert_true(tiny_saw(&token_server, NULL, "Authorization: Basic"));
}

/* Where a registry redirects to, a token is nobody's business (S11). */
static void test_redirect(void **state)
{
	struct world world = open_world(1, "cleaner");

	(void)state;
	plan.redirect = true;
	for (int i = 0; i < 3; i++)
		ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.ok, 3);
	assert_int_equal(tiny_count(&token_server, NULL, "/blob"), 3);
	assert_false(tiny_saw(&token_server, "/blob", "Authorization"));
	assert_false(tiny_saw(&token_server, NULL, "Bearer"));
	assert_int_equal(atomic_load(&plan.given), 1);
}

static void test_anonymous(void **state)
{
	struct world world = open_world(1, NULL);

	(void)state;
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.ok, 1);
	assert_null(strstr(registry.requests[0].head, "Authorization"));
	assert_null(strstr(token_server.requests[0].head, "Authorization"));
}

static void test_realm_in_the_clear(void **state)
{
	struct world world = open_world(4, "cleaner");

	(void)state;
	plan.https_realm = true;
	ask(&world, HTTP_GET, SCOPE, 0);
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.no_token, 2);
	assert_non_null(strstr(world.message, "sends us to http://auth.example:"));
	assert_non_null(strstr(world.message, "not https"));
	assert_int_equal(token_server.request_count, 0);
}

/* A refused token is renewed, once. */
static void test_renewal(void **state)
{
	static const struct {
		unsigned refuse, ok, given;
	} ROWS[] = { { 1, 10, 2 }, { 1000, 0, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct world world = open_world(1, "cleaner");

		begin(NULL);
		plan.challenge = ",error=\"invalid_token\"";
		plan.refuse = ROWS[i].refuse;
		for (int k = 0; k < 10; k++)
			ask(&world, HTTP_GET, SCOPE, 0);
		assert_int_equal(end_world(&world), 0);
		assert_int_equal(world.ok, ROWS[i].ok);
		assert_int_equal(world.done, 10);
		if (ROWS[i].ok == 0)
			assert_non_null(strstr(world.refused, SCOPE " (invalid_token)"));
		assert_in_range(atomic_load(&plan.given), ROWS[i].given, ROWS[i].given);
	}
}

/* Who renews again and again comes on; nothing asks without end. */
static void test_always_refused_at_once(void **state)
{
	struct world world = open_world(16, "cleaner");

	(void)state;
	plan.refuse = 1000000;
	for (int k = 0; k < 200; k++)
		ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.unauthorized, 200);
	assert_in_range(registry.request_count, 200, 200 * 4);
}

static void test_insufficient_scope(void **state)
{
	struct world world = open_world(1, "cleaner");
	struct err err = { 0 };

	(void)state;
	ask(&world, HTTP_GET, NULL, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	plan.challenge = ",scope=\"repository:a:delete\",error=\"insufficient_scope\"";
	plan.refuse_deletes = true;
	ask(&world, HTTP_DELETE, DOOMED, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.unauthorized, 1);
	assert_non_null(strstr(world.refused, "token for " DOOMED " (insufficient_scope)"));
	assert_int_equal(tiny_count(&registry, "DELETE", NULL), 1);
}

/* A DELETE whose token is refused is ordered anew by who looks first, and refused the second time.
 */
static void test_refused_delete(void **state)
{
	struct world world = open_world(1, "cleaner");
	struct err err = { 0 };

	(void)state;
	ask(&world, HTTP_GET, NULL, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	plan.refuse_deletes = true;
	ask(&world, HTTP_DELETE, DOOMED, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	assert_int_equal(world.expired, 1);
	ask(&world, HTTP_DELETE, DOOMED, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.expired, 1);
	assert_int_equal(world.unauthorized, 1);
	assert_int_equal(tiny_count(&registry, "DELETE", NULL), 2);
}

/* Tokens of a second: nothing that waited is asked for without end. */
static void test_short_lives(void **state)
{
	struct world world = open_world(4, "cleaner");

	(void)state;
	plan.lifetime = 1;
	world.to_submit = 200;
	for (int i = 0; i < 20; i++)
		ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.ok, 220);
}

static const struct {
	const char *status, *headers, *body, *expected;
	int told; /* status of what waited */
} FAULTS[] = {
	{ "401 Unauthorized", "", "", "401, it refuses registry.user and registry.password", 401 },
	{ "403 Forbidden", "", "", "403, it refuses registry.user", 403 },
	{ "302 Found", "Location: http://127.0.0.1:9/\r\n", "", "302, a redirect", 0 },
	{ "500 Oops", "", "", "500 Oops", 0 },
	{ "404 Not Found", "", "", "404 Not Found", 0 },
	{ "204 No Content", "", "", "unexpected status 204", 0 },
	{ "200 OK", "", "<html>", "its answer is no token", 0 },
	{ "200 OK", "", "{\"token\":\"a\\nb\"}", "no usable `token`", 0 },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++) {
		struct world world = open_world(2, "cleaner");

		begin(NULL);
		plan.token_status = FAULTS[i].status;
		plan.token_headers = FAULTS[i].headers;
		plan.token_body = FAULTS[i].body;
		ask(&world, HTTP_GET, NULL, 0);
		ask(&world, HTTP_GET, NULL, 0);
		assert_int_equal(end_world(&world), 0);
		assert_int_equal(world.no_token, 2);
		if (!strstr(world.message, FAULTS[i].expected) ||
		    !strstr(world.message, "no token from http://127.0.0.1:"))
			fail_msg("%s: %s", FAULTS[i].expected, world.message);
		assert_int_equal(world.status, FAULTS[i].told);
		assert_in_range(token_server.request_count, 1, 2);
	}
}

/* A token server that is away is given up, and all that waits is called back. */
static void test_given_up(void **state)
{
	struct world world = open_world(1, "cleaner");

	(void)state;
	plan.token_status = "503 Away";
	for (int i = 0; i < 20; i++) {
		CLEANUP(free_p) char *scope = xasprintf("repository:%d:pull", i);

		ask(&world, HTTP_GET, scope, 0);
	}
	assert_int_equal(end_world(&world), -1);
	assert_int_equal(world.done, 20);
	assert_int_equal(world.no_token, 3);
	assert_int_equal(world.abandoned, 17);
	assert_int_equal(token_server.request_count, 3);
}

/* What was begun is looked after before a token server that is away ends the run: with the tokens
 * that there are, and none is asked for. */
static void test_given_up_late(void **state)
{
	struct world world = open_world(1, "cleaner");
	struct err err = { 0 };

	(void)state;
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	plan.token_status = "503 Away";
	http_keep(world.http, true);
	for (int i = 0; i < 20; i++) {
		CLEANUP(free_p) char *scope = xasprintf("repository:%d:pull", i);

		ask(&world, HTTP_GET, scope, 0);
	}
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	assert_int_equal(world.ok, 2);
	assert_int_equal(world.no_token, 20);
	assert_non_null(strstr(world.refused_last, "3 such questions in a row failed"));
	assert_int_equal(token_server.request_count, 1 + 3);
	http_keep(world.http, false);
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(end_world(&world), -1);
	assert_int_equal(world.abandoned, 1);
}

/* One answer that names a token server which must not be asked is one answer: the others go on. */
static void test_strange_challenge(void **state)
{
	struct world world = open_world(1, "cleaner");
	struct err err = { 0 };

	(void)state;
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	plan.https_realm = true;
	plan.refuse = 1;
	ask(&world, HTTP_GET, SCOPE, 0);
	assert_int_equal(http_run(world.http, &err), 0);
	assert_int_equal(world.unauthorized, 1);
	assert_non_null(strstr(world.refused, "sends us to http://auth.example"));
	plan.https_realm = false;
	ask(&world, HTTP_GET, SCOPE, 0);
	ask(&world, HTTP_GET, DOOMED, 0);
	assert_int_equal(end_world(&world), 0);
	assert_int_equal(world.ok, 3);
	assert_int_equal(token_server.request_count, 2);
}

/* A stop signal while tokens are on their way, one of them between two tries: what waits for them
 * is called back once, and what these callbacks submit as well. */
static void test_stopped(void **state)
{
	struct world world;
	struct err err = { 0 };

	(void)state;
	plan.patience = 10;
	world = open_world(4, "cleaner");
	ask(&world, HTTP_GET, "", 0);
	assert_int_equal(http_run(world.http, &err), 0);
	plan.stop = true;
	world.to_submit = 5;
	for (int i = 0; i < 4; i++) {
		ask(&world, HTTP_GET, "pause", 0);
		ask(&world, HTTP_DELETE, "pause", time_monotonic_ms() + 60000);
		ask(&world, HTTP_GET, SCOPE, 0);
		ask(&world, HTTP_DELETE, DOOMED, time_monotonic_ms() + 60000);
	}
	assert_int_equal(end_world(&world), -1);
	assert_int_equal(world.ok, 1);
	assert_int_equal(world.abandoned, 21);
	assert_int_equal(world.done, 22);
	assert_int_equal(tiny_count(&registry, "DELETE", NULL), 0);
}

/* The engine is freed while requests wait and their token is on its way: a callback cannot do that,
 * but a run that ended may leave what it never began. */
static void test_dropped(void **state)
{
	struct world world = open_world(1, "cleaner");

	(void)state;
	ask(&world, HTTP_GET, SCOPE, 0);
	ask(&world, HTTP_DELETE, DOOMED, 1);
	http_free(world.http);
	assert_int_equal(world.done, 0);
}

/* What a server echoes of a token is masked (S11). */
static void test_masked(void **state)
{
	struct world world = open_world(1, "cleaner");
	char text[] = "you sent Bearer t0ken-1, and t0ken-2 is not known";

	(void)state;
	secrets_clear();
	ask(&world, HTTP_GET, NULL, 0);
	assert_int_equal(end_world(&world), 0);
	secrets_mask(text);
	assert_string_equal(text, "you sent Bearer *******, and t0ken-2 is not known");
	secrets_clear();
}

/* Also that of one which is used all the time, while many others come and go. */
static void test_masked_long(void **state)
{
	struct world world = open_world(4, "cleaner");
	char text[] = "you sent Bearer t0ken-1";
	struct err err = { 0 };

	(void)state;
	secrets_clear();
	for (int i = 0; i < SECRETS_PASSING + 100; i++) {
		CLEANUP(free_p) char *scope = xasprintf("repository:%d:pull", i);

		ask(&world, HTTP_GET, i % 100 ? scope : SCOPE, 0);
		assert_int_equal(http_run(world.http, &err), 0);
	}
	assert_int_equal(end_world(&world), 0);
	secrets_mask(text);
	assert_string_equal(text, "you sent Bearer *******");
	secrets_clear();
}

/* A secret that a server puts into a name of a host is masked before that is cut. */
static void test_masked_place(void **state)
{
	CLEANUP(free_p) char *told = NULL;
	char url[300], expected[101] = "http://";

	(void)state;
	secrets_clear();
	secrets_add("s3cret-and-long");
	memset(expected + 7, 'a', sizeof expected - 8);
	(void)snprintf(url, sizeof url, "%.90ss3cret-and-long.example:80/token", expected);
	memset(expected + 90, '*', 10);
	told = targets_told(url);
	assert_string_equal(told, expected);
	secrets_clear();
}

static int start(void **state)
{
	(void)state;
	stop_signal_init();
	tiny_start(&registry, serve, NULL);
	tiny_start(&token_server, give_token, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	tiny_stop(&registry);
	tiny_stop(&token_server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_question, begin),
		cmocka_unit_test_setup(test_delete_waits, begin),
		cmocka_unit_test_setup(test_delete_is_not_late, begin),
		cmocka_unit_test_setup(test_password, begin),
		cmocka_unit_test_setup(test_known, begin),
		cmocka_unit_test_setup(test_redirect, begin),
		cmocka_unit_test_setup(test_anonymous, begin),
		cmocka_unit_test_setup(test_realm_in_the_clear, begin),
		cmocka_unit_test_setup(test_renewal, begin),
		cmocka_unit_test_setup(test_always_refused_at_once, begin),
		cmocka_unit_test_setup(test_insufficient_scope, begin),
		cmocka_unit_test_setup(test_refused_delete, begin),
		cmocka_unit_test_setup(test_short_lives, begin),
		cmocka_unit_test_setup(test_faults, begin),
		cmocka_unit_test_setup(test_given_up, begin),
		cmocka_unit_test_setup(test_given_up_late, begin),
		cmocka_unit_test_setup(test_strange_challenge, begin),
		cmocka_unit_test_setup(test_dropped, begin),
		cmocka_unit_test_setup(test_masked, begin),
		cmocka_unit_test_setup(test_masked_long, begin),
		cmocka_unit_test(test_masked_place),
		/* Last: a stop signal counts for the whole process. */
		cmocka_unit_test_setup(test_stopped, begin),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
