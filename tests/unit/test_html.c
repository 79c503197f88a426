/* Pages of runs: texts from outside, few rows for many tags, and runs that ended early. */
#include "config_file.h"

#include "apply/outcome.h"
#include "apply_scaleway/namespaces.h"
#include "forecast/forecast.h"
#include "gc/gc.h"
#include "html/html.h"
#include "html/share.h"
#include "html/text.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "report/run_json.h"
#include "util/buf.h"
#include "util/notes.h"
#include "world.h"

static const char WORLD[] =
	"repository team/app\nstorage\nblob l 2097152\nblob m 4194304\n"
	"image A 90\nimage B 60\nimage C 1\nlayers A l\nlayers B m\n"
	"tag v1 A\ntag v2 B\ntag latest C\nrepository tools\nimage D none\ntag d D";

struct drawn {
	struct loaded loaded;
	struct inventory *inventory;
	struct policy *policy;
	struct outcome outcome;
	struct report report;
	struct plan *plan;
	struct forecast *forecast;
	char *page; /* what was written */
};

/* A run that began and planned nothing yet. */
static void begin(struct drawn *drawn)
{
	*drawn = (struct drawn){
		.loaded = load("{" REGISTRY ", \"cleanup\": {\"days_to_keep\": 30}, "
			       "\"paths\": {\"config\": \"/c.yml\"}}"),
	};
	drawn->report = (struct report){ .config = &drawn->loaded.config,
					 .command = "run",
					 .started_at = WORLD_NOW,
					 .finished_at = WORLD_NOW + 2,
					 .next_collection = DATE_ABSENT };
	measure_nothing(&drawn->report.before);
	measure_nothing(&drawn->report.after);
}

static void plan_on(struct drawn *drawn, struct inventory *inventory)
{
	drawn->inventory = inventory;
	drawn->policy = policy_new(&drawn->loaded.config);
	drawn->plan = plan_build(drawn->inventory, drawn->policy, WORLD_NOW);
	drawn->forecast = forecast_build(drawn->inventory, drawn->plan);
	outcome_init(&drawn->outcome, drawn->inventory, drawn->plan);
	drawn->report.inventory = drawn->inventory;
	drawn->report.plan = drawn->plan;
	drawn->report.outcome = &drawn->outcome;
	drawn->report.forecast = drawn->forecast;
}

static void plan(struct drawn *drawn, const char *world)
{
	plan_on(drawn, world_new(world));
}

/* All that was planned was done. */
static void carry_out(struct drawn *drawn)
{
	for (uint32_t t = 0; t < drawn->inventory->tag_count; t++) {
		if (drawn->outcome.tags[t] == TAG_PLANNED)
			outcome_set(&drawn->outcome, t, TAG_DELETED);
	}
}

static void draw_with(struct drawn *drawn, struct html_page page)
{
	size_t length = 0;
	FILE *out = open_memstream(&drawn->page, &length);
	struct err err = { 0 };

	assert_non_null(out);
	page.report = &drawn->report;
	assert_int_equal(html_write(&page, out, &err), 0);
	assert_int_equal(fclose(out), 0);
}

static void draw(struct drawn *drawn)
{
	draw_with(drawn, (struct html_page){ .inventory = drawn->inventory });
}

static void wipe(struct drawn *drawn)
{
	free(drawn->page);
	forecast_free(drawn->forecast);
	outcome_clear(&drawn->outcome);
	plan_free(drawn->plan);
	policy_free(drawn->policy);
	inventory_free(drawn->inventory);
	clear(&drawn->loaded);
}

static void assert_has(const struct drawn *drawn, const char *text)
{
	if (!strstr(drawn->page, text))
		fail_msg("the page has no '%s':\n%s", text, drawn->page);
}

static void assert_lacks(const struct drawn *drawn, const char *text)
{
	if (strstr(drawn->page, text))
		fail_msg("the page has '%s':\n%s", text, drawn->page);
}

