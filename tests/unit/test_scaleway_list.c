/* scaleway/list: a list is whole, or has a trouble and nothing in it.
 *
 * What the server answers is written as a row of pages, one for each request, in their order:
 *   3:abc       total_count 3, and the entries a, b and c; "-:" tells no number, "h3:" in a header
 *   :{1..100}   entries by number; :C is entry c with another status; :=a another entry named a
 *   !WORD       what is no page; see WORDS
 * A request too many is answered 418. */
#include "scaleway_world.h"

#include <ctype.h>

#define IMAGE "0a1b2c3d-1111-4000-8000-00000000abcd"
#define OTHER "99999999-1111-4000-8000-00000000abcd"
#define JSON  "Content-Type: application/json\r\n"

struct world {
	struct scaleway_world with;
	const char *at; /* the next page */
	struct scaleway_list list;
	unsigned told;
};

static const struct {
	const char *word, *status, *headers, *body;
} WORDS[] = {
	{ "500", "500 Fault", JSON "X-Request-Id: 8e1f\r\n", "{\"message\":\"internal error\"}" },
	{ "403", "403 No", JSON,
	  "{\"type\":\"permissions_denied\",\"details\":[{\"action\":\"read\",\"resource\":"
	  "\"registry\"}]}" },
	{ "404", "404 Not Found", JSON, "{\"message\":\"image not found\"}" },
	{ "404other", "404 Not Found", JSON,
	  "{\"type\":\"not_found\",\"resource_id\":\"" OTHER "\"}" },
	{ "204", "204 No Content", "", "" },
	{ "302", "302 Found", "Location: http://127.0.0.1:1/" KEY "\r\n", "" },
	{ "html", "200 OK", "Content-Type: text/html\r\n", "{\"tags\":[],\"total_count\":0}" },
	{ "cached", "200 OK", JSON "X-Cache: HIT from edge\r\n",
	  "{\"tags\":[],\"total_count\":0}" },
	{ "cut", "200 OK", JSON, "{\"tags\":[" },
	{ "nolist", "200 OK", JSON, "{\"images\":[],\"total_count\":0}" },
	{ "null", "200 OK", JSON, "{\"tags\":null,\"total_count\":0}" },
	{ "object", "200 OK", JSON, "{\"tags\":{},\"total_count\":0}" },
	{ "array", "200 OK", JSON, "[]" },
	{ "twice", "200 OK", JSON, "{\"tags\":[],\"tags\":[],\"total_count\":0}" },
	{ "total", "200 OK", JSON, "{\"tags\":[],\"total_count\":\"0\"}" },
	{ "minus", "200 OK", JSON, "{\"tags\":[],\"total_count\":-1}" },
	{ "fraction", "200 OK", JSON, "{\"tags\":[],\"total_count\":0.5}" },
	{ "string", "200 OK", JSON, "{\"tags\":[\"a\"],\"total_count\":1}" },
	{ "noid", "200 OK", JSON, "{\"tags\":[{\"name\":\"a\"}],\"total_count\":1}" },
	{ "slashes", "200 OK", JSON,
	  "{\"tags\":[{\"id\":\"../../x\",\"name\":\"a\",\"image_id\":\"" IMAGE "\"}]}" },
	{ "parent", "200 OK", JSON,
	  "{\"tags\":[{\"id\":\"" IMAGE "\",\"name\":\"a\",\"image_id\":\"" OTHER "\"}]}" },
};

static void add_entry(struct buf *body, unsigned number, const char *name, const char *status)
{
	buf_format(body,
		   "%s{\"id\":\"00000000-2222-4000-8000-%012u\",\"name\":\"%s\",\"image_id\":"
		   "\"" IMAGE "\",\"status\":\"%s\",\"created_at\":\"2024-01-02T03:04:05Z\"}",
		   body->data[body->length - 1] == '[' ? "" : ",", number, name, status);
}

static void add_range(struct buf *body, const char *range)
{
	unsigned first, last;

	assert_int_equal(sscanf(range, "{%u..%u}", &first, &last), 2);
	for (; first <= last; first++) {
		char name[16];

		(void)snprintf(name, sizeof name, "n%u", first);
		add_entry(body, first, name, "ready");
	}
}

static void add_entries(struct buf *body, const char *entries)
{
	for (; *entries && *entries != ' '; entries++) {
		char name[2] = { (char)tolower((unsigned char)*entries) };

		if (*entries == '{') {
			add_range(body, entries);
			entries = strchr(entries, '}');
		} else if (*entries == '=') {
			name[0] = *++entries;
			add_entry(body, 2000U + (unsigned char)*entries, name, "ready");
		} else {
			add_entry(body, 1000U + (unsigned char)name[0], name,
				  isupper((unsigned char)*entries) ? "locked" : "ready");
		}
	}
}

