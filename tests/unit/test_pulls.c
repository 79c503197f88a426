/* What a log says of tags, when it is believed, and what is kept of it. */
#include "pulls/pulls.h"

#include "inventory/inventory.h"
#include "lists/checksummed.h"
#include "oci/digest.h"
#include "util/buf.h"
#include "util/date.h"
#include "util/string_list.h"
#include "util/xalloc.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define HOUR   INT64_C(3600)
#define DAY    (24 * HOUR)
#define NOW    WORLD_NOW
#define DOCKER "docker/1"
#define D(m)   "sha256:000000000000000000000000000000000000000000000000000000000000000" #m
#define OURS   PULLS_AGENT "0 "

static const char *source = "one"; /* of the log */

static struct pulls *new_pulls(const char *proof, int64_t now)
{
	static char name[] = "Trivy";
	static char *ignored[] = { name };
	static const struct string_list ignore = { ignored, 1 };
	const struct pulls_options options = { .prefix = "",
					       .ignore = &ignore,
					       .proof = proof,
					       .source = source,
					       .now = now,
					       .skew = 300 };

	return pulls_new(&options);
}

static void write_line(struct pulls *pulls, int64_t time, const char *request, unsigned status,
		       const char *agent)
{
	char moment[64], line[1024];
	time_t seconds = (time_t)time;
	struct tm parts;

	assert_non_null(gmtime_r(&seconds, &parts));
	strftime(moment, sizeof moment, "%d/%b/%Y:%H:%M:%S +0000", &parts);
	snprintf(line, sizeof line, "h - - [%s] \"%s HTTP/1.1\" %u 5 \"-\" \"%s\"", moment, request,
		 status, agent);
	pulls_line(pulls, line, strlen(line));
}

static void prove(struct pulls *pulls, const char *proof, int64_t time)
{
	char agent[128];

	snprintf(agent, sizeof agent, OURS "%s", proof);
	for (int i = 0; i < PULLS_PROOFS; i++) {
		write_line(pulls, time, "GET /v2/app/manifests/a", 200, agent);
		write_line(pulls, time, "GET /v2/app/manifests/" D(0), 200, agent);
	}
}

/* A request each day, from DAYS ago to so many days ago. */
static void write_days(struct pulls *pulls, int64_t now, int days, int until)
{
	for (int day = days; day >= until; day--)
		write_line(pulls, now - day * DAY, "GET /v2/", 401, "curl");
}

/* app has the tags a (manifest 0), b (1), c (an index of 2) and d (1). */
static struct inventory *new_inventory(void)
{
	char *names[] = { (char[]){ "a" }, (char[]){ "b" }, (char[]){ "c" }, (char[]){ "d" } };
	struct inventory *inventory = inventory_new();
	uint32_t app = inventory_repository(inventory, "app");
	char digest[80];

	for (int m = 0; m < 4; m++) {
		uint32_t id;

		snprintf(digest, sizeof digest, "sha256:%064d", m);
		id = inventory_manifest(inventory, app, digest);
		inventory->manifests[id].kind = MANIFEST_IMAGE;
	}
	inventory->children = calloc(1, sizeof *inventory->children);
	assert_non_null(inventory->children);
	inventory->child_count = 1;
	inventory->children[0].manifest = 2;
	inventory->manifests[3].kind = MANIFEST_INDEX;
	inventory->manifests[3].children = 0;
	inventory->manifests[3].child_count = 1;
	inventory_tags(inventory, app, names, 4);
	inventory_point(inventory, 0, 0);
	inventory_point(inventory, 1, 1);
	inventory_point(inventory, 2, 3);
	inventory_point(inventory, 3, 1);
	for (int t = 0; t < 4; t++)
		inventory->tags[t].state = TAG_READ;
	return inventory;
}

