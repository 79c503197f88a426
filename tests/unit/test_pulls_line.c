/* Lines of access logs: what they say, and of which manifest. */
#include "pulls/access_line.h"
#include "pulls/files.h"
#include "pulls/target.h"

#include "util/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T            "[30/Nov/2026:15:21:23 +0000] "
#define NOON         INT64_C(1796052083) /* that time */
#define AGENT        " 200 5 \"-\" \"docker/1\""
#define HEX          "0123456789012345678901234567890123456789012345678901234567890123"
#define JSON(fields) "{" fields "}"
#define GET_A                                                                         \
	"\"http.request.method\":\"GET\",\"http.request.uri\":\"/v2/a/manifests/t\"," \
	"\"http.response.status\":200"

static const struct {
	const char *sentence, *line;
	int64_t time;
	const char *said; /* METHOD STATUS NAME AGENT; NULL: it is no such line */
} LINES[] = {
	{ "distribution",
	  "10.0.0.1 - - " T "\"GET /v2/a/manifests/t HTTP/1.1\" 200 525 \"\" \"docker/1\"", NOON,
	  "GET 200 a:t docker/1" },
	{ "nginx with a user, and more behind",
	  "10.0.0.1 - joe [x] " T
	  "\"HEAD /v2/a/b/manifests/t HTTP/1.1\" 304 0 \"-\" \"c d\" \"10.1.1.1\" rt=0.1",
	  NOON, "HEAD 304 a/b:t c d" },
	{ "a virtual host in front, no protocol's version",
	  "r.example:443 h - - " T "\"PUT /v2/a/manifests/t HTTP/2.0\" 201 - \"-\" \"-\"", NOON,
	  "PUT 201 a:t -" },
	{ "the journal's words in front, with brackets",
	  "2026-11-30T15:21:23+0000 host registry[12]: ::1 - - " T
	  "\"GET /v2/a/manifests/t HTTP/1.1\"" AGENT,
	  NOON, "GET 200 a:t docker/1" },
	{ "a zone ahead of UTC", "h - - [30/Nov/2026:20:51:23 +0530] \"GET /v2/ HTTP/1.1\"" AGENT,
	  NOON, "GET 200 - docker/1" },
	{ "a zone behind UTC, on another day",
	  "h - - [29/Nov/2026:23:21:23 -1600] \"GET /v2/ HTTP/1.1\"" AGENT, NOON,
	  "GET 200 - docker/1" },
	{ "a time that there is not",
	  "h - - [31/Feb/2026:15:21:23 +0000] \"GET /v2/ HTTP/1.1\"" AGENT, DATE_INVALID,
	  "GET 200 - docker/1" },
	{ "a month that there is not",
	  "h - - [30/Nev/2026:15:21:23 +0000] \"GET /v2/ HTTP/1.1\"" AGENT, DATE_INVALID,
	  "GET 200 - docker/1" },
	{ "a quote in the agent", "h - - " T "\"GET /v2/ HTTP/1.1\" 200 5 \"-\" \"a\\\"b\\\\\" x",
	  NOON, "GET 200 - a\\\"b\\\\" },
	{ "by digest", "h - - " T "\"GET /v2/a/manifests/sha256:" HEX " HTTP/1.1\"" AGENT, NOON,
	  "GET 200 a@sha256:" HEX " docker/1" },
	{ "percent signs", "h - - " T "\"GET /v2/a%2Fb/manifests/sha256%3a" HEX " HTTP/1.1\"" AGENT,
	  NOON, "GET 200 a/b@sha256:" HEX " docker/1" },
	{ "a query", "h - - " T "\"GET /v2/a/manifests/t?ns=x/manifests/y HTTP/1.1\"" AGENT, NOON,
	  "GET 200 a:t docker/1" },
	{ "a path prefix", "h - - " T "\"GET /re/g/v2/a/manifests/t HTTP/1.1\"" AGENT, NOON,
	  "GET 200 a:t docker/1" },
	{ "a whole URL", "h - - " T "\"GET http://r/re/g/v2/a/manifests/t HTTP/1.1\"" AGENT, NOON,
	  "GET 200 a:t docker/1" },
	{ "another prefix", "h - - " T "\"GET /other/v2/a/manifests/t HTTP/1.1\"" AGENT, NOON,
	  "GET 200 none docker/1" },
	{ "a repository with a component of that name",
	  "h - - " T "\"GET /v2/manifests/manifests/manifests/t HTTP/1.1\"" AGENT, NOON,
	  "GET 200 manifests/manifests:t docker/1" },
	{ "no manifest", "h - - " T "\"GET /v2/a/blobs/sha256:" HEX " HTTP/1.1\"" AGENT, NOON,
	  "GET 200 - docker/1" },
	{ "no tag that there can be", "h - - " T "\"GET /v2/a/manifests/-t HTTP/1.1\"" AGENT, NOON,
	  "GET 200 - docker/1" },
	{ "a NUL in a name", "h - - " T "\"GET /v2/a/manifests/t%00 HTTP/1.1\"" AGENT, NOON,
	  "GET 200 none docker/1" },
	{ "a percent sign at the end", "h - - " T "\"GET /v2/a/manifests/t% HTTP/1.1\"" AGENT, NOON,
	  "GET 200 none docker/1" },
	{ "cut behind the status", "h - - " T "\"GET /v2/a/manifests/t HTTP/1.1\" 200", NOON,
	  "GET 200 a:t " },
	{ "common format, without an agent", "h - - " T "\"GET /v2/a/manifests/t HTTP/1.1\" 200 5",
	  NOON, "GET 200 a:t " },
	{ "cut in the status", "h - - " T "\"GET /v2/a/manifests/t HTTP/1.1\" 20", 0, NULL },
	{ "a status of four digits", "h - - " T "\"GET /v2/a/manifests/t HTTP/1.1\" 2000 5", 0,
	  NULL },
	{ "cut in the request", "h - - " T "\"GET /v2/a/manif", 0, NULL },
	{ "no protocol", "h - - " T "\"GET /v2/a/manifests/t\" 200 5", 0, NULL },
	{ "nonsense in the request", "h - - " T "\"\\x16\\x03\" 400 5 \"-\" \"-\"", 0, NULL },
	{ "the registry's own log",
	  "time=\"2026-11-30T15:21:23Z\" level=info msg=\"listening on [::]:5000\"", 0, NULL },
	{ "nothing", "", 0, NULL },
	{ "JSON",
	  JSON(GET_A
	       ",\"http.request.useragent\":\"docker/1\",\"time\":\"2026-11-30T15:21:23.5Z\""),
	  NOON, "GET 200 a:t docker/1" },
	{ "JSON with what is nested, and blanks",
	  "{ \"x\" : {\"http.request.method\": \"PUT\", \"y\": [1, \"]}\"]}, " GET_A
	  ", \"n\" : null }",
	  DATE_INVALID, "GET 200 a:t " },
	{ "JSON with escapes",
	  JSON("\"http.request.method\":\"GET\",\"http.request.uri\":\"\\/v2\\/a\\u002fb\\/"
	       "manifests\\/t\","
	       "\"http.response.status\":200,\"http.request.useragent\":\"x\\\"y\""),
	  DATE_INVALID, "GET 200 a/b:t x\\\"y" },
	{ "JSON whose status is text, and its time of a zone",
	  JSON("\"http.request.method\":\"GET\",\"http.request.uri\":\"/v2/a/manifests/t\","
	       "\"http.response.status\":\"404\",\"time\":\"2026-11-30T16:21:23+01:00\""),
	  NOON, "GET 404 a:t " },
	{ "JSON without a status: an authorized request",
	  JSON("\"http.request.method\":\"GET\",\"http.request.uri\":\"/v2/a/manifests/t\""), 0,
	  NULL },
	{ "JSON that is cut", "{" GET_A, 0, NULL },
	{ "JSON that is cut in a string", "{\"http.request.method\":\"GE", 0, NULL },
	{ "JSON that is cut behind a backslash", "{\"http.request.method\":\"GE\\", 0, NULL },
	{ "a brace", "{", 0, NULL },
};

