/* Who is told when, and what: the pure parts of notify/, and what the state remembers. */
#include "notify/notify.h"

#include "state_world.h"

#include "apply/outcome.h"
#include "config/config.h"
#include "lists/checksummed.h"
#include "measure/measure.h"
#include "notify/deadline.h"
#include "notify/event.h"
#include "notify/format.h"
#include "notify/message.h"
#include "notify/ping.h"
#include "notify/request.h"
#include "notify/told.h"
#include "report/run_json.h"
#include "util/secrets.h"
#include "util/time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALWAYS   (1U << NOTIFY_ALWAYS)
#define CHANGES  (1U << NOTIFY_CHANGES)
#define TROUBLE  (1U << NOTIFY_TROUBLE)
#define RECOVERY (1U << NOTIFY_RECOVERY)

static const struct event_case {
	int exit_code;
	bool changed;
	enum event_outcome before;
	unsigned kinds;
} EVENT_CASES[] = {
	{ 0, false, EVENT_UNKNOWN, ALWAYS },
	{ 0, false, EVENT_GOOD, ALWAYS },
	{ 0, false, EVENT_TROUBLE, ALWAYS | RECOVERY },
	{ 0, true, EVENT_GOOD, ALWAYS | CHANGES },
	{ 0, true, EVENT_TROUBLE, ALWAYS | CHANGES | RECOVERY },
	{ 1, true, EVENT_GOOD, ALWAYS | CHANGES | TROUBLE },
	{ 1, false, EVENT_TROUBLE, ALWAYS | TROUBLE },
	{ 2, false, EVENT_UNKNOWN, ALWAYS | TROUBLE },
	{ 3, false, EVENT_GOOD, ALWAYS | TROUBLE },
	{ 4, true, EVENT_GOOD, ALWAYS | CHANGES | TROUBLE },
	/* Another one is at work: neither trouble nor the end of it. */
	{ 5, false, EVENT_GOOD, ALWAYS },
	{ 5, false, EVENT_TROUBLE, ALWAYS },
	{ 6, false, EVENT_GOOD, ALWAYS | TROUBLE },
	{ 70, false, EVENT_GOOD, ALWAYS | TROUBLE },
	{ 143, true, EVENT_GOOD, ALWAYS | CHANGES | TROUBLE },
};

static void test_who_is_told_when(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof EVENT_CASES / sizeof *EVENT_CASES; i++) {
		const struct event_case *row = &EVENT_CASES[i];
		unsigned kinds = event_kinds(row->exit_code, row->changed, row->before);

		if (kinds != row->kinds)
			fail_msg("exit code %d, row %zu: %#x instead of %#x", row->exit_code, i,
				 kinds, row->kinds);
	}
}

static void test_how_it_ended_is_remembered_for_each_command(void **state)
{
	struct world *world = *state;
	struct state *own = world_open(world);
	struct err err = { 0 };

	assert_int_equal(told_read(own, "run"), EVENT_UNKNOWN);
	assert_int_equal(told_write(own, "run", EVENT_TROUBLE, &err), 0);
	assert_int_equal(told_write(own, "verify", EVENT_GOOD, &err), 0);
	assert_int_equal(told_read(own, "run"), EVENT_TROUBLE);
	assert_int_equal(told_read(own, "verify"), EVENT_GOOD);
	assert_int_equal(told_read(own, "collect"), EVENT_UNKNOWN);
	assert_int_equal(told_write(own, "run", EVENT_GOOD, &err), 0);
	assert_int_equal(told_read(own, "run"), EVENT_GOOD);
	assert_int_equal(log_warnings(), 0);
	state_close(own);
}

static const char *const DAMAGED[] = { "",       "good",     "good\n\n", "trouble\ngood\n",
				       "Good\n", "unknown\n" };

