/* registry/api_fresh: which questions are new each time, and what is done where that is refused. */
#include "api_world.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define MARK   "clean-registry="

struct world {
	struct api_world with;
	const char *refuses; /* paths that begin so are not found good with a mark; or NULL */
	const char *refusal; /* the status line then */
	const char *always;  /* is refused with and without one; or NULL */
	const char *headers; /* of each answer */
	enum api_outcome outcome;
	char why[320], trouble[400], names[64];
};

static bool begins(const char *text, const char *with)
{
	return with && strncmp(text, with, strlen(with)) == 0;
}

static bool answer(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	const struct world *world = server->ctx;
	bool marked = strstr(request->head, MARK);

	if (begins(request->path, world->always) ||
	    (marked && begins(request->path, world->refuses)))
		tiny_reply(fd, world->refusal, "", "no");
	else if (strstr(request->path, "/tags/list"))
		tiny_reply(fd, "200 OK",
			   strcmp(request->path, "/v2/paged/tags/list") == 0
				   ? "Link: </v2/paged/tags/list?n=1&last=a&" MARK
				     "0123456789abcdef>; rel=\"next\"\r\n"
				   : world->headers,
			   strstr(request->path, "last=") ? "{\"tags\":[\"b\"]}"
							  : "{\"tags\":[\"a\"]}");
	else if (strstr(request->path, "/_catalog"))
		tiny_reply(fd, "200 OK", world->headers, "{\"repositories\":[\"a\"]}");
	else
		tiny_reply(fd, "200 OK", world->headers, "{}");
	return true;
}