static size_t count(const struct drawn *drawn, const char *text)
{
	size_t found = 0;

	for (const char *at = drawn->page; (at = strstr(at, text)); at++)
		found++;
	return found;
}

static void nothing_from_outside_is_markup(void **state)
{
	static const struct {
		const char *text, *written;
	} ROWS[] = {
		{ "plain-1.0_x", "plain-1.0_x" },
		{ "<script>alert('1')</script>",
		  "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;" },
		{ "\" onload=\"x", "&quot; onload=&quot;x" },
		{ "a&lt;b", "a&amp;lt;b" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "a\nb\t\x7f", "a\\x0ab\\x09\\x7f" },
		{ "\xc2\x9b", "\\xc2\\x9b" },
		{ "\xff<", "\\xff&lt;" },
		{ "\xc3", "\\xc3" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "exe.\xe2\x80\xaegpj", "exe.\\xe2\\x80\\xaegpj" },
		{ "\xe2\x80\xac\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c",
		  "\\xe2\\x80\\xac\\xe2\\x81\\xa6\\xe2\\x81\\xa9\\xd8\\x9c" },
		{ "\xe2\x80\x93\xe2\x80\xaf", "\xe2\x80\x93\xe2\x80\xaf" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p) char *written = NULL;
		size_t length = 0;
		FILE *out = open_memstream(&written, &length);

		html_text(out, ROWS[i].text);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(written, ROWS[i].written);
	}
}

static void numbers_have_commas(void **state)
{
	static const struct {
		uint64_t number;
		const char *written;
	} ROWS[] = { { 0, "0" },
		     { 999, "999" },
		     { 1000, "1,000" },
		     { 123456, "123,456" },
		     { 1234567, "1,234,567" },
		     { UINT64_MAX, "18,446,744,073,709,551,615" } };

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p) char *written = NULL;
		size_t length = 0;
		FILE *out = open_memstream(&written, &length);

		html_number(out, ROWS[i].number);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(written, ROWS[i].written);
	}
}

