/* Plan files: what is written can be read again, and what is no plan is told line by line. */
#include "config_file.h"

#include "forecast/forecast.h"
#include "lists/approved.h"
#include "plan/plan.h"
#include "plan_file/write.h"
#include "policy/policy.h"
#include "util/notes.h"
#include "world.h"

#define HEAD                                                                                   \
	"{\"clean_registry_plan\": 1, \"registry\": \"http://h:5000\", \"container\": \"c\", " \
	"\"created_at\": \"2026-05-28T20:26:40Z\", \"policy\": {}}\n"
#define HEX  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIG  "\"digest\": \"sha256:" HEX "\""
#define LINE "{\"repository\": \"app\", \"tag\": \"a\", " DIG ", \"decision\": \"delete\"}\n"
#define KEEP "{\"repository\": \"app\", \"tag\": \"a\", \"digest\": null, \"decision\": \"keep\"}\n"
#define STRANGE                                                                            \
	"{\"repository\": \"app\", \"tag\": \"\\ufffd\", \"digest\": null, \"decision\": " \
	"\"keep\"}\n"
#define MISSING(key) "\"" key "\" is missing"

struct row {
	const char *sentence, *text;
	size_t lines;       /* that want something gone */
	const char *faults; /* without the path; "" when it can be read */
};

static const struct row ROWS[] = {
	{ "a header alone", HEAD, 0, "" },
	{ "a tag", HEAD LINE, 1, "" },
	{ "a tag that stays", HEAD KEEP, 0, "" },
	{ "a manifest without a tag",
	  HEAD "{\"repository\": \"app\", " DIG ", \"decision\": \"delete\"}\n", 1, "" },
	{ "fields that are not known",
	  HEAD "{\"x\": [1], " DIG ", \"repository\": \"app\", "
	       "\"tag\": \"a\", \"decision\": \"delete\"}\n",
	  1, "" },
	{ "nothing", "", 0, ": it is empty" },
	{ "no header", LINE, 0,
	  ": line 1: the first line must be a plan's header, with the field "
	  "\"clean_registry_plan\"" },
	{ "another version", "{\"clean_registry_plan\": 2}\n", 0,
	  ": line 1: the plan has a version that is not known here" },
	{ "a header without a registry", "{\"clean_registry_plan\": 1, \"container\": \"\"}\n", 0,
	  ": line 1: " MISSING("registry") },
	{ "a header without a date",
	  "{\"clean_registry_plan\": 1, \"container\": \"\", \"registry\": \"\", "
	  "\"created_at\": \"today\", \"policy\": {}}\n",
	  0, ": line 1: created_at is no time as in RFC 3339" },
	{ "a second header", HEAD HEAD, 0, ": line 2: a second header" },
	{ "a cut line", HEAD "{\"repository\"", 0,
	  ": line 2: it does not end with a newline: the file is cut" },
	{ "no JSON", HEAD "app:a\n" LINE "[\n", 1,
	  ": line 2: it is no JSON\n: line 4: it is no JSON" },
	{ "no object", HEAD "[]\n", 0, ": line 2: it is no JSON object" },
	{ "an empty line", HEAD "\n", 0, ": line 2: it is no JSON" },
	{ "a field twice",
	  HEAD "{\"repository\": \"a\", \"repository\": \"b\", \"decision\": \"keep\"}\n", 0,
	  ": line 2: a field is given twice" },
	{ "no repository", HEAD "{\"tag\": \"a\", " DIG ", \"decision\": \"delete\"}\n", 0,
	  ": line 2: " MISSING("repository") },
	{ "no digest of what goes",
	  HEAD "{\"repository\": \"app\", \"tag\": \"a\", \"decision\": \"delete\"}\n", 0,
	  ": line 2: " MISSING("digest") },
	{ "another decision",
	  HEAD "{\"repository\": \"app\", \"tag\": \"a\", " DIG ", \"decision\": \"Delete\"}\n", 0,
	  ": line 2: the decision must be \"delete\" or \"keep\"" },
	{ "a number for a name",
	  HEAD "{\"repository\": \"app\", \"tag\": 1, " DIG ", \"decision\": \"delete\"}\n", 0,
	  ": line 2: \"tag\" should be a string" },
	{ "a NUL in a name",
	  HEAD "{\"repository\": \"app\", \"tag\": \"a\\u0000b\", " DIG
	       ", \"decision\": \"delete\"}\n",
	  0, ": line 2: \"tag\" should be a string" },
	{ "an empty name",
	  HEAD "{\"repository\": \"\", \"tag\": \"a\", " DIG ", \"decision\": \"delete\"}\n", 0,
	  ": line 2: no repository can have this name" },
	{ "a name that no repository can have",
	  HEAD "{\"repository\": \"App\\nx\", \"tag\": \"a\", " DIG ", \"decision\": \"delete\"}\n",
	  0, ": line 2: no repository can have this name" },
	{ "a name that no tag can have",
	  HEAD "{\"repository\": \"app\", \"tag\": \"a:b\", " DIG ", \"decision\": \"delete\"}\n",
	  0, ": line 2: no tag can have this name" },
	{ "strange names that stay, even twice", HEAD STRANGE STRANGE, 0, "" },
	{ "an impossible digest",
	  HEAD "{\"repository\": \"app\", \"tag\": \"a\", \"digest\": \"sha256:12\", "
	       "\"decision\": \"delete\"}\n",
	  0, ": line 2: \"digest\" is none: sha256:, sha384: or sha512: and hex digits" },
	{ "a tag twice", HEAD LINE LINE, 1,
	  ": line 3: there was a line for that tag or manifest before" },
	{ "a tag that stays and goes", HEAD KEEP LINE, 0,
	  ": line 3: there was a line for that tag or manifest before" },
	{ "jobs that are no list",
	  "{\"clean_registry_plan\": 1, \"registry\": \"\", \"container\": \"\", "
	  "\"created_at\": \"2026-05-28T20:26:40Z\", \"policy\": {\"jobs\": \"a\"}}\n",
	  0, ": line 1: \"jobs\" should be a list" },
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

/* The notes without the path that each begins with. */
static char *without_path(const struct notes *notes)
{
	CLEANUP(free_p) char *all = joined(notes);
	struct buf text = { 0 };

	for (const char *at = all; *at;) {
		if (strncmp(at, file, strlen(file)) == 0)
			at += strlen(file);
		buf_add(&text, at, strcspn(at, "\n"));
		at += strcspn(at, "\n");
		if (*at)
			buf_add(&text, at++, 1);
	}
	return text.data ? text.data : xstrdup("");
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct notes faults = { 0 };
	struct plan_file plan;
	char *told;

	write_file(row->text, strlen(row->text), 0600);
	assert_int_equal(plan_file_read(file, &plan, &faults), *row->faults ? -1 : 0);
	told = without_path(&faults);
	assert_string_equal(told, row->faults);
	assert_int_equal(plan.line_count, row->lines);
	if (row->lines && plan.lines[0].tag)
		assert_true(approved_has(plan.wanted, "app", "a", "sha256:" HEX));
	plan_file_clear(&plan);
	notes_clear(&faults);
	free(told);
}

/* Lines that do not fit into what is read at a time, and one that is longer than any may be. */
static void lines_are_long_and_many(void **state)
{
	struct notes faults = { 0 };
	struct plan_file plan;
	struct buf text = { 0 };
	char *told;

	(void)state;
	buf_text(&text, HEAD);
	for (unsigned i = 0; i < 3000; i++)
		buf_format(&text,
			   "{\"repository\": \"app\", \"tag\": \"t%u\", " DIG
			   ", \"decision\": \"delete\", \"x\": \"%0*d\"}\n",
			   i, i % 1000 == 999 ? 200000 : 1, 0);
	write_file(text.data, text.length, 0600);
	assert_int_equal(plan_file_read(file, &plan, &faults), 0);
	assert_int_equal(plan.line_count, 3000);
	assert_string_equal(plan.lines[2999].tag, "t2999");
	plan_file_clear(&plan);
	buf_format(&text, "%*s\n" LINE, 2 * 1024 * 1024, " ");
	write_file(text.data, text.length, 0600);
	assert_int_equal(plan_file_read(file, &plan, &faults), -1);
	told = without_path(&faults);
	assert_string_equal(told, ": line 3002: it is longer than 1 MiB");
	plan_file_clear(&plan);
	notes_clear(&faults);
	buf_free(&text);
	free(told);
}

static void what_is_no_file_is_none(void **state)
{
	CLEANUP(free_p) char *absent = xasprintf("%s/absent", folder);
	const char *const paths[] = { absent, folder, "/dev/null" };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct notes faults = { 0 };
		struct plan_file plan;

		assert_int_equal(plan_file_read(paths[i], &plan, &faults), -1);
		assert_int_equal(faults.count, 1);
		assert_memory_equal(faults.lines[0], paths[i], strlen(paths[i]));
		plan_file_clear(&plan);
		notes_clear(&faults);
	}
}