static const struct {
	const char *sentence, *request;
	unsigned status;
	const char *agent;
	const char *pulled; /* the tags that were */
} PULLS[] = {
	{ "by tag", "GET /v2/app/manifests/a", 200, DOCKER, "a" },
	{ "a HEAD alone", "HEAD /v2/app/manifests/a", 200, DOCKER, "a" },
	{ "not modified", "GET /v2/app/manifests/a", 304, DOCKER, "a" },
	{ "by digest: all its tags", "GET /v2/app/manifests/" D(1), 200, DOCKER, "bd" },
	{ "a part: its index", "GET /v2/app/manifests/" D(2), 200, DOCKER, "c" },
	{ "in another repository", "GET /v2/other/manifests/" D(1), 200, DOCKER, "" },
	{ "not found", "GET /v2/app/manifests/a", 404, DOCKER, "" },
	{ "not allowed", "GET /v2/app/manifests/a", 401, DOCKER, "" },
	{ "a name that begins like ours", "GET /v2/app/manifests/a", 200, "clean-registry-ui/1",
	  "a" },
	{ "our own", "GET /v2/app/manifests/a", 200, OURS, "" },
	{ "a scanner", "GET /v2/app/manifests/a", 200, "x Trivy/0.5", "" },
	{ "without an agent", "GET /v2/app/manifests/a", 200, "", "a" },
	{ "a push", "PUT /v2/app/manifests/a", 201, DOCKER, "" },
	{ "a delete", "DELETE /v2/app/manifests/" D(0), 202, DOCKER, "" },
	{ "a blob", "GET /v2/app/blobs/" D(0), 200, DOCKER, "" },
};

static void which_requests_are_pulls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PULLS / sizeof *PULLS; i++) {
		struct pulls *pulls = new_pulls("now", NOW);
		struct inventory *inventory = new_inventory();
		char pulled[8] = "";

		write_line(pulls, NOW - DAY, PULLS[i].request, PULLS[i].status, PULLS[i].agent);
		pulls_settle(pulls, inventory, NOW);
		for (size_t t = 0; t < 4; t++) {
			if (inventory->tags[t].pulled == NOW - DAY)
				strcat(pulled, inventory->tags[t].name);
			else
				assert_false(date_known(inventory->tags[t].pulled));
		}
		if (strcmp(pulled, PULLS[i].pulled) != 0)
			fail_msg("%s: %s", PULLS[i].sentence, pulled);
		inventory_free(inventory);
		pulls_free(pulls);
	}
}

static void a_time_that_cannot_be_is_now(void **state)
{
	struct pulls *pulls = new_pulls("now", NOW);
	struct inventory *inventory = new_inventory();
	static const char STRANGE[] =
		"h - - [99/Nov/2020:00:00:00 +0000] \"GET /v2/app/manifests/b "
		"HTTP/1.1\" 200 5 \"-\" \"x\"";

	(void)state;
	write_line(pulls, NOW + 5 * DAY, "GET /v2/app/manifests/a", 200, DOCKER);
	pulls_line(pulls, STRANGE, strlen(STRANGE));
	pulls_settle(pulls, inventory, NOW);
	assert_true(inventory->tags[0].pulled == NOW);
	assert_true(inventory->tags[1].pulled == NOW);
	inventory_free(inventory);
	pulls_free(pulls);
}

static enum pulls_belief belief(struct pulls *pulls)
{
	enum pulls_belief found = pulls_judge(pulls).belief;

	pulls_free(pulls);
	return found;
}

static void a_log_is_believed_by_its_proof(void **state)
{
	struct pulls *pulls = new_pulls("now", NOW);

	(void)state;
	write_days(pulls, NOW, 40, 0);
	assert_false(pulls_proved(pulls));
	assert_int_equal(belief(pulls), PULLS_NO_PROOF);
	pulls = new_pulls("now", NOW);
	write_line(pulls, NOW, "GET /v2/app/manifests/a", 200, OURS "now");
	assert_int_equal(belief(pulls), PULLS_NO_PROOF);
	/* Nor where the requests for tags or for digests alone get through. */
	for (int digest = 0; digest < 2; digest++) {
		pulls = new_pulls("now", NOW);
		for (int i = 0; i < 2 * PULLS_PROOFS; i++)
			write_line(pulls, NOW,
				   digest ? "GET /v2/app/manifests/" D(0)
					  : "GET /v2/app/manifests/a",
				   200, OURS "now");
		assert_int_equal(belief(pulls), PULLS_NO_PROOF);
	}
	/* One that was read twice is one. */
	pulls = new_pulls("now", NOW);
	prove(pulls, "now", NOW);
	pulls_again(pulls);
	assert_int_equal(belief(pulls), PULLS_NO_PROOF);
	/* The requests of another run, or of somebody else, are none. */
	pulls = new_pulls("now", NOW);
	prove(pulls, "then", NOW);
	write_line(pulls, NOW, "GET /v2/app/manifests/a", 200, "now");
	write_line(pulls, NOW, "GET /v2/", 200, OURS "now");
	write_line(pulls, NOW, "GET /v2/app/manifests/a", 502, OURS "now");
	assert_int_equal(belief(pulls), PULLS_NO_PROOF);
	pulls = new_pulls("now", NOW);
	prove(pulls, "now", NOW + HOUR);
	assert_int_equal(belief(pulls), PULLS_OTHER_TIME);
	pulls = new_pulls("now", NOW);
	prove(pulls, "now", NOW - HOUR);
	assert_int_equal(belief(pulls), PULLS_OTHER_TIME);
	pulls = new_pulls("now", NOW);
	prove(pulls, "now", NOW + 2);
	assert_true(pulls_proved(pulls));
	assert_int_equal(belief(pulls), PULLS_BELIEVED);
}