static void test_nothing_else_is_believed(void **state)
{
	enum event_outcome outcome = EVENT_UNKNOWN;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof DAMAGED / sizeof *DAMAGED; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		char sum[DIGEST_TEXT];

		buf_format(&text, "clean-registry last outcome 1\n%s", DAMAGED[i]);
		checksummed_close(&text, sum);
		assert_int_equal(told_parse(buf_string(&text), text.length, &outcome, &err), -1);
		assert_int_equal(outcome, EVENT_UNKNOWN);
	}
	assert_int_equal(told_parse("trouble\n", 8, &outcome, &err), -1);
}

static void test_a_damaged_memory_is_told_and_is_none(void **state)
{
	struct world *world = *state;
	struct state *own = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	buf_text(&text, "trouble\n");
	assert_int_equal(state_replace_file(own, "told-run", &text, &err), 0);
	assert_int_equal(told_read(own, "run"), EVENT_UNKNOWN);
	assert_int_equal(log_warnings(), 1);
	state_close(own);
}

static const char *const PING_CASES[][3] = {
	{ "https://hc-ping.com/UUID", "start", "https://hc-ping.com/UUID/start" },
	{ "https://hc-ping.com/UUID/", "4", "https://hc-ping.com/UUID/4" },
	{ "https://hc-ping.com/KEY/slug?create=1", "143",
	  "https://hc-ping.com/KEY/slug/143?create=1" },
	{ "http://h:8000", "start", "http://h:8000/start" },
	{ "http://h?a=/b", "1", "http://h/1?a=/b" },
};

static void test_a_ping_goes_below_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PING_CASES / sizeof *PING_CASES; i++) {
		CLEANUP(free_p) char *url = ping_url(PING_CASES[i][0], PING_CASES[i][1]);

		assert_string_equal(url, PING_CASES[i][2]);
	}
}

static void test_of_a_url_only_its_place_is_told(void **state)
{
	static const char *const CASES[][2] = {
		{ "https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com" },
		{ "http://[::1]:80?token=x", "http://[::1]:80" },
		{ "http://h", "http://h" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p) char *place = request_place(CASES[i][0]);

		assert_string_equal(place, CASES[i][1]);
	}
}

/* Whoever echoes a URL, or the part of it that is a token, tells nothing. */
static void test_urls_are_masked(void **state)
{
	static const char *const CASES[][2] = {
		{ "GET https://h.example/services/abcdefghijklmnop failed",
		  "GET ******************************************* failed" },
		{ "no /services/abcdefghijklmnop here", "no ************************** here" },
		{ "token abcdefghijklmnop", "token ****************" },
		{ "h.example/services/abcdefghijklmnop", "***********************************" },
		{ "h.example and /srv/topic stay", "h.example and /srv/topic stay" },
		{ "http://h/topic", "**************" },
		{ "h/topic", "*******" },
	};

	(void)state;
	request_hide("https://h.example/services/abcdefghijklmnop");
	request_hide("http://h/topic");
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p) char *masked = secrets_masked(CASES[i][0]);

		assert_string_equal(masked, CASES[i][1]);
	}
	secrets_clear();
}

/* However it is echoed. */
static void test_headers_are_masked(void **state)
{
	char *headers[] = { (char[]){ "X-Key: Bearer a\"b/c" } };
	struct config_notify item = { .url = (char[]){ "" },
				      .user = (char[]){ "" },
				      .password = (char[]){ "" },
				      .headers = { .items = headers, .count = 1 } };
	const struct config config = { .report = { .ping_url = (char[]){ "" } },
				       .notify = { .items = &item, .count = 1 } };
	static const char *const ECHOED[][2] = {
		{ "it was Bearer a\"b/c", "it was ************" },
		{ "key a\"b/c!", "key *****!" },
		{ "{\"key\":\"a\\\"b/c\"}", "{\"key\":\"******\"}" },
		{ "?key=a%22b%2Fc", "?key=*********" },
	};

	(void)state;
	notify_hide(&config);
	for (size_t i = 0; i < sizeof ECHOED / sizeof *ECHOED; i++) {
		CLEANUP(free_p) char *masked = secrets_masked(ECHOED[i][0]);

		assert_string_equal(masked, ECHOED[i][1]);
	}
	secrets_clear();
}

