/* The folder compared with a registry's answers: what differs, and what only changed meanwhile. */
#include "scan_storage/compare_with_api.h"

#include "../tools/tiny_http.h"
#include "http/engine.h"
#include "registry/api.h"
#include "storage_world.h"

#include <limits.h>

/* What the registry says. A row is a path and its answer; what has none is answered 404. */
struct answer {
	char path[200];
	const char *status;
	char digest[DIGEST_TEXT]; /* of a manifest */
	char body[600];
};

struct world {
	struct store *store;
	struct tiny_http server;
	struct http *http;
	struct api *api;
	struct answer answers[64];
	size_t count;
	struct err err;
	/* Called before the answer to PATH, as if somebody pushed or deleted in between. */
	void (*meanwhile)(struct world *world);
	const char *at;
};

static const struct answer *find_answer(const struct world *world, const char *path)
{
	for (size_t i = world->count; i-- > 0;) {
		if (strcmp(world->answers[i].path, path) == 0)
			return &world->answers[i];
	}
	return NULL;
}

static bool answer(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	struct world *world = server->ctx;
	const struct answer *found = find_answer(world, request->path);
	char headers[400];

	if (world->meanwhile && strcmp(request->path, world->at) == 0)
		world->meanwhile(world);
	if (!found) {
		tiny_reply(fd, "404 Not Found", "Content-Type: application/json\r\n",
			   strstr(request->path, "/tags/list")
				   ? "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}"
				   : "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}");
		return true;
	}
	if (found->digest[0] && strstr(request->head, found->digest)) {
		tiny_reply(fd, "304 Not Modified", "", "");
		return true;
	}
	snprintf(headers, sizeof headers, "Content-Type: application/json\r\n%s%s%s",
		 found->digest[0] ? "Docker-Content-Digest: " : "", found->digest,
		 found->digest[0] ? "\r\n" : "");
	tiny_reply(fd, found->status, headers, found->body);
	return true;
}

static struct answer *say(struct world *world, const char *body, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

static struct answer *say(struct world *world, const char *body, const char *path, ...)
{
	struct answer *row = &world->answers[world->count++];
	va_list arguments;

	assert_in_range(world->count, 1, 64);
	va_start(arguments, path);
	vsnprintf(row->path, sizeof row->path, path, arguments);
	va_end(arguments);
	row->status = "200 OK";
	snprintf(row->body, sizeof row->body, "%s", body);
	return row;
}

static void say_tag(struct world *world, const char *repository, const char *tag,
		    const char *digest)
{
	struct answer *row = say(world, "{}", "/v2/%s/manifests/%s", repository, tag);

	snprintf(row->digest, sizeof row->digest, "%s", digest);
}

static void say_tags(struct world *world, const char *repository, const char *names)
{
	CLEANUP(free_p)
	char *body = xasprintf("{\"name\":\"%s\",\"tags\":[%s]}", repository, names);

	say(world, body, "/v2/%s/tags/list", repository);
}

static void say_catalog(struct world *world, const char *names)
{
	CLEANUP(free_p) char *body = xasprintf("{\"repositories\":[%s]}", names);

	say(world, body, "/v2/_catalog?n=1000");
}

/* Two repositories: a with the tags one and two, b/c with the tag one; the registry says the same.
 */
static int setup(void **state)
{
	static const struct http_options OPTIONS = { .max_in_flight = 4,
						     .get_timeout_seconds = 10,
						     .delete_timeout_seconds = 10 };
	static const char *const TAGS[][2] = { { "a", "one" }, { "a", "two" }, { "b/c", "one" } };
	struct world *world = xcalloc(1, sizeof *world);
	CLEANUP(free_p) char *url = NULL;
	void *store = NULL;

	store_setup(&store);
	world->store = store;
	tiny_start(&world->server, answer, world);
	url = xasprintf("http://127.0.0.1:%u", world->server.port);
	world->http = http_new(&OPTIONS, &world->err);
	assert_non_null(world->http);
	world->api = api_new(world->http, url);
	for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) {
		char digest[DIGEST_TEXT];

		store_image(world->store, TAGS[i][0], TAGS[i][1], D2020, digest);
		say_tag(world, TAGS[i][0], TAGS[i][1], digest);
	}
	say_catalog(world, "\"a\",\"b/c\"");
	say_tags(world, "a", "\"one\",\"two\"");
	say_tags(world, "b/c", "\"one\"");
	store_load(world->store);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	void *store = world->store;

	api_free(world->api);
	http_free(world->http);
	tiny_stop(&world->server);
	store_teardown(&store);
	free(world);
	return 0;
}