static void rows_are_shared_fairly(void **state)
{
	static const struct {
		size_t counts[4], total, each;
	} ROWS[] = {
		{ { 1, 2, 3, 4 }, 100, 100 }, /* all fit */
		{ { 1, 2, 3, 4 }, 10, 10 },    { { 1, 2, 3, 4 }, 9, 3 },
		{ { 100, 1, 1, 100 }, 12, 5 }, { { 5, 5, 5, 5 }, 3, 0 },
		{ { 0, 0, 0, 0 }, 7, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		assert_int_equal(html_share(ROWS[i].counts, 4, ROWS[i].total), ROWS[i].each);
	assert_int_equal(html_share(NULL, 0, 5), 5);
}

static void a_run_tells_what_went_and_why(void **state)
{
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan(&drawn, WORLD);
	carry_out(&drawn);
	draw(&drawn);
	assert_has(&drawn, "<strong>Everything planned was done.</strong> 2 tags were deleted.");
	assert_has(&drawn, "<code><bdi>v1</bdi></code></th><td class=\"why\">older than allowed, "
			   "created 90 days "
			   "ago <span class=\"soft\">(<bdi>cleanup.days_to_keep 30</bdi>)</span>");
	assert_has(&drawn, "<code><bdi>v2</bdi></code>");
	assert_lacks(&drawn, "<code><bdi>latest</bdi></code>");
	assert_has(&drawn, "<summary><bdi>team/app</bdi> <span class=\"many\">2 tags</span>");
	assert_has(&drawn, "<tr><td class=\"n\">1</td><th scope=\"row\">protected by name</th>");
	assert_has(&drawn, "<tr><td class=\"n\">1</td><th scope=\"row\">of unknown age</th>");
	wipe(&drawn);
}

/* Scaleway's API tells no sizes: there is no part, no column and no sentence of any. */
static void without_sizes_nothing_is_said_of_space(void **state)
{
	static const char *const ABSENT[] = { "id=\"space\"",  "id=\"growth\"", "Held alone",
					      "Created</th>",  "In all",        "freed",
					      "shared",        "&nbsp;B",       "MiB</td>",
					      "in storage now" };
	struct drawn drawn;

	(void)state;
	for (int dry = 0; dry < 2; dry++) {
		begin(&drawn);
		plan(&drawn, "repository team/app\nimage A 90\nimage B 1\ntag v1 A\ntag v2 B\n"
			     "tag latest B\nrepository tools\nimage D none\ntag d D");
		drawn.loaded.config.registry.kind = KIND_SCALEWAY;
		drawn.inventory->opaque = true;
		drawn.inventory->tags[0].pushed = WORLD_NOW - INT64_C(80) * 86400;
		drawn.report.dry_run = dry;
		if (!dry)
			carry_out(&drawn);
		draw(&drawn);
		for (size_t i = 0; i < sizeof ABSENT / sizeof *ABSENT; i++)
			assert_lacks(&drawn, ABSENT[i]);
		assert_has(&drawn, "<th scope=\"col\">Pushed</th></tr></thead>");
		assert_has(&drawn, "<tr><th scope=\"row\"><bdi>team/app</bdi></th>"
				   "<td class=\"n\">3</td></tr>");
		assert_has(&drawn, "<tr><th scope=\"row\">All</th><td class=\"n\">4</td></tr>");
		wipe(&drawn);
	}
}

static void each_empty_namespace_has_its_fate(void **state)
{
	struct scaleway_namespace spaces[] = {
		{ .name = (char[]){ "one" }, .fate = SCALEWAY_NAMESPACE_DELETED },
		{ .name = (char[]){ "two" },
		  .fate = SCALEWAY_NAMESPACE_FAILED,
		  .error = "403 <denied>" },
		{ .name = (char[]){ "<three>" }, .fate = SCALEWAY_NAMESPACE_PLANNED },
		{ .name = (char[]){ "four" }, .fate = SCALEWAY_NAMESPACE_KEPT },
	};
	const struct scaleway_namespaces all = { spaces, 4, 1, 1 };
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan(&drawn, WORLD);
	drawn.report.namespaces = &all;
	draw(&drawn);
	assert_has(&drawn, "</strong> 1 empty namespace was deleted.");
	assert_has(&drawn, "<li><bdi>one</bdi>: deleted</li>\n<li><bdi>two</bdi>: could not be "
			   "deleted: <bdi>403 &lt;denied&gt;</bdi></li>\n"
			   "<li><bdi>&lt;three&gt;</bdi>: left for the next run</li>\n"
			   "<li><bdi>four</bdi>: stays, as it changed while it was looked at</li>");
	free(drawn.page);
	drawn.page = NULL;
	drawn.report.dry_run = true;
	draw(&drawn);
	assert_has(&drawn, "A run would delete 2 tags and 4 empty namespaces.");
	assert_has(&drawn, "<li><bdi>&lt;three&gt;</bdi>: would be deleted</li>");
	wipe(&drawn);
}

static void what_was_to_go_and_stays_has_a_part_of_its_own(void **state)
{
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan(&drawn, WORLD);
	drawn.report.exit_code = 1;
	outcome_set(&drawn.outcome, 0, TAG_FAILED);
	draw(&drawn);
	assert_has(&drawn, "<p class=\"verdict warn\"><strong>Done in part");
	assert_has(&drawn, "No tag was deleted.");
	assert_has(&drawn, "2 tags that the rules select stayed");
	assert_has(&drawn, "<td class=\"why\">could not be deleted; older than allowed");
	assert_has(&drawn, "<td class=\"why\">left for the next run; older than allowed");
	wipe(&drawn);
}

static void a_dry_run_tells_what_would_go(void **state)
{
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan(&drawn, WORLD);
	drawn.report.dry_run = drawn.report.collects = true;
	draw(&drawn);
	assert_has(&drawn, "<strong>Dry run: nothing was changed.</strong> A run would delete 2 "
			   "tags, and free 6&nbsp;MiB.");
	assert_has(&drawn, "<h2 id=\"deleted-title\">What would be deleted, and why</h2>");
	assert_lacks(&drawn, "left for the next run");
	assert_lacks(&drawn, "id=\"next\"");
	wipe(&drawn);
}

/* Of a run that read nothing there is only what ended it. */
static void a_run_that_ended_early_says_why(void **state)
{
	static const struct {
		int code;
		const char *words, *class;
	} ROWS[] = {
		{ 2, "Configuration or state at fault.", "bad" },
		{ 3, "Not reached, or refused.", "bad" },
		{ 4, "The collector failed, or cannot work.", "bad" },
		{ 5, "Another one is at work.", "warn" },
		{ 6, "Refused by a safety limit.", "bad" },
		{ 143, "Stopped by a signal.", "bad" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p)
		char *wanted =
			xasprintf("<p class=\"verdict %s\"><strong>%s</strong> It ended "
				  "early: <bdi>the &lt;reason&gt;</bdi>. Nothing was deleted.</p>",
				  ROWS[i].class, ROWS[i].words);
		struct drawn drawn;

		begin(&drawn);
		drawn.report.exit_code = ROWS[i].code;
		draw_with(&drawn, (struct html_page){ .failure = "the <reason>" });
		assert_has(&drawn, wanted);
		assert_has(&drawn, "</html>");
		assert_lacks(&drawn, "id=\"deleted\"");
		assert_lacks(&drawn, "id=\"repositories\"");
		wipe(&drawn);
	}
}

/* So many old tags in each of so many repositories. */
static struct inventory *large_world(size_t repositories, size_t tags)
{
	struct inventory *inventory = inventory_new();
	CLEANUP(free_p) char **names = xcalloc(tags, sizeof *names);

	for (size_t t = 0; t < tags; t++)
		names[t] = xasprintf("t%05zu", t);
	for (size_t r = 0; r < repositories; r++) {
		CLEANUP(free_p) char *name = xasprintf("r%04zu", r);
		uint32_t id = inventory_repository(inventory, name), manifest;

		inventory_tags(inventory, id, names, tags);
		manifest = world_manifest(inventory, "O");
		inventory->manifests[manifest].kind = MANIFEST_IMAGE;
		inventory->manifests[manifest].created = world_date("90");
		for (size_t t = 0; t < tags; t++)
			inventory_point(inventory, (uint32_t)(r * tags + t), manifest);
	}
	for (size_t t = 0; t < tags; t++)
		free(names[t]);
	return inventory;
}

static void many_tags_get_few_rows(void **state)
{
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan_on(&drawn, large_world(2, 3000));
	carry_out(&drawn);
	draw(&drawn);
	assert_has(&drawn, "6,000 tags were deleted.");
	assert_int_equal(count(&drawn, "<tr><th scope=\"row\"><code>"), 2000);
	assert_int_equal(count(&drawn, "<p>And 2,000 more, not shown: 2,000 older than "
				       "allowed.</p>"),
			 2);
	assert_true(strlen(drawn.page) < 1000000);
	wipe(&drawn);
}

static void many_repositories_are_counted(void **state)
{
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan_on(&drawn, large_world(700, 5));
	carry_out(&drawn);
	draw(&drawn);
	assert_int_equal(count(&drawn, "<tr><th scope=\"row\"><code>"), 2000);
	assert_has(&drawn, "<p>In 200 more repositories, not shown: 1,000 tags: 1,000 older than "
			   "allowed.</p>");
	assert_has(&drawn, "<tr><th scope=\"row\">650 more repositories");
	wipe(&drawn);
}

static void damage_is_named(void **state)
{
	struct verify_finding findings[] = {
		{ .tag = 0,
		  .damage = true,
		  .since = VERIFY_SINCE_THIS_RUN,
		  .digest = "sha256:<b>",
		  .what = (char[]){ "layer is missing" } },
		{ .tag = 1, .what = (char[]){ "the answer was 500" } },
	};
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan(&drawn, WORLD);
	drawn.report.verified = drawn.inventory;
	drawn.report.verification = (struct verify_result){ .tags = 4,
							    .whole = 2,
							    .damaged = 1,
							    .unverified = 1,
							    .findings = findings,
							    .finding_count = 2 };
	draw(&drawn);
	assert_has(&drawn,
		   "4 tags were verified: 2 whole, 1 damaged, 1 that could not be verified.");
	assert_has(&drawn, "<bdi>team/app</bdi>:<wbr><bdi>v1</bdi></th><td><bdi>layer is "
			   "missing</bdi><br><code><bdi>sha256:&lt;b&gt;</bdi></code></td>"
			   "<td>this run</td>");
	assert_has(&drawn, "could not be verified: <bdi>the answer was 500</bdi>");
	wipe(&drawn);
}

static void growth_is_a_line_with_words(void **state)
{
	const uint64_t gib = UINT64_C(1) << 30;
	const struct html_point points[] = {
		{ WORLD_NOW - 3 * 86400, 4 * gib, gib, 3, 0 },
		{ WORLD_NOW - 2 * 86400, HTML_UNKNOWN, HTML_UNKNOWN, HTML_UNKNOWN, 3 },
		{ WORLD_NOW - 86400, 5 * gib, 0, 0, 0 },
	};
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	draw_with(&drawn, (struct html_page){ .points = points, .point_count = 3 });
	assert_has(&drawn, "Storage after each of 2 runs: from 4&nbsp;GiB to 5&nbsp;GiB");
	assert_has(&drawn, "<path class=\"line\" d=\"M0.0 100.0L1000.0 50.0\"/>");
	assert_has(&drawn, "<span>6&nbsp;GiB</span><span>3&nbsp;GiB</span><span>0</span>");
	wipe(&drawn);
	begin(&drawn);
	draw_with(&drawn, (struct html_page){ .points = points, .point_count = 2 });
	assert_lacks(&drawn, "<svg");
	assert_has(&drawn, "a line begins with the second");
	wipe(&drawn);
}

static void the_next_run_is_told_with_its_time(void **state)
{
	struct notes refused = { 0 };
	struct html_next next = { .at = WORLD_NOW + 86400, .refused = &refused };
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	plan(&drawn, WORLD);
	notes_add(&refused, "safety.max_delete_tags: 2 > 1");
	next.inventory = drawn.inventory;
	next.plan = drawn.plan;
	next.alone = drawn.forecast->tags;
	draw_with(&drawn, (struct html_page){ .next = &next });
	assert_has(&drawn, "would delete <strong>2 tags</strong>");
	assert_has(&drawn, "<bdi>safety.max_delete_tags: 2 &gt; 1</bdi>");
	notes_clear(&refused);
	wipe(&drawn);
}

static void a_stream_that_takes_nothing_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct err err = { 0 };
	struct drawn drawn;

	(void)state;
	begin(&drawn);
	assert_non_null(full);
	assert_int_equal(html_write(&(struct html_page){ .report = &drawn.report }, full, &err),
			 -1);
	assert_int_equal(err.kind, ERR_IO);
	(void)fclose(full);
	wipe(&drawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_from_outside_is_markup),
		cmocka_unit_test(numbers_have_commas),
		cmocka_unit_test(rows_are_shared_fairly),
		cmocka_unit_test(a_run_tells_what_went_and_why),
		cmocka_unit_test(without_sizes_nothing_is_said_of_space),
		cmocka_unit_test(each_empty_namespace_has_its_fate),
		cmocka_unit_test(what_was_to_go_and_stays_has_a_part_of_its_own),
		cmocka_unit_test(a_dry_run_tells_what_would_go),
		cmocka_unit_test(a_run_that_ended_early_says_why),
		cmocka_unit_test(many_tags_get_few_rows),
		cmocka_unit_test(many_repositories_are_counted),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(growth_is_a_line_with_words),
		cmocka_unit_test(the_next_run_is_told_with_its_time),
		cmocka_unit_test(a_stream_that_takes_nothing_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