static void test_slack_gets_no_markup_of_others(void **state)
{
	struct notify_message message = {
		.subject = (char[]){ "clean-registry: h: <done> & well" },
		.text = (char[]){ "WARNING: <!channel> `x` ``` & \"q\" \xc3\xa4\n" },
	};
	CLEANUP(buf_free) struct buf out = { 0 };

	(void)state;
	format_slack(&message, &out);
	assert_string_equal(
		buf_string(&out),
		"{ \"text\": \"*clean-registry: h: &lt;done&gt; &amp; well*\\n```\\n"
		"WARNING: &lt;!channel&gt; 'x' ''' &amp; \\\"q\\\" \xc3\xa4\\n```\" }\n");
}

static void test_long_texts_are_cut_between_characters(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 }, slack = { 0 }, ntfy = { 0 };
	struct notify_message message = { .subject = (char[]){ "s" } };

	(void)state;
	buf_text(&text, "x");
	for (int i = 0; i < 3000; i++)
		buf_text(&text, "\xc3\xa4");
	message.text = text.data;
	format_ntfy(&message, &ntfy);
	assert_true(ntfy.length <= FORMAT_NTFY_MOST);
	assert_true(ntfy.length > FORMAT_NTFY_MOST - 4);
	assert_memory_equal(ntfy.data + ntfy.length - 6, "\xc3\xa4...\n", 6);
	format_slack(&message, &slack);
	assert_non_null(strstr(slack.data, "\xc3\xa4...\\n```"));
	assert_true(slack.length < FORMAT_SLACK_MOST + 100);
	assert_int_equal(message_cut("\xc3\xa4\xc3\xa4", 3), 2);
	assert_int_equal(message_cut("abc", 3), 3);
	assert_int_equal(message_cut("abc", 0), 0);
}

static void test_ntfy_headers_tell_how_bad_it_is(void **state)
{
	static const struct {
		bool trouble, recovered;
		const char *priority, *tags;
	} CASES[] = { { true, false, "Priority: high", "Tags: warning" },
		      { false, true, "Priority: default", "Tags: white_check_mark" },
		      { false, false, "Priority: default", "Tags: broom" } };

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(string_list_clear) struct string_list headers = { 0 };
		struct notify_message message = { .subject = (char[]){ "s" },
						  .trouble = CASES[i].trouble,
						  .recovered = CASES[i].recovered };

		format_ntfy_headers(&message, &headers);
		assert_int_equal(headers.count, 3);
		assert_string_equal(headers.items[0], "Title: s");
		assert_string_equal(headers.items[1], CASES[i].priority);
		assert_string_equal(headers.items[2], CASES[i].tags);
	}
}

/* A report of a run that ended early, or changed something. */
static struct report make_report(const struct config *config, int exit_code)
{
	struct report report = { .config = config,
				 .command = "run",
				 .exit_code = exit_code,
				 .started_at = 1800000000,
				 .seconds = 12 };

	measure_nothing(&report.before);
	measure_nothing(&report.after);
	return report;
}

static void test_subjects(void **state)
{
	struct config config = { .registry.url = (char[]){ "https://reg.example:5000" },
				 .log.file = (char[]){ "" } };
	struct outcome outcome = { .tags_deleted = 12, .manifests_deleted = 10 };
	struct {
		struct report report;
		const char *subject;
		unsigned kinds;
		bool changed;
	} cases[] = {
		{ make_report(&config, 4),
		  "clean-registry: reg.example:5000: run FAILED with exit code 4: the collector "
		  "failed, or cannot work",
		  ALWAYS | TROUBLE, false },
		{ make_report(&config, 143),
		  "clean-registry: reg.example:5000: run FAILED with exit code 143: stopped by a "
		  "signal",
		  ALWAYS | TROUBLE, false },
		{ make_report(&config, 5),
		  "clean-registry: reg.example:5000: run did nothing (exit code 5): another one is "
		  "at work",
		  ALWAYS, false },
		{ make_report(&config, 0), "clean-registry: reg.example:5000: run ended well",
		  ALWAYS, false },
		{ make_report(&config, 0),
		  "clean-registry: reg.example:5000: run works again: 12 tags deleted, 3.2 GiB "
		  "freed",
		  ALWAYS | RECOVERY | CHANGES, true },
	};

	(void)state;
	cases[4].report.outcome = &outcome;
	cases[4].report.gc.done = true;
	cases[4].report.removed = (struct listed_blobs){ 5, (uint64_t)(3.2 * (1 << 30)), 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct notify_message message = { .whole = REPORT_FILE_NONE,
						  .brief = REPORT_FILE_NONE };

		assert_int_equal(message_changed(&cases[i].report), cases[i].changed);
		message_make(&message, &cases[i].report, cases[i].kinds, NULL);
		assert_string_equal(message.subject, cases[i].subject);
		message_clear(&message);
	}
}