static int compare_sample(struct world *world)
{
	world->err = (struct err){ 0 };
	return compare_with_api_sample(world->store->inventory, world->store->layout, world->api,
				       world->http, &world->err);
}

static int compare_names(struct world *world)
{
	world->err = (struct err){ 0 };
	return compare_with_api_names(world->store->inventory, world->store->layout, world->api,
				      world->http, &world->err);
}

static void assert_differs(const struct world *world, int result, const char *what)
{
	if (result != -1 || world->err.kind != ERR_IO || !strstr(world->err.msg, what))
		fail_msg("%d \"%s\" instead of \"%s\"", result, world->err.msg, what);
}

static void unlink_below(const struct world *world, const char *path)
{
	CLEANUP(free_p) char *full = store_path(world->store, path);

	assert_int_equal(unlink(full), 0);
}

static void test_the_same_is_the_same(void **state)
{
	struct world *world = *state;

	if (compare_sample(world) != 0 || compare_names(world) != 0)
		fail_msg("%s", world->err.msg);
	assert_int_equal(tiny_count(&world->server, "GET", "/v2/_catalog?n=1000"), 1);
	assert_true(tiny_count(&world->server, "GET", "/v2/b/c/manifests/one") > 0);
}

/* What the registry says of a/one, and what is done to the folder before it says that. */
static void test_a_sampled_tag(void **state)
{
	static const struct {
		const char *what, *status, *digest, *body, *difference;
	} ROWS[] = {
		{ "moved", "200 OK", "sha256:" HEX1, "{}", "a:one is sha256:" HEX1 },
		{ "without a digest", "200 OK", "", "{}", "of unknown digest" },
		{ "absent", "404 Not Found", "", "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}",
		  "a:one is absent in the registry" },
		{ "some other 404", "404 Not Found", "", "404 page not found",
		  "a:one cannot be compared" },
		{ "an error", "500 Internal Server Error", "",
		  "{\"errors\":[{\"code\":\"UNKNOWN\"}]}", "a:one cannot be compared" },
		{ "refused", "401 Unauthorized", "", "{}", "a:one cannot be compared" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct answer *row = say(world, ROWS[i].body, "/v2/a/manifests/one");

		row->status = ROWS[i].status;
		snprintf(row->digest, sizeof row->digest, "%s", ROWS[i].digest);
		assert_differs(world, compare_sample(world), ROWS[i].difference);
	}
}

static void push_one(struct world *world)
{
	store_tag(world->store, "a", "one", "sha256:" HEX1);
}

static void delete_one(struct world *world)
{
	unlink_below(world, "repositories/a/_manifests/tags/one/current/link");
}

static void break_one(struct world *world)
{
	store_tag(world->store, "a", "one", "");
}

static void push_new(struct world *world)
{
	store_tag(world->store, "a", "new", "sha256:" HEX1);
}

static void push_new_repository(struct world *world)
{
	store_tag(world->store, "d", "one", "sha256:" HEX1);
}

static void test_a_tag_that_was_pushed_or_deleted_between_reading_and_proof(void **state)
{
	struct world *world = *state;
	struct answer *row = NULL;

	push_one(world);
	say_tag(world, "a", "one", "sha256:" HEX1);
	if (compare_sample(world) != 0)
		fail_msg("%s", world->err.msg);
	say_tag(world, "a", "one", "sha256:" HEX2);
	assert_differs(world, compare_sample(world), "but sha256:" HEX1 " there");
	break_one(world);
	assert_differs(world, compare_sample(world), "but unreadable there");
	delete_one(world);
	assert_differs(world, compare_sample(world), "but absent there");
	row = say(world, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}", "/v2/a/manifests/one");
	row->status = "404 Not Found";
	if (compare_sample(world) != 0)
		fail_msg("%s", world->err.msg);
}

/* What the registry lists; BEFORE is done to the folder when it has been read. */
static void test_names(void **state)
{
	static const struct {
		const char *what, *catalog, *tags_of_a, *difference;
		void (*before)(struct world *world);
	} ROWS[] = {
		{ "the same", "\"a\",\"b/c\"", "\"one\",\"two\"", NULL, NULL },
		{ "in another order", "\"b/c\",\"a\"", "\"two\",\"one\"", NULL, NULL },
		{ "a tag more", "\"a\",\"b/c\"", "\"one\",\"two\",\"new\"",
		  "a:new is in the registry, but not there", NULL },
		{ "a tag that came", "\"a\",\"b/c\"", "\"one\",\"two\",\"new\"", NULL, push_new },
		{ "a tag that came and is not listed yet", "\"a\",\"b/c\"", "\"one\",\"two\"", NULL,
		  push_new },
		{ "a tag less", "\"a\",\"b/c\"", "\"two\"",
		  "a:one is there, but not in the registry", NULL },
		{ "a tag that went", "\"a\",\"b/c\"", "\"two\"", NULL, delete_one },
		{ "a tag with a strange name", "\"a\",\"b/c\"", "\"one\",\"two\",\"../x\"", NULL,
		  NULL },
		{ "a repository less", "\"a\"", "\"one\",\"two\"", NULL, NULL },
		{ "a repository more", "\"a\",\"b/c\",\"d\"", "\"one\",\"two\"",
		  "d:one is in the registry, but not there", NULL },
		{ "a repository that came", "\"a\",\"b/c\",\"d\"", "\"one\",\"two\"", NULL,
		  push_new_repository },
		{ "an empty repository more", "\"a\",\"b/c\",\"empty\"", "\"one\",\"two\"", NULL,
		  NULL },
	};

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct world *world = NULL;
		int result = 0;

		if (i > 0)
			setup(state);
		world = *state;
		say_catalog(world, ROWS[i].catalog);
		say_tags(world, "a", ROWS[i].tags_of_a);
		say_tags(world, "d", "\"one\"");
		say_tags(world, "empty", "");
		if (ROWS[i].before)
			ROWS[i].before(world);
		result = compare_names(world);
		if (ROWS[i].difference)
			assert_differs(world, result, ROWS[i].difference);
		else if (result != 0)
			fail_msg("%s: %s", ROWS[i].what, world->err.msg);
		if (i + 1 < sizeof ROWS / sizeof *ROWS)
			teardown(state);
	}
}