static void answer_page(int fd, const char *page)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	CLEANUP(free_p) char *headers = NULL;
	const char *entries = strchr(page, ':') + 1;
	int total = page[0] == '-' ? -1 : atoi(page + (page[0] == 'h'));

	headers = page[0] == 'h' ? xasprintf(JSON "X-Total-Count: %d\r\n", total) : xstrdup(JSON);
	buf_text(&body, "{\"tags\":[");
	add_entries(&body, entries);
	buf_text(&body, "]");
	if (total >= 0 && page[0] != 'h')
		buf_format(&body, ",\"total_count\":%d", total);
	buf_text(&body, "}");
	scaleway_world_reply(fd, "200 OK", headers, body.data);
}

static void answer_word(int fd, const char *word)
{
	size_t length = strcspn(word, " "), i = 0;

	while (strlen(WORDS[i].word) != length || strncmp(WORDS[i].word, word, length) != 0)
		i++;
	scaleway_world_reply(fd, WORDS[i].status, WORDS[i].headers, WORDS[i].body);
}

static bool answer(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	struct world *world = server->ctx;
	const char *page = world->at;

	(void)request;
	world->at += strcspn(page, " ");
	world->at += strspn(world->at, " ");
	if (!*page)
		scaleway_world_reply(fd, "418 Too Many", "", "");
	else if (*page == '!')
		answer_word(fd, page + 1);
	else
		answer_page(fd, page);
	return true;
}

static void on_list(void *ctx, struct scaleway_list *list)
{
	struct world *world = ctx;

	scaleway_list_clear(&world->list);
	world->list = *list;
	*list = (struct scaleway_list){ 0 };
	world->told++;
}

static void read_list(struct world *world, unsigned readings, const char *pages)
{
	const struct scaleway_list_request request = { .kind = SCALEWAY_TAG,
						       .parent = IMAGE,
						       .readings = readings,
						       .done = on_list,
						       .ctx = world };

	world->at = pages;
	world->told = 0;
	world->with.server.request_count = 0;
	scaleway_list_clear(&world->list);
	scaleway_list_begin(world->with.api, &request);
	scaleway_world_run(&world->with);
	assert_int_equal(world->told, 1);
}

#define NOT_TWICE "3 readings do not agree, or are not whole: "

