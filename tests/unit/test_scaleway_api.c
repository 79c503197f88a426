/* scaleway/api: what goes out for one object, how often, and what comes of it; lists without an
 * end; and that the key reaches no log. */
#include "scaleway_world.h"

#include "util/file.h"
#include "util/log.h"
#include "util/secrets.h"
#include "util/time.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define ID   "0a1b2c3d-1111-4000-8000-00000000abcd"
#define NS   "99999999-1111-4000-8000-00000000abcd"
#define JSON "Content-Type: application/json\r\n"
#define TAG(status) \
	"{\"id\":\"" ID "\",\"name\":\"v1\",\"image_id\":\"" NS "\",\"status\":\"" status "\"}"
#define SPACE "{\"id\":\"" ID "\",\"name\":\"team\",\"status\":\"deleting\",\"image_count\":0}"

static struct scaleway_world world;
/* What is answered: to the first request of a test, and to those that follow. */
static struct {
	const char *status, *headers, *body;
	bool cut; /* no answer at all */
} first, then;
static atomic_uint asked;

static bool answer(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	bool is_first = atomic_fetch_add(&asked, 1) == 0;

	(void)server, (void)request;
	if (is_first ? first.cut : then.cut)
		return false;
	scaleway_world_reply(fd, is_first ? first.status : then.status,
			     is_first ? first.headers : then.headers,
			     is_first ? first.body : then.body);
	return true;
}

/* What is kept of an answer. */
struct kept {
	struct scaleway_answer answer;
	struct scaleway_object object;
	unsigned told;
};

static void keep(void *ctx, const struct scaleway_answer *given)
{
	struct kept *kept = ctx;

	kept->answer = *given;
	if (given->object)
		kept->object = scaleway_object_copy(given->object);
	kept->told++;
}

static struct kept run(bool deletes, enum scaleway_kind kind)
{
	struct kept kept = { 0 };

	atomic_store(&asked, 0);
	world.server.request_count = 0;
	if (deletes)
		scaleway_delete(world.api, kind, ID, 0, keep, &kept);
	else
		scaleway_get(world.api, kind, ID, keep, &kept);
	scaleway_world_run(&world);
	assert_int_equal(kept.told, 1);
	return kept;
}

static void set_both(const char *status, const char *headers, const char *body)
{
	first.status = then.status = status;
	first.headers = then.headers = headers;
	first.body = then.body = body;
	first.cut = then.cut = false;
}

static const struct {
	bool deletes;
	enum scaleway_kind kind;
	const char *body, *line;
} REQUESTS[] = {
	{ false, SCALEWAY_TAG, TAG("ready"), "GET " REGION "/tags/" ID " HTTP/1.1\r\n" },
	{ false, SCALEWAY_NAMESPACE, SPACE, "GET " REGION "/namespaces/" ID " HTTP/1.1\r\n" },
	{ false, SCALEWAY_IMAGE, "{\"id\":\"" ID "\",\"name\":\"app\",\"namespace_id\":\"" NS "\"}",
	  "GET " REGION "/images/" ID " HTTP/1.1\r\n" },
	{ true, SCALEWAY_TAG, TAG("deleting"), "DELETE " REGION "/tags/" ID " HTTP/1.1\r\n" },
	{ true, SCALEWAY_NAMESPACE, SPACE, "DELETE " REGION "/namespaces/" ID " HTTP/1.1\r\n" },
};

static void requests_are_what_the_api_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS; i++) {
		struct kept kept;
		const char *head = world.server.requests[0].head;

		set_both("200 OK", JSON, REQUESTS[i].body);
		kept = run(REQUESTS[i].deletes, REQUESTS[i].kind);
		assert_int_equal(kept.answer.outcome, SCALEWAY_OK);
		assert_int_equal(kept.object.kind, REQUESTS[i].kind);
		assert_int_equal(world.server.request_count, 1);
		assert_memory_equal(head, REQUESTS[i].line, strlen(REQUESTS[i].line));
		assert_non_null(strstr(head, "\r\nX-Auth-Token: " KEY "\r\n"));
		assert_non_null(strstr(head, "\r\nAccept: application/json\r\n"));
		assert_null(strcasestr(head, "Content-"));
		scaleway_object_clear(&kept.object);
	}
}