static const struct {
	const char *sentence;
	int first, last;      /* days ago of the lines, one a day; but */
	int gap_from, gap_to; /* not between these */
	int since;            /* days ago, by the day */
} SILENCES[] = {
	{ "a line each day", 40, 1, 0, 0, 40 },      { "the proof alone", 0, 1, 0, 0, 0 },
	{ "two days without", 40, 1, 11, 10, 9 },    { "one day without", 40, 1, 10, 10, 40 },
	{ "the last days without", 40, 3, 0, 0, 0 },
};

static void a_silence_begins_anew(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof SILENCES / sizeof *SILENCES; i++) {
		struct pulls *pulls = new_pulls("now", NOW);
		struct pulls_verdict verdict;
		int64_t wanted = NOW - SILENCES[i].since * DAY;

		if (SILENCES[i].gap_from) {
			write_days(pulls, NOW, SILENCES[i].first, SILENCES[i].gap_from + 1);
			write_days(pulls, NOW, SILENCES[i].gap_to - 1, SILENCES[i].last);
		} else {
			write_days(pulls, NOW, SILENCES[i].first, SILENCES[i].last);
		}
		prove(pulls, "now", NOW);
		verdict = pulls_judge(pulls);
		assert_int_equal(verdict.belief, PULLS_BELIEVED);
		/* Never earlier than the first line. */
		if (verdict.since < wanted || verdict.since > wanted + HOUR)
			fail_msg("%s: %ld", SILENCES[i].sentence, (long)(NOW - verdict.since));
		pulls_free(pulls);
	}
}

/* What a run at THEN with a log of DAYS leaves. */
static void first_run(struct buf *text, int64_t then, int days)
{
	struct pulls *pulls = new_pulls("then", then);
	struct inventory *inventory = new_inventory();

	write_days(pulls, then, days, 1);
	write_line(pulls, then - 3 * DAY, "GET /v2/app/manifests/a", 200, DOCKER);
	write_line(pulls, then - 4 * DAY, "GET /v2/hidden/manifests/x", 200, DOCKER);
	prove(pulls, "then", then);
	(void)pulls_judge(pulls);
	pulls_settle(pulls, inventory, then);
	pulls_print(pulls, inventory, 30, text);
	inventory_free(inventory);
	pulls_free(pulls);
}

static struct pulls *second_run(const struct buf *text)
{
	struct pulls *pulls = new_pulls("now", NOW);
	struct err err;

	assert_int_equal(pulls_parse(pulls, text->data, text->length, &err), 0);
	return pulls;
}

static void the_next_run_goes_on(void **state)
{
	struct buf text = { 0 }, again = { 0 };
	struct pulls *pulls;
	struct pulls_verdict verdict;
	struct inventory *inventory = new_inventory();

	(void)state;
	first_run(&text, NOW - DAY, 40);
	pulls = second_run(&text);
	assert_true(pulls_read_until(pulls) == NOW - DAY);
	prove(pulls, "then", NOW - DAY);
	prove(pulls, "now", NOW);
	/* Since then it points at another manifest, which nobody pulled; the one before was. */
	inventory_point(inventory, 1, 2);
	write_line(pulls, NOW - HOUR, "GET /v2/app/manifests/" D(1), 200, DOCKER);
	write_line(pulls, NOW - 2 * HOUR, "PUT /v2/app/manifests/d", 201, DOCKER);
	verdict = pulls_judge(pulls);
	assert_int_equal(verdict.belief, PULLS_BELIEVED);
	assert_false(verdict.restarted);
	assert_true(verdict.since == NOW - 41 * DAY);
	pulls_settle(pulls, inventory, NOW);
	assert_true(inventory->pulls_since == verdict.since);
	assert_true(inventory->tags[0].pulled == NOW - 4 * DAY);
	assert_true(inventory->tags[0].seen == NOW - DAY);
	assert_true(inventory->tags[1].pulled == NOW - HOUR);
	assert_true(inventory->tags[1].seen == NOW);
	assert_true(inventory->tags[3].seen == NOW - 2 * HOUR);
	pulls_print(pulls, inventory, 30, &again);
	/* The catalog may have hidden it. */
	assert_non_null(strstr(buf_string(&again), "\nx hidden:x "));
	assert_null(strstr(buf_string(&again), "other"));
	inventory_free(inventory);
	pulls_free(pulls);
	buf_free(&text);
	buf_free(&again);
}

