/* What is kept of earlier runs for the metrics, and how values are escaped. */
#include "metrics/facts.h"
#include "metrics/families.h"

#include "state_world.h"

#include "lists/checksummed.h"

static const struct {
	const char *value, *escaped;
} VALUES[] = {
	{ "", "" },
	{ "team/app", "team/app" },
	{ "a\\b", "a\\\\b" },
	{ "a\"b", "a\\\"b" },
	{ "a\nb", "a\\nb" },
	{ "\n\n", "\\n\\n" },
	{ "\"} 1\nforged 2", "\\\"} 1\\nforged 2" },
	{ "a\rb", "a\\\\x0db" },
	{ "\xc3\xa4", "\xc3\xa4" },
	{ "\xff", "\\\\xff" },
};

static void test_values_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };

		metrics_escape(&text, VALUES[i].value);
		assert_string_equal(buf_string(&text), VALUES[i].escaped);
	}
}

static void test_samples_have_their_registry(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct metrics_out out = { &text, "http://h/\"x" };

	(void)state;
	metrics_one(&out, METRICS_TAGS, METRICS_UNKNOWN);
	assert_string_equal(buf_string(&text), "");
	metrics_one(&out, METRICS_RUNS, 12);
	metrics_sample(&out, METRICS_KEPT, "reason", "recent", UINT64_MAX - 1);
	assert_string_equal(
		buf_string(&text),
		"# HELP clean_registry_runs_total Runs that ended.\n"
		"# TYPE clean_registry_runs_total counter\n"
		"clean_registry_runs_total{registry=\"http://h/\\\"x\"} 12\n"
		"clean_registry_tags_kept{registry=\"http://h/\\\"x\",reason=\"recent\"} "
		"18446744073709551614\n");
}

static struct metrics_facts some_facts(void)
{
	struct metrics_facts facts;

	facts_init(&facts);
	facts.success_at = 1700000000;
	facts.runs = 3;
	facts.tags = 40;
	facts.freed = UINT64_MAX - 1;
	facts.namespaces = 5;
	facts.groups[METRICS_GROUP_TAGS].at = 1700000001;
	buf_text(&facts.groups[METRICS_GROUP_TAGS].text, "group space 1700000000 4\na 1\n");
	buf_text(&facts.groups[METRICS_GROUP_DAMAGE].text, "b 2\n");
	return facts;
}

/* As it was, but for times that the clock has not reached. */
static void test_what_is_saved_is_loaded(void **state)
{
	struct world *world = *state;
	struct state *own = world_open(world);
	CLEANUP(facts_clear) struct metrics_facts facts = some_facts();
	CLEANUP(facts_clear) struct metrics_facts read;

	facts_load(&read, NULL, 1800000000);
	assert_true(read.success_at == DATE_ABSENT);
	facts_load(&read, own, 1800000000);
	assert_true(read.success_at == DATE_ABSENT);
	facts_save(&facts, own);
	facts_load(&read, own, 1800000000);
	assert_int_equal(read.success_at, 1700000000);
	assert_int_equal(read.runs, 3);
	assert_int_equal(read.tags, 40);
	assert_int_equal(read.manifests, 0);
	assert_true(read.freed == UINT64_MAX - 1);
	assert_int_equal(read.namespaces, 5);
	assert_int_equal(read.groups[METRICS_GROUP_TAGS].at, 1700000001);
	assert_string_equal(buf_string(&read.groups[METRICS_GROUP_TAGS].text),
			    "group space 1700000000 4\na 1\n");
	assert_true(read.groups[METRICS_GROUP_DAMAGE].at == DATE_ABSENT);
	assert_string_equal(buf_string(&read.groups[METRICS_GROUP_DAMAGE].text), "b 2\n");
	assert_int_equal(read.groups[METRICS_GROUP_SPACE].text.length, 0);
	facts_clear(&read);
	facts_load(&read, own, 1700000000);
	assert_int_equal(read.success_at, 1700000000);
	assert_true(read.groups[METRICS_GROUP_TAGS].at == DATE_ABSENT);
	facts_clear(&read);
	facts_load(&read, own, 1699999999);
	assert_true(read.success_at == DATE_ABSENT);
	state_close(own);
}

#define FIRST "clean-registry metrics 1\n"
#define LINES "success -\ntotals 1 2 3 4\n"

static const char *const DAMAGED[] = {
	"",
	"success -\n",
	"success 12\ntotals 1 2 3 4\n",
	"success -\ntotals 1 2 3\n",
	"success -\ntotals 1 2 3 -4\n",
	"success -\ntotals 1 2 3 99999999999999999999\n",
	LINES "x\n",
	LINES "namespaces\n",
	LINES "namespaces x\n",
	LINES "namespaces 1\nnamespaces 2\n",
	LINES "group tags - 2\na\nnamespaces 2\n",
	LINES "group\n",
	LINES "group nothing 1700000000 2\na\n",
	LINES "group tags 1700000000 0\n",
	LINES "group tags 1700000000 3\na\n",
	LINES "group tags 1700000000 18446744073709551615\na\n",
	LINES "group tags 12 2\na\n",
	LINES "group tags - 2\na\ngroup tags - 2\na\n",
};

static int parse(const char *lines, struct metrics_facts *facts)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char sum[DIGEST_TEXT];
	struct err err = { 0 };

	buf_format(&text, FIRST "%s", lines);
	checksummed_close(&text, sum);
	return facts_parse(facts, text.data, text.length, &err);
}

static void test_nothing_else_is_believed(void **state)
{
	struct metrics_facts facts;

	(void)state;
	assert_int_equal(parse(LINES, &facts), 0);
	assert_int_equal(facts.namespaces, 0);
	assert_int_equal(parse(LINES "namespaces 7\ngroup tags - 2\na\n", &facts), 0);
	assert_int_equal(facts.namespaces, 7);
	facts_clear(&facts);
	for (size_t i = 0; i < sizeof DAMAGED / sizeof *DAMAGED; i++) {
		if (parse(DAMAGED[i], &facts) == 0)
			fail_msg("%s", DAMAGED[i]);
		assert_int_equal(facts.runs, 0);
		assert_int_equal(facts.groups[METRICS_GROUP_TAGS].text.length, 0);
	}
}

static void test_damage_is_told_once(void **state)
{
	struct world *world = *state;
	struct state *own = world_open(world);
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(facts_clear) struct metrics_facts facts;
	struct err err = { 0 };

	buf_text(&text, FIRST LINES);
	assert_int_equal(state_replace_file(own, "metrics", &text, &err), 0);
	facts_load(&facts, own, 1800000000);
	assert_int_equal(facts.runs, 0);
	assert_int_equal(log_warnings(), 1);
	state_close(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_are_escaped),      TEST(test_samples_have_their_registry),
		TEST(test_what_is_saved_is_loaded), TEST(test_nothing_else_is_believed),
		TEST(test_damage_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