/* A GET is tried again as its answer asks, a DELETE never. */
static const struct {
	const char *sentence, *status, *headers, *body;
	bool cut;
	enum scaleway_outcome of_delete;
	bool end_unknown;
	unsigned gets; /* requests of a GET, of which the second is answered well */
	int64_t least_ms;
} AGAIN[] = {
	{ "limited, with a time", "429 Later", JSON,
	  "{\"type\":\"too_many_requests\",\"reset_seconds\":1}", false, SCALEWAY_LIMITED, false, 2,
	  1000 },
	{ "limited by a type alone", "400 Later", JSON,
	  "{\"type\":\"too_many_requests\",\"reset_seconds\":1}", false, SCALEWAY_LIMITED, false, 2,
	  1000 },
	{ "limited, with a time in the head", "429 Later", JSON "Retry-After: 1\r\n",
	  "{\"type\":\"too_many_requests\"}", false, SCALEWAY_LIMITED, false, 2, 1000 },
	{ "limited for longer than is waited", "429 Later", JSON,
	  "{\"type\":\"too_many_requests\",\"reset_seconds\":60}", false, SCALEWAY_LIMITED, false,
	  1, 0 },
	{ "busy", "409 Conflict", JSON, "{\"type\":\"transient_state\"}", false, SCALEWAY_BUSY,
	  false, 2, 100 },
	{ "a fault", "500 Fault", JSON, "{\"message\":\"internal error\"}", false, SCALEWAY_FAILED,
	  true, 2, 100 },
	{ "a gateway's fault", "502 Bad Gateway", "", "", false, SCALEWAY_FAILED, true, 2, 100 },
	{ "cut", NULL, NULL, NULL, true, SCALEWAY_FAILED, true, 2, 0 },
	{ "denied", "403 No", JSON, "{\"type\":\"permissions_denied\"}", false, SCALEWAY_DENIED,
	  false, 1, 0 },
	{ "gone", "404 Not Found", JSON, "{\"message\":\"not found\"}", false, SCALEWAY_GONE, false,
	  1, 0 },
	{ "gone with the status of a fault", "503 Fault", JSON, "{\"type\":\"not_found\"}", false,
	  SCALEWAY_GONE, false, 1, 0 },
	{ "a redirect", "307 There", "Location: http://127.0.0.1:1/\r\n", "", false,
	  SCALEWAY_FAILED, false, 1, 0 },
	{ "no content", "204 No Content", "", "", false, SCALEWAY_FAILED, true, 1, 0 },
};

static void set_row(size_t i)
{
	set_both(AGAIN[i].status, AGAIN[i].headers, AGAIN[i].body);
	first.cut = AGAIN[i].cut;
	then.status = "200 OK";
	then.headers = JSON;
	then.body = TAG("ready");
}

static void a_delete_goes_out_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof AGAIN / sizeof *AGAIN; i++) {
		struct kept kept;

		set_row(i);
		kept = run(true, SCALEWAY_TAG);
		if (world.server.request_count != 1 || kept.answer.unsent ||
		    kept.answer.outcome != AGAIN[i].of_delete ||
		    kept.answer.end_unknown != AGAIN[i].end_unknown)
			fail_msg("%s: %u requests, outcome %d, end unknown: %d, \"%s\"",
				 AGAIN[i].sentence, world.server.request_count,
				 (int)kept.answer.outcome, kept.answer.end_unknown,
				 kept.answer.message);
	}
}

static void a_get_is_asked_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof AGAIN / sizeof *AGAIN; i++) {
		int64_t began = time_monotonic_ms(), took;
		struct kept kept;

		set_row(i);
		kept = run(false, SCALEWAY_TAG);
		took = time_monotonic_ms() - began;
		if (world.server.request_count != AGAIN[i].gets || took < AGAIN[i].least_ms ||
		    kept.answer.outcome != (AGAIN[i].gets > 1 ? SCALEWAY_OK : AGAIN[i].of_delete) ||
		    kept.answer.end_unknown)
			fail_msg("%s: %u requests in %lld ms, outcome %d, \"%s\"",
				 AGAIN[i].sentence, world.server.request_count, (long long)took,
				 (int)kept.answer.outcome, kept.answer.message);
		scaleway_object_clear(&kept.object);
	}
}