/* The registry does not know a repository at all: every tag of it in the folder is too much. */
static void test_a_repository_that_the_registry_does_not_have(void **state)
{
	struct world *world = *state;
	char digest[DIGEST_TEXT];

	store_image(world->store, "elsewhere", "one", D2020, digest);
	inventory_free(world->store->inventory);
	world->store->inventory = inventory_new();
	store_load(world->store);
	assert_differs(world, compare_names(world),
		       "elsewhere:one is there, but not in the registry");
}

static void test_lists_that_are_not_complete_prove_nothing(void **state)
{
	static const char *const PATHS[] = { "/v2/_catalog?n=1000", "/v2/a/tags/list" };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
		struct answer *row =
			say(world, "{\"errors\":[{\"code\":\"UNKNOWN\"}]}", "%s", PATHS[i]);

		row->status = "500 Internal Server Error";
		assert_differs(world, compare_names(world), "list of");
		world->count--;
	}
	if (compare_names(world) != 0)
		fail_msg("%s", world->err.msg);
}

/* The registry's answer is already on its way while the folder changes. */
static void test_what_changes_during_the_answer(void **state)
{
	struct world *world = *state;

	world->meanwhile = push_new;
	world->at = "/v2/a/tags/list";
	say_tags(world, "a", "\"one\",\"two\",\"new\"");
	if (compare_names(world) != 0)
		fail_msg("%s", world->err.msg);
	world->meanwhile = delete_one;
	say_tags(world, "a", "\"two\",\"new\"");
	if (compare_names(world) != 0)
		fail_msg("%s", world->err.msg);
}