static void what_is_written_can_be_read(void **state)
{
	static const char RULES[] = "{" REGISTRY ", \"cleanup\": {\"days_to_keep\": 30, "
				    "\"untagged_days\": 7}, "
				    "\"paths\": {\"config\": \"/c.yml\", \"host_storage\": \"/s\"}"
				    ", "
				    "\"jobs\": [{\"name\": \"j\", \"repositories\": [\"**\"], "
				    "\"tag_regexps\": [\"x\"]}]}";
	struct loaded loaded = load(RULES);
	struct inventory *inventory = world_new("storage\nimage A 90\nimage B 1\nimage C 90\n"
						"tag a A\ntag b B\ndangling d");
	struct policy *policy = policy_new(&loaded.config);
	struct notes faults = { 0 };
	struct forecast *forecast;
	struct plan_file read;
	struct plan *plan;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	for (uint32_t m = 0; m < inventory->manifest_count; m++)
		inventory->manifests[m].untagged_since = WORLD_NOW - 8 * 86400;
	plan = plan_build(inventory, policy, WORLD_NOW);
	forecast = forecast_build(inventory, plan);
	plan_file_write(inventory, plan, forecast, stream);
	assert_int_equal(fclose(stream), 0);
	write_file(text, length, 0640);
	assert_int_equal(plan_file_read(file, &read, &faults), 0);
	assert_string_equal(read.registry, "http://h:5000");
	assert_string_equal(read.container, "c");
	assert_true(read.created_at == WORLD_NOW);
	assert_int_equal(read.jobs.count, 1);
	assert_string_equal(read.jobs.items[0], "j");
	assert_false(read.jobs_alone);
	assert_int_equal(read.line_count, 2);
	assert_string_equal(read.lines[0].tag, "a");
	assert_null(read.lines[1].tag);
	plan_file_clear(&read);
	forecast_free(forecast);
	plan_free(plan);
	policy_free(policy);
	inventory_free(inventory);
	clear(&loaded);
	free(text);
}

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT + 3] = { cmocka_unit_test(what_is_written_can_be_read),
						   cmocka_unit_test(lines_are_long_and_many),
						   cmocka_unit_test(what_is_no_file_is_none) };

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i + 3] = (struct CMUnitTest){ .name = ROWS[i].sentence,
						    .test_func = check_row,
						    .initial_state = (void *)(uintptr_t)&ROWS[i] };
	return cmocka_run_group_tests_name("plan files", tests, make_folder, remove_folder);
}