static void what_is_too_late_is_not_sent(void **state)
{
	struct kept kept = { 0 };

	(void)state;
	set_both("200 OK", JSON, TAG("deleting"));
	world.server.request_count = 0;
	scaleway_delete(world.api, SCALEWAY_TAG, ID, time_monotonic_ms() - 1, keep, &kept);
	scaleway_world_run(&world);
	assert_int_equal(kept.answer.outcome, SCALEWAY_FAILED);
	assert_true(kept.answer.unsent);
	assert_false(kept.answer.end_unknown);
	assert_int_equal(world.server.request_count, 0);
}

static const struct {
	const char *sentence, *status, *body;
	enum scaleway_outcome outcome;
} PINGS[] = {
	{ "a namespace", "200 OK", "{\"namespaces\":[" SPACE "],\"total_count\":7}", SCALEWAY_OK },
	{ "none", "200 OK", "{\"namespaces\":[],\"total_count\":0}", SCALEWAY_OK },
	{ "something else that says 200", "200 OK", "{}", SCALEWAY_FAILED },
	{ "a key that is not taken", "401 No", "{\"type\":\"denied_authentication\"}",
	  SCALEWAY_DENIED },
	{ "a region that is not there", "404 Not Found", "{\"message\":\"x\"}", SCALEWAY_FAILED },
};

static void pings_ask_for_one_namespace(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PINGS / sizeof *PINGS; i++) {
		struct kept kept = { 0 };

		set_both(PINGS[i].status, JSON "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
			 PINGS[i].body);
		world.server.request_count = 0;
		scaleway_ping(world.api, keep, &kept);
		scaleway_world_run(&world);
		assert_int_equal(kept.told, 1);
		if (kept.answer.outcome != PINGS[i].outcome)
			fail_msg("%s: %d, \"%s\"", PINGS[i].sentence, (int)kept.answer.outcome,
				 kept.answer.message);
		assert_int_equal(kept.answer.date, 784111777);
		assert_null(kept.answer.object);
		assert_string_equal(world.server.requests[0].path, REGION
				    "/namespaces?order_by=created_at_asc&page=1&page_size=1");
	}
}

/* An order that nobody may give ends the process before anything is sent. */
static void order(int which)
{
	struct kept kept = { 0 };

	(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	if (which == 0)
		scaleway_delete(world.api, SCALEWAY_IMAGE, ID, 0, keep, &kept);
	else if (which == 1)
		scaleway_delete(world.api, SCALEWAY_TAG, "", 0, keep, &kept);
	else if (which == 2)
		scaleway_get(world.api, SCALEWAY_TAG, "../namespaces/" ID, keep, &kept);
	scaleway_world_run(&world);
	_exit(0);
}

static void images_and_other_ids_are_never_deleted(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			order(i);
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), EXIT_INTERNAL);
	}
}

/* Each page has entries that no other has. TOTAL: what each tells; -1: nothing, -2: more each time.
 */
static int endless_total;

static bool answer_endless(struct tiny_http *server, int fd, const struct tiny_request *request)
{
	unsigned page = atomic_fetch_add(&asked, 1);
	CLEANUP(buf_free) struct buf body = { 0 };

	(void)server, (void)request;
	buf_text(&body, "{\"namespaces\":[");
	for (unsigned i = 0; i < 10; i++)
		buf_format(&body, "%s{\"id\":\"00000000-2222-4000-8000-%012u\",\"name\":\"n%u\"}",
			   i ? "," : "", page * 10 + i, page * 10 + i);
	buf_text(&body, "]");
	if (endless_total != -1)
		buf_format(&body, ",\"total_count\":%d",
			   endless_total == -2 ? (int)page * 10 + 1000 : endless_total);
	buf_text(&body, "}");
	scaleway_world_reply(fd, "200 OK", JSON, body.data);
	return true;
}

static void note_list(void *ctx, struct scaleway_list *list)
{
	*(struct scaleway_list *)ctx = *list;
	*list = (struct scaleway_list){ 0 };
}

static const struct {
	const char *sentence;
	int total;
	size_t most, pages;
	unsigned requests;
	const char *trouble;
} ENDLESS[] = {
	{ "new ones for ever", -1, 95, 1000, 10, "it comes to no end (more than 95 entries)" },
	{ "more pages than there may be", -1, 100000, 12, 12,
	  "it comes to no end (more than 12 pages)" },
	{ "a number that is never reached", 1000000, 95, 1000, 10,
	  "it comes to no end (more than 95 entries)" },
	{ "a number that grows", -2, 95, 1000, 6,
	  "3 readings do not agree, or are not whole: its pages tell different numbers of entries "
	  "(1040 and 1050)" },
};