static void each_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		struct access_line line;
		struct target target;
		char said[1024];
		bool read = access_line_parse(LINES[i].line, strlen(LINES[i].line), &line);

		if (read != (LINES[i].said != NULL))
			fail_msg("%s: read %d", LINES[i].sentence, read);
		if (!read)
			continue;
		target_read(&line, "/re/g", &target);
		snprintf(said, sizeof said, "%.*s %u %s %.*s", (int)line.method.length,
			 line.method.at, line.status,
			 target.length ? target.name
			 : target.api  ? "-"
				       : "none",
			 (int)line.agent.length, line.agent.at);
		if (strcmp(said, LINES[i].said) != 0 || line.time != LINES[i].time)
			fail_msg("%s: %s at %ld", LINES[i].sentence, said, (long)line.time);
	}
}

/* Each beginning of each line is read, or not, without a byte behind it. */
static void each_beginning(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		for (size_t length = 0; length <= strlen(LINES[i].line); length++) {
			char *copy = malloc(length + 1);
			struct access_line line;
			struct target target;

			assert_non_null(copy);
			memcpy(copy, LINES[i].line, length);
			if (access_line_parse(copy, length, &line)) {
				assert_true(line.agent.at + line.agent.length <= copy + length);
				target_read(&line, "", &target);
			}
			free(copy);
		}
	}
}

static void names_of_rotated_files(void **state)
{
	static const char *const ROTATED[] = { ".1",           ".2.gz",       "-20261130",
					       "-20261130.gz", ".2026-11-30", "-2026.1.xz" };
	static const char *const OTHERS[] = { "", ".gz", ".old", "-x", ".1.swp", "1", ".1gzz" };

	(void)state;
	for (size_t i = 0; i < sizeof ROTATED / sizeof *ROTATED; i++)
		assert_true(files_is_rotated(ROTATED[i]));
	for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
		assert_false(files_is_rotated(OTHERS[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_line),
					    cmocka_unit_test(each_beginning),
					    cmocka_unit_test(names_of_rotated_files) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
