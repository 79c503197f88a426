/* registry/api_list, api_hidden, api_catalog: lists that bring new names for ever. */
#include "api_world.h"
#include "util/buf.h"
#include "util/xalloc.h"

struct world {
	struct api_world with;
	size_t per_page, longest; /* names of a page, and characters of each */
	const char *body;         /* instead of names; or NULL */
	unsigned page;
	bool links;
	bool listed;
	size_t count;
	char trouble[400];
};

/* Each page has names that no other has, and names the next. */
static bool answer(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	struct world *world = server->ctx;
	bool tags = strstr(request->path, "/tags/list");
	CLEANUP(buf_free) struct buf body = { 0 };
	CLEANUP(buf_free) struct buf head = { 0 };
	unsigned page = world->page++;

	buf_format(&body, "{\"%s\":[", tags ? "tags" : "repositories");
	for (size_t i = 0; i < world->per_page; i++)
		buf_format(&body, "%s\"n%0*u\"", i ? "," : "", (int)world->longest - 1,
			   page * (unsigned)world->per_page + (unsigned)i);
	buf_text(&body, "]}");
	if (world->body) {
		buf_clear(&body);
		buf_text(&body, world->body);
	}
	buf_format(&head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n", body.length);
	if (world->links)
		buf_format(&head, "Link: <%.*s?last=x%u>; rel=\"next\"\r\n",
			   (int)strcspn(request->path, "?"), request->path, page);
	buf_text(&head, "\r\n");
	tiny_write(fd, head.data, head.length);
	tiny_write(fd, body.data, body.length);
	return true;
}

static int setup(void **state)
{
	struct world *world = xcalloc(1, sizeof *world);

	world->per_page = world->longest = 10;
	world->links = true;
	api_world_start(&world->with, answer, world);
	assert_int_equal(world->with.api->limits.names, 10000000);
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

static void on_list(void *ctx, const struct api_list *list)
{
	struct world *world = ctx;

	world->listed = true;
	world->count = list->count;
	snprintf(world->trouble, sizeof world->trouble, "%s", list->trouble ? list->trouble : "");
}

typedef void (*asker)(struct world *world);

static void ask_tags(struct world *world)
{
	tags_list(world->with.api, "a", on_list, world);
}

static void ask_repositories(struct world *world)
{
	catalog_list(world->with.api, on_list, world);
}

/* Of one page, and what it hides: each question brings new ones. */
static void ask_hidden(struct world *world)
{
	world->links = false;
	api_expect(world->with.api, API_HIDES_TAGS, false);
	ask_tags(world);
}

static void ends_with(struct world *world, asker ask, struct list_limits limits,
		      const char *trouble)
{
	struct err err;

	world->with.api->limits = limits;
	world->listed = false;
	ask(world);
	assert_int_equal(http_run(world->with.http, &err), 0);
	assert_true(world->listed);
	if (!strstr(world->trouble, trouble))
		fail_msg("\"%s\" is not in \"%s\"", trouble, world->trouble);
	assert_int_equal(world->count, 0);
}

#define NO_LIMIT ((size_t)1 << 40)

static void names_without_an_end(void **state)
{
	static const asker ASKERS[] = { ask_tags, ask_repositories, ask_hidden };

	for (size_t i = 0; i < sizeof ASKERS / sizeof *ASKERS; i++) {
		struct world *world = *state;
		unsigned pages = world->page;

		ends_with(world, ASKERS[i], (struct list_limits){ 205, NO_LIMIT, NO_LIMIT },
			  "it comes to no end (more than 205 names)");
		/* The page that goes beyond them is the last that is asked for. */
		assert_in_range(world->page - pages, 21, 29);
	}
}

static void bytes_without_an_end(void **state)
{
	static const asker ASKERS[] = { ask_tags, ask_repositories, ask_hidden };
	struct world *world = *state;

	world->longest = 100;
	for (size_t i = 0; i < sizeof ASKERS / sizeof *ASKERS; i++)
		ends_with(world, ASKERS[i], (struct list_limits){ NO_LIMIT, 20000, NO_LIMIT },
			  "it comes to no end (more than 20000 bytes of names)");
}

static void pages_without_an_end(void **state)
{
	static const asker ASKERS[] = { ask_tags, ask_repositories };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof ASKERS / sizeof *ASKERS; i++) {
		unsigned pages = world->page;

		ends_with(world, ASKERS[i], (struct list_limits){ NO_LIMIT, NO_LIMIT, 30 },
			  "it comes to no end (more than 30 pages)");
		assert_int_equal(world->page - pages, 31);
	}
}

/* What would be many times as large in memory is not even parsed. */
static void a_page_that_is_no_list(void **state)
{
	static const char *const OPEN[] = { "{},", "[],", "1,", "\"a\"," };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof OPEN / sizeof *OPEN; i++) {
		CLEANUP(buf_free) struct buf body = { 0 };

		buf_text(&body, "{\"x\":[");
		for (unsigned n = 0; n < 1000; n++)
			buf_text(&body, OPEN[i]);
		buf_text(&body, "0],\"tags\":[],\"repositories\":[]}");
		world->body = body.data;
		world->links = false;
		ends_with(world, ask_tags, (struct list_limits){ 100, NO_LIMIT, NO_LIMIT },
			  "the answer is not a list of names, or one that comes to no end");
		ends_with(world, ask_repositories, (struct list_limits){ 100, NO_LIMIT, NO_LIMIT },
			  "the answer is not a list of names, or one that comes to no end");
	}
	world->body = NULL;
}

static void a_list_within_its_limits_is_whole(void **state)
{
	struct world *world = *state;
	struct err err;

	world->links = false;
	world->with.api->limits = (struct list_limits){ 10, 100, 1 };
	ask_tags(world);
	assert_int_equal(http_run(world->with.http, &err), 0);
	assert_string_equal(world->trouble, "");
	assert_int_equal(world->count, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(names_without_an_end),
		TEST(bytes_without_an_end),
		TEST(pages_without_an_end),
		TEST(a_page_that_is_no_list),
		TEST(a_list_within_its_limits_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