static void what_was_rotated_away_begins_anew(void **state)
{
	struct buf text = { 0 };
	struct pulls *pulls;
	struct pulls_verdict verdict;
	struct inventory *inventory = new_inventory();

	(void)state;
	first_run(&text, NOW - DAY, 40);
	pulls = second_run(&text);
	write_line(pulls, NOW - HOUR, "GET /v2/", 200, DOCKER);
	prove(pulls, "now", NOW);
	verdict = pulls_judge(pulls);
	assert_int_equal(verdict.belief, PULLS_BELIEVED);
	assert_true(verdict.restarted && verdict.since_moved);
	assert_true(verdict.since == NOW - HOUR);
	/* What was seen is not forgotten. */
	pulls_settle(pulls, inventory, NOW);
	assert_true(inventory->tags[0].pulled == NOW - 4 * DAY);
	pulls_free(pulls);
	/* Silent for too long since then. */
	buf_free(&text);
	first_run(&text, NOW - 3 * DAY, 40);
	pulls = second_run(&text);
	prove(pulls, "then", NOW - 3 * DAY);
	prove(pulls, "now", NOW);
	verdict = pulls_judge(pulls);
	assert_false(verdict.restarted);
	assert_true(verdict.since_moved && verdict.silent > 48 * HOUR);
	assert_true(verdict.since == NOW);
	inventory_free(inventory);
	pulls_free(pulls);
	buf_free(&text);
}

/* What the run before did not read it cannot have known. */
static void another_source_begins_anew(void **state)
{
	struct buf text = { 0 };
	struct pulls *pulls;
	struct pulls_verdict verdict;
	struct inventory *inventory = new_inventory();

	(void)state;
	first_run(&text, NOW - DAY, 40);
	pulls = second_run(&text);
	assert_false(pulls_source_changed(pulls));
	pulls_free(pulls);
	source = "other";
	pulls = second_run(&text);
	source = "one";
	assert_true(pulls_source_changed(pulls));
	assert_false(date_known(pulls_read_until(pulls)));
	write_days(pulls, NOW, 5, 2);
	prove(pulls, "then", NOW - DAY);
	prove(pulls, "now", NOW);
	verdict = pulls_judge(pulls);
	assert_int_equal(verdict.belief, PULLS_BELIEVED);
	assert_false(verdict.restarted);
	assert_true(verdict.since == NOW - 5 * DAY);
	/* Pulls stay known. */
	pulls_settle(pulls, inventory, NOW);
	assert_true(inventory->tags[0].pulled == NOW - 4 * DAY);
	inventory_free(inventory);
	pulls_free(pulls);
	buf_free(&text);
}

static void what_was_left_out_is_not_known(void **state)
{
	struct pulls_verdict verdict;

	(void)state;
	for (int last = 0; last < 2; last++) {
		struct pulls *pulls = new_pulls("now", NOW);

		write_days(pulls, NOW, 40, 11);
		pulls_lost(pulls);
		write_days(pulls, NOW, 10, 1);
		prove(pulls, "now", NOW);
		if (last)
			pulls_lost(pulls);
		verdict = pulls_judge(pulls);
		assert_int_equal(verdict.belief, PULLS_BELIEVED);
		assert_true(verdict.lost);
		assert_true(verdict.since == (last ? NOW : NOW - 10 * DAY));
		pulls_free(pulls);
	}
}