/* Errors before warnings, twenty in all, each on a line of its own, and no secret. */
static void test_a_text_has_the_first_errors(void **state)
{
	struct config config = { .registry.url = (char[]){ "http://h" },
				 .log.file = (char[]){ "/var/log/x" } };
	struct report report = make_report(&config, 1);
	struct notify_message message = { .whole = REPORT_FILE_NONE, .brief = REPORT_FILE_NONE };
	const char *at;
	size_t lines = 0;

	(void)state;
	secrets_add("tHe-SeCrEt");
	for (int i = 0; i < 30; i++)
		log_warning("warning %d", i);
	log_error("with a\nnewline, and tHe-SeCrEt");
	message_make(&message, &report, ALWAYS | TROUBLE, "why\x1b[2J");
	assert_null(strstr(message.text, "tHe-SeCrEt"));
	assert_non_null(strstr(message.text, "\nERROR: with a\\x0anewline, and **********\n"));
	assert_true(strstr(message.text, "ERROR:") < strstr(message.text, "WARNING:"));
	assert_non_null(strstr(message.text, "\nwhy:       why\\x1b[2J\n"));
	assert_non_null(strstr(message.text, "\nand 11 more: see /var/log/x\n"));
	assert_non_null(strstr(message.text, "registry:  http://h\ncommand:   run, on "));
	assert_non_null(strstr(message.text, "exit code: 1 (done in part"));
	for (at = message.text; (at = strstr(at, "WARNING: ")); at++)
		lines++;
	assert_int_equal(lines, MESSAGE_LINES - 1);
	message_clear(&message);
	secrets_clear();
}

/* Each has a share of the minute, however much the ones before wanted. */
static void test_time_is_shared(void **state)
{
	struct deadline deadline;
	int64_t now = time_monotonic_ms();
	char words[128];

	(void)state;
	deadline_begin(&deadline);
	deadline_next(&deadline, 60, 19);
	assert_in_range(deadline_left(&deadline), 15000, 60000 - 19 * 2000);
	deadline_next(&deadline, 10, 3);
	assert_in_range(deadline_left(&deadline), 9000, 10000);
	deadline.all_until_ms = now + 1000;
	deadline_next(&deadline, 10, 0);
	assert_in_range(deadline_left(&deadline), 0, 1000);
	deadline.all_until_ms = now - 1;
	deadline_next(&deadline, 10, 0);
	assert_int_equal(deadline_left(&deadline), 0);
	assert_false(deadline_pause(&deadline, 1000));
	assert_string_equal(deadline_words(&deadline, words, sizeof words),
			    "no time was left, as others took a minute");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_is_told_when),
		TEST(test_how_it_ended_is_remembered_for_each_command),
		TEST(test_nothing_else_is_believed),
		TEST(test_a_damaged_memory_is_told_and_is_none),
		TEST(test_a_ping_goes_below_the_path),
		TEST(test_of_a_url_only_its_place_is_told),
		TEST(test_urls_are_masked),
		TEST(test_headers_are_masked),
		TEST(test_slack_gets_no_markup_of_others),
		TEST(test_long_texts_are_cut_between_characters),
		TEST(test_ntfy_headers_tell_how_bad_it_is),
		TEST(test_subjects),
		TEST(test_a_text_has_the_first_errors),
		TEST(test_time_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