/* COUNT -1: it has a trouble, which is MESSAGE. */
static const struct {
	const char *sentence;
	unsigned wanted; /* readings */
	const char *pages;
	int count;
	unsigned readings, requests;
	const char *trouble;
} ROWS[] = {
	{ "a page, twice", 2, "3:abc 3:abc", 3, 2, 2, "" },
	{ "a page, once", 1, "3:abc", 3, 1, 1, "" },
	{ "nothing, twice", 2, "0: 0:", 0, 2, 2, "" },
	{ "no number told: an empty page is the end", 2, "-:abc -: -:abc -:", 3, 2, 4, "" },
	{ "nothing, and no number told", 2, "-: -:", 0, 2, 2, "" },
	{ "the number in a header", 2, "h3:abc h3:abc", 3, 2, 2, "" },
	{ "45 on three pages of 20", 2,
	  "45:{1..20} 45:{21..40} 45:{41..45} 45:{1..20} 45:{21..40} 45:{41..45}", 45, 2, 6, "" },
	{ "pages of 20, and no number told", 1, "-:{1..20} -:{21..40} -:{41..45} -:", 45, 1, 4,
	  "" },
	{ "full pages to an empty one, which tells any number", 2,
	  "200:{1..100} 200:{101..200} 0: 200:{1..100} 200:{101..200} -:", 200, 2, 6, "" },
	{ "a page size that is ignored", 1, "150:{1..150} 150:", 150, 1, 2, "" },
	{ "another order", 2, "3:abc 3:cba", 3, 2, 2, "" },
	{ "an entry that moved to the next page", 2, "4:ab 4:bcd 4:abcd", 4, 2, 3, "" },
	{ "something came between two readings", 2, "3:abc 4:abcd 4:abcd", 4, 3, 3, "" },
	{ "something went between two readings", 2, "3:abc 2:ac 2:ac", 2, 3, 3, "" },
	{ "something changed between two readings", 2, "3:abc 3:abC 3:abC", 3, 3, 3, "" },
	{ "a page shrinks between two calls", 2,
	  "101:{1..100} 100: 100:{2..101} 100: 100:{2..101} 100:", 100, 3, 6, "" },
	{ "one good reading is not two", 2, "4:ab 4: 3:abc 4:ab 4:", -1, 3, 5,
	  NOT_TWICE "it has 2 entries, but tells that there are 4" },
	{ "the second good one is the last of three", 2, "4:ab 4: 4:ab 4: 3:abc", -1, 3, 5,
	  NOT_TWICE "it was not read twice" },
	{ "never the same twice", 2, "3:abc 3:abd 3:abc", -1, 3, 3,
	  NOT_TWICE "tag c came or changed between two readings" },
	{ "never as many twice", 2, "3:abc 2:ab 1:a", -1, 3, 3,
	  NOT_TWICE "one reading has 2 entries, the next one 1" },
	{ "less than told", 2, "4:abc 4: 4:abc 4: 4:abc 4:", -1, 3, 6,
	  NOT_TWICE "it has 3 entries, but tells that there are 4" },
	{ "less than told, read once", 1, "4:abc 4: 3:abc", 3, 2, 3, "" },
	{ "less than a header tells", 1, "h4:abc h4: h4:abc h4: h4:abc h4:", -1, 3, 6,
	  NOT_TWICE "it has 3 entries, but tells that there are 4" },
	{ "more than told", 2, "2:abc 2:abc 2:abc", -1, 3, 3,
	  NOT_TWICE "it has 3 entries, but tells that there are 2" },
	{ "another number on each page", 2,
	  "45:{1..20} 46:{21..40} 45:{1..20} 46:{21..40} 45:{1..20} 46:{21..40}", -1, 3, 6,
	  NOT_TWICE "its pages tell different numbers of entries (45 and 46)" },
	{ "the same page for ever", 2, "9:ab 9:ab 9:ab 9:ab 9:ab 9:ab", -1, 3, 6,
	  NOT_TWICE "a page has nothing that was not on one before it" },
	{ "the same for ever, and no number told", 1, "-:ab -:ab -:ab -:ab -:ab -:ab", -1, 3, 6,
	  NOT_TWICE "a page has nothing that was not on one before it" },
	{ "an entry that moved and changed", 1, "4:ab 4:Bcd 4:ab 4:Bcd 4:aBcd", 4, 3, 5, "" },
	{ "two of one name", 2, "2:a=a 2:a=a 2:a=a", -1, 3, 3, NOT_TWICE "two tags are named a" },
	{ "a fault", 2, "!500", -1, 1, 1, "page 1: 500 Fault: internal error; X-Request-Id 8e1f" },
	{ "a fault on a later page", 2, "-:ab -:cd !500", -1, 1, 3,
	  "page 3: 500 Fault: internal error; X-Request-Id 8e1f" },
	{ "a fault in the second reading", 2, "3:abc !500", -1, 2, 2,
	  "page 1: 500 Fault: internal error; X-Request-Id 8e1f" },
	{ "a missing right", 2, "!403", -1, 1, 1,
	  "page 1: 403 permissions_denied; the secret key lacks the right to read registry" },
	{ "it is gone", 2, "!404", -1, 1, 1, "page 1: 404 Not Found: image not found" },
	{ "something else is gone", 2, "!404other", -1, 1, 1,
	  "page 1: 404 not_found; it is about " OTHER },
	{ "no content", 2, "!204", -1, 1, 1, "page 1: unexpected status 204" },
	{ "a redirect", 2, "!302", -1, 1, 1,
	  "page 1: 302, a redirect to http://127.0.0.1:1, which is not followed" },
	{ "another type", 2, "!html", -1, 1, 1,
	  "page 1: the answer is not JSON, says its Content-Type" },
	{ "a cache", 2, "!cached", -1, 1, 1,
	  "page 1: a cache answered, not the API (X-Cache: HIT from edge)" },
	{ "a cut body", 2, "3:abc !cut", -1, 2, 2, NULL },
	{ "a list of something else", 2, "!nolist", -1, 1, 1,
	  "page 1: the answer is no list of tags" },
	{ "null instead of a list", 2, "!null", -1, 1, 1, "page 1: the answer is no list of tags" },
	{ "an object instead of a list", 2, "!object", -1, 1, 1,
	  "page 1: the answer is no list of tags" },
	{ "a list instead of an object", 2, "!array", -1, 1, 1, NULL },
	{ "a key given twice", 2, "!twice", -1, 1, 1, NULL },
	{ "a number as a text", 2, "!total", -1, 1, 1, "page 1: its total_count is no number" },
	{ "a number below zero", 2, "!minus", -1, 1, 1, "page 1: its total_count is no number" },
	{ "a number with a fraction", 2, "!fraction", -1, 1, 1,
	  "page 1: its total_count is no number" },
	{ "names instead of objects", 2, "!string", -1, 1, 1, "page 1: entry 1: not a tag" },
	{ "no id", 2, "!noid", -1, 1, 1, "page 1: entry 1: not a usable tag: its id is no UUID" },
	{ "an id with slashes", 2, "!slashes", -1, 1, 1,
	  "page 1: entry 1: not a usable tag: its id is no UUID" },
	{ "an entry of another image", 2, "!parent", -1, 1, 1,
	  "page 1: entry 1 is not of what the list was asked for" },
};