/* Each byte of the file counts, and so does its end. */
static void a_damaged_file_is_refused(void **state)
{
	struct buf text = { 0 };
	struct pulls *pulls = new_pulls("now", NOW);
	struct err err;

	(void)state;
	first_run(&text, NOW - DAY, 40);
	for (size_t i = 0; i < text.length; i++) {
		char kept = text.data[i];

		text.data[i] ^= 1;
		assert_int_equal(pulls_parse(pulls, text.data, text.length, &err), -1);
		text.data[i] = kept;
		assert_int_equal(pulls_parse(pulls, text.data, i, &err), -1);
	}
	assert_false(date_known(pulls_read_until(pulls)));
	assert_int_equal(pulls_parse(pulls, text.data, text.length, &err), 0);
	pulls_free(pulls);
	buf_free(&text);
}

static const struct {
	const char *what;
	int64_t pushed; /* days ago, as the log tells; 0: it does not */
	int64_t known;  /* days ago that the run before saw it with this digest; 0: none did */
	int64_t seen, pulled; /* days ago, as the journal tells; 0: it does not */
	bool restored;
	int64_t seen_now, pulled_now;
} RESTORED[] = {
	{ "as it was", 0, 0, 30, 20, true, 30, 20 },
	{ "never pulled", 0, 0, 30, 0, true, 30, 0 },
	{ "when it was seen first is not known", 0, 0, 0, 0, true, 0, 0 },
	{ "an earlier run has it from the journal", 0, 30, 30, 20, true, 30, 20 },
	{ "pushed before it was restored", 12, 0, 30, 20, true, 30, 20 },
	{ "pushed since", 5, 0, 30, 20, false, 5, 0 },
	{ "pushed since, as an earlier run knew", 0, 5, 30, 20, false, 5, 0 },
};

static int64_t ago(int64_t days)
{
	return days ? NOW - days * DAY : DATE_ABSENT;
}

/* A run that saw the tag with its digest, and wrote that down. */
static void know(struct pulls *pulls, int64_t days)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	char sum[DIGEST_TEXT];

	if (!days)
		return;
	buf_format(&text,
		   "clean-registry pulls 1\ncovered - %jd then one\nr app\nt a " D(0) " - %jd\n",
		   (intmax_t)(NOW - DAY), (intmax_t)ago(days));
	checksummed_close(&text, sum);
	if (pulls_parse(pulls, buf_string(&text), text.length, &err) < 0)
		fail_msg("%s", err.msg);
}

/* Ten days ago, it was put back. */
static void a_restored_tag_is_as_old_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof RESTORED / sizeof *RESTORED; i++) {
		struct pulls *pulls = new_pulls("now", NOW);
		struct inventory *inventory = new_inventory();
		const struct pulls_restored tag = {
			"app", "a", D(0), ago(10), ago(RESTORED[i].seen), ago(RESTORED[i].pulled)
		};

		know(pulls, RESTORED[i].known);
		if (RESTORED[i].pushed)
			write_line(pulls, ago(RESTORED[i].pushed), "PUT /v2/app/manifests/a", 201,
				   DOCKER);
		write_line(pulls, ago(10), "PUT /v2/app/manifests/a", 201, OURS);
		if (pulls_restored(pulls, &tag) != RESTORED[i].restored)
			fail_msg("%s: %d", RESTORED[i].what, !RESTORED[i].restored);
		pulls_settle(pulls, inventory, NOW);
		if (inventory->tags[0].seen != ago(RESTORED[i].seen_now) ||
		    inventory->tags[0].pulled != ago(RESTORED[i].pulled_now))
			fail_msg("%s: seen %jd, pulled %jd", RESTORED[i].what,
				 (intmax_t)inventory->tags[0].seen,
				 (intmax_t)inventory->tags[0].pulled);
		inventory_free(inventory);
		pulls_free(pulls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restored_tag_is_as_old_as_it_was),
		cmocka_unit_test(which_requests_are_pulls),
		cmocka_unit_test(a_time_that_cannot_be_is_now),
		cmocka_unit_test(a_log_is_believed_by_its_proof),
		cmocka_unit_test(a_silence_begins_anew),
		cmocka_unit_test(the_next_run_goes_on),
		cmocka_unit_test(what_was_rotated_away_begins_anew),
		cmocka_unit_test(another_source_begins_anew),
		cmocka_unit_test(what_was_left_out_is_not_known),
		cmocka_unit_test(a_damaged_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