static int setup(void **state)
{
	struct world *world = xcalloc(1, sizeof *world);

	world->headers = "";
	world->refusal = "400 Bad Request";
	api_world_start(&world->with, answer, world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	api_world_stop(&world->with);
	free(world);
	return 0;
}

static void on_answer(void *ctx, const struct api_answer *found)
{
	struct world *world = ctx;

	world->outcome = found->outcome;
	snprintf(world->why, sizeof world->why, "%s", found->why);
}

static void on_list(void *ctx, const struct api_list *list)
{
	struct world *world = ctx;

	world->names[0] = '\0';
	for (size_t i = 0; i < list->count; i++)
		strcat(strcat(world->names, list->names[i]), " ");
	snprintf(world->trouble, sizeof world->trouble, "%s", list->trouble ? list->trouble : "");
}

static void run(struct world *world)
{
	struct err err;

	assert_int_equal(http_run(world->with.http, &err), 0);
}

static void ask_manifest(struct world *world, const char *reference, const char *known)
{
	api_manifest(world->with.api, "a", reference, known, on_answer, world);
	run(world);
}

static void ask_tags(struct world *world, const char *repository)
{
	tags_list(world->with.api, repository, on_list, world);
	run(world);
}

/* The mark of request NUMBER, or 0. */
static uint64_t mark(const struct world *world, unsigned number)
{
	const char *at;

	assert_in_range(number + 1, 1, world->with.server.request_count);
	at = strstr(world->with.server.requests[number].head, MARK);
	assert_true(!at || at < strstr(world->with.server.requests[number].head, " HTTP/1.1"));
	return at ? strtoull(at + strlen(MARK), NULL, 16) : 0;
}

static void each_question_is_new(void **state)
{
	struct world *world = *state;

	api_ping(world->with.api, on_answer, world);
	run(world);
	catalog_list(world->with.api, on_list, world);
	run(world);
	ask_tags(world, "a");
	ask_manifest(world, "latest", NULL);
	ask_manifest(world, "latest", DIGEST);
	assert_int_equal(world->with.server.request_count, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_not_equal(mark(world, i), 0);
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(mark(world, i), mark(world, j));
	}
	assert_true(tiny_saw(&world->with.server, "/v2/a/manifests/latest",
			     "If-None-Match: \"" DIGEST));
}

static bool take(void *ctx, const char *bytes, size_t length)
{
	(void)ctx, (void)bytes, (void)length;
	return true;
}

static void what_a_digest_names_is_asked_for_as_it_is(void **state)
{
	struct world *world = *state;

	ask_manifest(world, DIGEST, NULL);
	api_config(world->with.api, "a", DIGEST, on_answer, world);
	api_blob(world->with.api, "a", DIGEST, take, on_answer, world);
	api_blob_probe(world->with.api, "a", DIGEST, false, take, on_answer, world);
	api_delete(world->with.api, "a", DIGEST, 0, on_answer, world);
	api_delete(world->with.api, "a", "latest", 0, on_answer, world);
	run(world);
	assert_int_equal(world->with.server.request_count, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(mark(world, i), 0);
}

static void a_followed_link_has_a_mark_of_its_own(void **state)
{
	struct world *world = *state;

	ask_tags(world, "paged");
	assert_string_equal(world->names, "a b ");
	assert_int_not_equal(mark(world, 1), 0);
	assert_int_not_equal(mark(world, 1), 0x0123456789abcdef);
	assert_null(strstr(strstr(world->with.server.requests[1].head, MARK) + 1, MARK));
}

/* 400 and 405 because of a mark: without it then, for all questions of that kind. */
static void where_it_is_refused_it_is_left_out(void **state)
{
	static const char *const REFUSALS[] = { "400 Bad Request", "405 Method Not Allowed" };

	for (size_t i = 0; i < 2; i++) {
		struct world *world;

		if (i > 0)
			setup(state);
		world = *state;
		world->refuses = "/v2/a/tags";
		world->refusal = REFUSALS[i];
		ask_tags(world, "a");
		assert_string_equal(world->trouble, "");
		assert_string_equal(world->names, "a ");
		ask_tags(world, "a");
		ask_manifest(world, "latest", NULL);
		assert_int_equal(world->with.server.request_count, 4);
		assert_int_not_equal(mark(world, 0), 0);
		assert_int_equal(mark(world, 1), 0);
		assert_int_equal(mark(world, 2), 0);
		assert_int_not_equal(mark(world, 3), 0);
		if (i == 0)
			teardown(state);
	}
}

static void another_refusal_is_not_its_fault(void **state)
{
	struct world *world = *state;

	world->always = "/v2/a/manifests/bad";
	ask_manifest(world, "bad", NULL);
	assert_int_equal(world->outcome, API_FAILED);
	assert_int_equal(world->with.server.request_count, 2);
	ask_manifest(world, "good", NULL);
	assert_int_not_equal(mark(world, 2), 0);
	/* It is known by now that marks are taken: nothing that a cache may have is asked for. */
	world->refuses = "/v2/a/manifests/good";
	ask_manifest(world, "good", NULL);
	assert_int_equal(world->outcome, API_FAILED);
	assert_int_equal(world->with.server.request_count, 4);
}

static void what_a_cache_answers_is_no_answer(void **state)
{
	static const char *const HEADERS[] = { "Age: 35\r\n", "X-Cache: HIT from edge\r\n",
					       "Cache-Status: edge; hit\r\n" };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof HEADERS / sizeof *HEADERS; i++) {
		world->headers = HEADERS[i];
		ask_manifest(world, "latest", NULL);
		assert_int_equal(world->outcome, API_FAILED);
		assert_non_null(strstr(world->why, "a cache answered, not the registry"));
		ask_tags(world, "a");
		assert_non_null(strstr(world->trouble, "a cache answered, not the registry"));
		catalog_list(world->with.api, on_list, world);
		run(world);
		assert_non_null(strstr(world->trouble, "a cache answered, not the registry"));
		ask_manifest(world, DIGEST, NULL);
		assert_int_equal(world->outcome, API_OK);
	}
	world->headers = "Age: 0\r\nX-Cache: MISS\r\nVia: 1.1 edge (HIT)\r\n";
	ask_manifest(world, "latest", NULL);
	assert_int_equal(world->outcome, API_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(each_question_is_new),
		TEST(what_a_digest_names_is_asked_for_as_it_is),
		TEST(a_followed_link_has_a_mark_of_its_own),
		TEST(where_it_is_refused_it_is_left_out),
		TEST(another_refusal_is_not_its_fault),
		TEST(what_a_cache_answers_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