static bool is_as_told(size_t i, const struct world *world)
{
	const struct scaleway_list *list = &world->list;

	if (ROWS[i].count < 0)
		return list->count == 0 && !list->items && list->outcome != SCALEWAY_OK &&
		       list->trouble[0] &&
		       (!ROWS[i].trouble || strcmp(list->trouble, ROWS[i].trouble) == 0);
	return list->outcome == SCALEWAY_OK && list->count == (size_t)ROWS[i].count &&
	       !list->trouble[0];
}

static void lists_are_whole_or_nothing(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		read_list(world, ROWS[i].wanted, ROWS[i].pages);
		if (!is_as_told(i, world) || world->list.readings != ROWS[i].readings ||
		    world->with.server.request_count != ROWS[i].requests)
			fail_msg("%s: outcome %d, %zu entries, %u readings, %u requests, \"%s\"",
				 ROWS[i].sentence, (int)world->list.outcome, world->list.count,
				 world->list.readings, world->with.server.request_count,
				 world->list.trouble);
		assert_null(strstr(world->list.trouble, KEY));
	}
}

static void outcomes_are_handed_on(void **state)
{
	struct world *world = *state;

	read_list(world, 2, "!404");
	assert_int_equal(world->list.outcome, SCALEWAY_GONE);
	read_list(world, 2, "!404other");
	assert_int_equal(world->list.outcome, SCALEWAY_FAILED);
	read_list(world, 2, "!403");
	assert_int_equal(world->list.outcome, SCALEWAY_DENIED);
	read_list(world, 2, "3:abc 3:abc");
	assert_string_equal(world->list.items[0].name, "a");
	assert_string_equal(world->list.items[2].parent, IMAGE);
	assert_int_equal(world->list.items[2].status, SCALEWAY_READY);
}

/* What is asked for each kind of list: the first request and the last. */
static const struct {
	enum scaleway_kind kind;
	const char *parent, *path;
} PATHS[] = {
	{ SCALEWAY_TAG, IMAGE, "/images/" IMAGE "/tags?" },
	{ SCALEWAY_TAG, "0A1B2C3D-1111-4000-8000-00000000ABCD", "/images/" IMAGE "/tags?" },
	{ SCALEWAY_IMAGE, NULL, "/images?" },
	{ SCALEWAY_IMAGE, OTHER, "/images?namespace_id=" OTHER "&" },
	{ SCALEWAY_NAMESPACE, NULL, "/namespaces?" },
};

static void pages_are_asked_for_by_number(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
		CLEANUP(free_p)
		char *path = xasprintf(REGION "%sorder_by=created_at_asc&page=1&page_size=100",
				       PATHS[i].path);
		struct scaleway_list_request request = { .kind = PATHS[i].kind,
							 .parent = PATHS[i].parent,
							 .readings = 1,
							 .done = on_list,
							 .ctx = world };

		world->at = "-:";
		world->with.server.request_count = 0;
		scaleway_list_begin(world->with.api, &request);
		scaleway_world_run(&world->with);
		assert_string_equal(world->with.server.requests[0].path, path);
		assert_true(tiny_saw(&world->with.server, NULL, "\r\nX-Auth-Token: " KEY "\r\n"));
		assert_true(
			tiny_saw(&world->with.server, NULL, "\r\nAccept: application/json\r\n"));
		scaleway_list_clear(&world->list);
	}
	read_list(world, 1, "-:a -:b -:");
	for (unsigned i = 0; i < 3; i++) {
		char page[16];

		(void)snprintf(page, sizeof page, "&page=%u&", i + 1);
		assert_non_null(strstr(world->with.server.requests[i].path, page));
	}
}

/* What is not taken out of a list is released with it. */
static void leave(void *ctx, struct scaleway_list *list)
{
	*(size_t *)ctx = list->count;
}

static void lists_are_released(void **state)
{
	struct world *world = *state;
	size_t count = 0;

	world->at = "3:abc 3:abd 3:abd";
	scaleway_list_begin(world->with.api, &(struct scaleway_list_request){ .kind = SCALEWAY_TAG,
									      .parent = IMAGE,
									      .readings = 2,
									      .done = leave,
									      .ctx = &count });
	scaleway_world_run(&world->with);
	assert_int_equal(count, 3);
}

static int setup(void **state)
{
	struct world *world = xcalloc(1, sizeof *world);

	scaleway_world_start(&world->with, answer, 0, world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	scaleway_world_stop(&world->with);
	scaleway_list_clear(&world->list);
	free(world);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_whole_or_nothing),
		cmocka_unit_test(outcomes_are_handed_on),
		cmocka_unit_test(pages_are_asked_for_by_number),
		cmocka_unit_test(lists_are_released),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