static unsigned moves, last_move;

/* Each answer is older than the link: somebody pushes all the time, until LAST_MOVE. */
static void move_one(struct world *world)
{
	char digest[DIGEST_TEXT];

	snprintf(digest, sizeof digest, "sha256:%064x", ++moves);
	store_tag(world->store, "a", "one", moves < last_move ? digest : "sha256:" HEX1);
}

static void test_a_tag_that_moves_all_the_time(void **state)
{
	struct world *world = *state;

	world->meanwhile = move_one;
	world->at = "/v2/a/manifests/one";
	say_tag(world, "a", "one", "sha256:" HEX1);
	moves = 0;
	last_move = 6;
	if (compare_sample(world) != 0)
		fail_msg("%s", world->err.msg);
	assert_true(moves >= last_move);
	/* It comes to an end, and what was never seen to agree is a difference. */
	moves = 0;
	last_move = UINT_MAX;
	assert_differs(world, compare_sample(world), "a:one is sha256:" HEX1);
	assert_in_range(moves, 5, 40);
}

static void set_pushed(struct world *world, size_t count)
{
	for (size_t t = 0; t < count; t++)
		world->store->inventory->tags[t].pushed = T2020 + (int64_t)((t * 37) % count);
}

/* The ten youngest are asked for, and ten more at even distances, whatever else there is. */
static void test_the_sample(void **state)
{
	struct world *world = *state;
	struct inventory *inventory = NULL;
	char digest[DIGEST_TEXT], names[200][16];
	char *tags[200];
	uint32_t manifest = 0;
	unsigned youngest = 0;

	inventory = inventory_new();
	manifest = inventory_manifest(inventory, inventory_repository(inventory, "many"),
				      digest_of("x", 1, digest));
	inventory->manifests[manifest].kind = MANIFEST_IMAGE;
	for (size_t t = 0; t < 200; t++) {
		snprintf(names[t], sizeof names[t], "t%zu", t);
		tags[t] = names[t];
	}
	inventory_tags(inventory, 0, tags, 200);
	for (uint32_t t = 0; t < 200; t++) {
		if (t % 4 != 3)
			inventory_point(inventory, t, manifest);
		else
			inventory->tags[t].state = TAG_MISSING;
	}
	inventory_free(world->store->inventory);
	world->store->inventory = inventory;
	set_pushed(world, 200);
	/* Neither side has any of them now. */
	assert_int_equal(compare_sample(world), 0);
	assert_int_equal(tiny_count(&world->server, "GET", NULL), COMPARE_SAMPLE);
	for (uint32_t t = 0; t < 200; t++) {
		CLEANUP(free_p) char *path = xasprintf("/v2/many/manifests/t%u", t);

		if (tiny_count(&world->server, "GET", path) == 0)
			continue;
		assert_int_not_equal(t % 4, 3);
		/* Of the readable tags, ten were pushed then or later. */
		youngest += inventory->tags[t].pushed >= T2020 + 186;
	}
	assert_true(youngest >= 10);
}

static void test_a_registry_that_is_not_there(void **state)
{
	struct world *world = *state;
	struct tiny_http gone;
	CLEANUP(free_p) char *url = NULL;
	struct api *api = NULL;

	tiny_bind(&gone, answer, world);
	url = xasprintf("http://127.0.0.1:%u", gone.port);
	api = api_new(world->http, url);
	assert_int_equal(compare_with_api_sample(world->store->inventory, world->store->layout, api,
						 world->http, &world->err),
			 -1);
	api_free(api);
	tiny_stop(&gone);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_is_the_same),
		TEST(test_a_sampled_tag),
		TEST(test_a_tag_that_was_pushed_or_deleted_between_reading_and_proof),
		TEST(test_names),
		TEST(test_a_repository_that_the_registry_does_not_have),
		TEST(test_lists_that_are_not_complete_prove_nothing),
		TEST(test_what_changes_during_the_answer),
		TEST(test_a_tag_that_moves_all_the_time),
		TEST(test_the_sample),
		TEST(test_a_registry_that_is_not_there),
	};

	return cmocka_run_group_tests_name("inventory_proof", tests, NULL, NULL);
}