static void what_never_ends_is_ended(void **state)
{
	struct scaleway_world endless = { 0 };

	(void)state;
	scaleway_world_start(&endless, answer_endless, 0, NULL);
	assert_int_equal(endless.api->most, SCALEWAY_LIST_OBJECTS);
	for (size_t i = 0; i < sizeof ENDLESS / sizeof *ENDLESS; i++) {
		struct scaleway_list list = { 0 };

		atomic_store(&asked, 0);
		endless_total = ENDLESS[i].total;
		endless.api->most = ENDLESS[i].most;
		endless.api->pages = ENDLESS[i].pages;
		scaleway_list_begin(endless.api,
				    &(struct scaleway_list_request){ .kind = SCALEWAY_NAMESPACE,
								     .readings = 2,
								     .done = note_list,
								     .ctx = &list });
		scaleway_world_run(&endless);
		if (strcmp(list.trouble, ENDLESS[i].trouble) != 0 || list.items ||
		    atomic_load(&asked) != ENDLESS[i].requests)
			fail_msg("%s: %u requests, \"%s\"", ENDLESS[i].sentence,
				 atomic_load(&asked), list.trouble);
	}
	scaleway_world_stop(&endless);
}

static char *log_of(void (*talk)(void))
{
	char path[] = "/tmp/test_scaleway_XXXXXX";
	int fd = mkstemp(path);
	struct buf text = { 0 };
	struct err err;

	assert_true(fd >= 0);
	log_open(path, (struct log_options){ .debug = true, .http = true, .quiet = true });
	talk();
	log_close();
	assert_int_equal(file_read(AT_FDCWD, path, 1 << 20, &text, &err), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	return text.data;
}

static void tell(const struct scaleway_answer *given)
{
	log_debug("%s", given->message);
}

/* A server that echoes the key wherever it can, in either case of letters. */
static void talk(void)
{
	static const char UPPER[] = "6F1C2B3A-0000-4000-8000-000000005EC7";
	CLEANUP(free_p) char *reason = xasprintf("429 Key " KEY " %s", UPPER);
	struct kept kept;

	set_both(reason, JSON "X-Request-Id: " KEY "\r\nX-Cache: HIT " KEY "\r\n", "{}");
	then.headers = JSON "Location: https://" KEY ".example/" KEY "\r\n"
			    "X-Request-Id: 6F1C2B3A-0000-4000-8000-000000005EC7\r\n";
	then.body = "{\"message\":\"" KEY "\",\"type\":\"" KEY "\",\"resource_id\":\"" KEY "\"}";
	kept = run(false, SCALEWAY_TAG);
	tell(&kept.answer);
	kept = run(true, SCALEWAY_TAG);
	tell(&kept.answer);
	set_both("307 " KEY, then.headers, "");
	kept = run(false, SCALEWAY_TAG);
	tell(&kept.answer);
}

static void the_key_reaches_no_log(void **state)
{
	CLEANUP(free_p) char *log = log_of(talk);

	(void)state;
	assert_non_null(strstr(log, "HTTP GET http://127.0.0.1:"));
	assert_non_null(strstr(log, "HTTP DELETE http://127.0.0.1:"));
	assert_non_null(strstr(log, "; it is asked again in "));
	assert_non_null(strstr(log, "a redirect to https://****"));
	assert_non_null(strstr(log, "X-Request-Id ************************************"));
	assert_null(strcasestr(log, KEY));
}

static int setup(void **state)
{
	(void)state;
	scaleway_world_start(&world, answer, 3, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scaleway_world_stop(&world);
	secrets_clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_what_the_api_takes),
		cmocka_unit_test(a_delete_goes_out_once),
		cmocka_unit_test(a_get_is_asked_again),
		cmocka_unit_test(what_is_too_late_is_not_sent),
		cmocka_unit_test(pings_ask_for_one_namespace),
		cmocka_unit_test(images_and_other_ids_are_never_deleted),
		cmocka_unit_test(what_never_ends_is_ended),
		cmocka_unit_test(the_key_reaches_no_log),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
