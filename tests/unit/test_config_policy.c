/* The keys of the retention policies: their values, and every fault in them. */
#include "config_file.h"

#include "util/date.h"

/* The frame: what must be there besides. SECTIONS begin with a comma. */
static struct loaded load_sections(const char *cleanup, const char *sections)
{
	CLEANUP(free_p)
	char *text = xasprintf("{" REGISTRY "," PATHS ",\"cleanup\":{%s}%s}", cleanup, sections);

	return load(text);
}

static void policies_are_off_by_default(void **state)
{
	struct loaded loaded = load_sections("\"days_to_keep\":1", "");
	const struct config *config = &loaded.config;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_string_equal(config->registry.proxy, "");
	assert_true(config->cleanup.delete_old_tags);
	assert_string_equal(config->cleanup.tag_name_pattern, "");
	assert_int_equal(config->cleanup.keep_last_images, 0);
	assert_int_equal(config->cleanup.keep_since, 0);
	assert_string_equal(config->cleanup.repositories_file, "");
	assert_int_equal(config->cleanup.untagged_days, 0);
	assert_false(config->cleanup.delete_empty_repositories);
	assert_int_equal(config->cleanup.empty_repository_hours, 24);
	assert_int_equal(config->protect.in_use.count, 0);
	assert_int_equal(config->protect.registry_names.count, 0);
	assert_int_equal(config->safety.max_delete_tags, 0);
	assert_int_equal(config->safety.max_delete_percent, 0);
	assert_int_equal(config->safety.min_tags_per_repository, 0);
	assert_true(config->safety.max_growth_factor == 0);
	assert_int_equal(config->safety.max_clock_skew_seconds, 300);
	assert_int_equal(config->safety.max_plan_age_hours, 24);
	assert_int_equal(config->jobs.count, 0);
	assert_int_equal(config->retain_lists.count, 0);
	assert_false(config->gc.delete_untagged);
	clear(&loaded);
}

static void every_policy_can_be_set(void **state)
{
	struct loaded loaded =
		load("{\"registry\":{\"url\":\"http://h\",\"container\":\"reg\","
		     "\"proxy\":\"socks5://u:p%40@[::1]:1080\"},"
		     "\"cleanup\":{\"delete_old_tags\":false,\"tag_name_pattern\":\"^pr-\\\\d+$\","
		     "\"keep_last_images\":1000000,\"keep_since\":\"2026-01-31T01:00:00+01:00\","
		     "\"repositories_file\":\"/r\",\"untagged_days\":36500,"
		     "\"delete_empty_repositories\":true,\"empty_repository_hours\":87600},"
		     "\"protect\":{\"in_use\":[[\"docker\",\"exec\",\"{container}\",\"\"],[\"x\"]],"
		     "\"registry_names\":[\"reg.example:5000\",\"Reg\",\"[::1]:80\"]},"
		     "\"safety\":{\"max_delete_tags\":1,\"max_delete_percent\":100,"
		     "\"min_tags_per_repository\":2,\"max_growth_factor\":1.5,"
		     "\"max_clock_skew_seconds\":86400,\"max_plan_age_hours\":8760},"
		     "\"paths\":{\"config\":\"/c\",\"host_storage\":\"/s\"},"
		     "\"gc\":{\"delete_untagged\":false}}");
	const struct config *config = &loaded.config;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_string_equal(config->registry.proxy, "socks5://u:p%40@[::1]:1080");
	assert_int_equal(config->cleanup.days_to_keep, 0);
	assert_false(config->cleanup.delete_old_tags);
	assert_string_equal(config->cleanup.tag_name_pattern, "^pr-\\d+$");
	assert_int_equal(config->cleanup.keep_last_images, 1000000);
	assert_int_equal(config->cleanup.keep_since, 1769817600);
	assert_string_equal(config->cleanup.repositories_file, "/r");
	assert_int_equal(config->cleanup.untagged_days, 36500);
	assert_true(config->cleanup.delete_empty_repositories);
	assert_int_equal(config->cleanup.empty_repository_hours, 87600);
	assert_int_equal(config->protect.in_use.count, 2);
	assert_int_equal(config->protect.in_use.items[0].count, 4);
	assert_string_equal(config->protect.in_use.items[0].items[2], "reg");
	assert_string_equal(config->protect.in_use.items[0].items[3], "");
	assert_null(config->protect.in_use.items[0].items[4]);
	assert_string_equal(config->protect.in_use.items[1].items[0], "x");
	assert_int_equal(config->protect.registry_names.count, 3);
	assert_string_equal(config->protect.registry_names.items[1], "Reg");
	assert_int_equal(config->safety.max_delete_tags, 1);
	assert_int_equal(config->safety.max_delete_percent, 100);
	assert_int_equal(config->safety.min_tags_per_repository, 2);
	assert_true(config->safety.max_growth_factor == 1.5);
	assert_int_equal(config->safety.max_clock_skew_seconds, 86400);
	assert_int_equal(config->safety.max_plan_age_hours, 8760);
	clear(&loaded);
}

static void jobs_and_retain_lists_are_read(void **state)
{
	struct loaded loaded = load_sections(
		"", ",\"jobs\":["
		    "{\"name\":\"pull requests\",\"description\":\"of \xc3\xa4ll\","
		    "\"repositories\":[\"team/*\",\"**\"],\"tag_regexps\":[\"^pr-\\\\d\",\"x\"],"
		    "\"save_last\":3,\"older_than_days\":36500,\"clean_every_n_hours\":24},"
		    "{\"name\":\"b\",\"repositories\":[\"b\"],\"tag_regexps\":[\".*\"]}],"
		    "\"retain_lists\":[{\"file\":\"/l\",\"patterns\":[\"a-{id}:{revision}\"]}]");
	const struct config_job *jobs = loaded.config.jobs.items;
	const struct config_retain_list *lists = loaded.config.retain_lists.items;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_int_equal(loaded.config.jobs.count, 2);
	assert_string_equal(jobs[0].name, "pull requests");
	assert_string_equal(jobs[0].description, "of \xc3\xa4ll");
	assert_int_equal(jobs[0].repositories.count, 2);
	assert_string_equal(jobs[0].repositories.items[1], "**");
	assert_int_equal(jobs[0].tag_regexps.count, 2);
	assert_string_equal(jobs[0].tag_regexps.items[0], "^pr-\\d");
	assert_int_equal(jobs[0].save_last, 3);
	assert_int_equal(jobs[0].older_than_days, 36500);
	assert_int_equal(jobs[0].clean_every_n_hours, 24);
	assert_string_equal(jobs[1].description, "");
	assert_int_equal(jobs[1].save_last, 0);
	assert_int_equal(jobs[1].older_than_days, 0);
	assert_int_equal(jobs[1].clean_every_n_hours, 0);
	assert_int_equal(loaded.config.retain_lists.count, 1);
	assert_string_equal(lists[0].file, "/l");
	assert_string_equal(lists[0].patterns.items[0], "a-{id}:{revision}");
	clear(&loaded);
}

struct value_case {
	const char *cleanup;  /* behind days_to_keep */
	const char *sections; /* begin with a comma */
	const char *faults;
};

static const struct value_case VALUE_CASES[] = {
	{ ",\"tag_name_pattern\":\"abc(d\"", "",
	  "cleanup.tag_name_pattern: does not compile at offset 5: missing closing parenthesis" },
	{ ",\"tag_name_pattern\":[]", "",
	  "cleanup.tag_name_pattern: expected a string, found a list" },
	{ ",\"keep_last_images\":0", "",
	  "cleanup.keep_last_images: out of range, 1 to 1000000 is allowed" },
	{ ",\"keep_last_images\":1000001", "",
	  "cleanup.keep_last_images: out of range, 1 to 1000000 is allowed" },
	{ ",\"repositories_file\":\"r.txt\"", "",
	  "cleanup.repositories_file: must be an absolute path, beginning with '/'" },
	{ ",\"empty_repository_hours\":-1", "",
	  "cleanup.empty_repository_hours: out of range, 0 to 87600 is allowed" },
	{ ",\"untagged_days\":36501", "",
	  "cleanup.untagged_days: out of range, 1 to 36500 is allowed" },
	{ ",\"delete_old_tags\":\"no\"", "",
	  "cleanup.delete_old_tags: expected true or false, found a string" },
	{ ",\"keep_since\":20260131", "",
	  "cleanup.keep_since: expected a date in a string, found a number" },
	{ "", ",\"gc\":{\"delete_untagged\":true}",
	  "gc.delete_untagged: must not be true: the collector's option --delete-untagged destroys "
	  "images: up to distribution 2.x the parts of multi-platform images, in 3.x what refers "
	  "to images (signatures), and multi-platform images that two repositories share; use "
	  "cleanup.untagged_days instead" },
	{ "", ",\"gc\":{\"delete_untagged\":1}",
	  "gc.delete_untagged: expected true or false, found a number" },
	{ "", ",\"protect\":{\"in_use\":[\"docker\",\"ps\"]}",
	  "protect.in_use[0]: expected a list of strings, found a string\n"
	  "protect.in_use[1]: expected a list of strings, found a string" },
	{ "", ",\"protect\":{\"in_use\":[[],[\"\",\"x\"],[\"a\",1]]}",
	  "protect.in_use[0]: must not be empty\n"
	  "protect.in_use[1][0]: must not be empty\n"
	  "protect.in_use[2][1]: expected a string, found a number" },
	{ "", ",\"protect\":{\"in_use\":{}}",
	  "protect.in_use: expected a list of lists of strings, found an object" },
	{ "",
	  ",\"protect\":{\"in_use\":[[\"x\"]],\"registry_names\":[\"\",\"http://h\",\"h/x\","
	  "\"h:0\",\"u@h\",\"h:\"]}",
	  "protect.registry_names[0]: must not be empty\n"
	  "protect.registry_names[1]: must be HOST or HOST:PORT, without scheme and path\n"
	  "protect.registry_names[2]: must be HOST or HOST:PORT, without scheme and path\n"
	  "protect.registry_names[3]: must have a port from 1 to 65535 behind the colon\n"
	  "protect.registry_names[4]: must be HOST or HOST:PORT, without scheme and path\n"
	  "protect.registry_names[5]: must have a port from 1 to 65535 behind the colon" },
	{ "",
	  ",\"safety\":{\"max_delete_tags\":0,\"max_delete_percent\":101,"
	  "\"min_tags_per_repository\":0,\"max_clock_skew_seconds\":0,\"max_plan_age_hours\":8761}",
	  "safety.max_delete_tags: out of range, 1 to 1000000000 is allowed\n"
	  "safety.max_delete_percent: out of range, 1 to 100 is allowed\n"
	  "safety.min_tags_per_repository: out of range, 1 to 1000000000 is allowed\n"
	  "safety.max_clock_skew_seconds: out of range, 1 to 86400 is allowed\n"
	  "safety.max_plan_age_hours: out of range, 1 to 8760 is allowed" },
	{ "", ",\"safety\":{\"max_growth_factor\":0.99}",
	  "safety.max_growth_factor: out of range, 1 to 1000 is allowed" },
	{ "", ",\"safety\":{\"max_growth_factor\":1e400}",
	  "safety.max_growth_factor: out of range, 1 to 1000 is allowed" },
	{ "", ",\"safety\":{\"max_growth_factor\":\"2\"}",
	  "safety.max_growth_factor: expected a number, found a string" },
	{ "", ",\"safety\":{\"max_growth_factor\":1000.01}",
	  "safety.max_growth_factor: out of range, 1 to 1000 is allowed" },
	{ "", ",\"safety\":{\"max_growth_factor\":1}", "" },
	{ "", ",\"safety\":{\"max_growth_factor\":1000.0}", "" },
	{ "", ",\"safety\":{\"max_delete_tag\":5}",
	  "safety.max_delete_tag: unknown key; did you mean safety.max_delete_tags?" },
	{ "", ",\"jobs\":{}", "jobs: expected a list of objects, found an object" },
	{ "", ",\"job\":[]", "job: unknown key; did you mean jobs?" },
	{ ",\"jobs\":[]", "", "cleanup.jobs: unknown key; did you mean jobs?" },
	{ "", ",\"jobs\":[1,null,[]]",
	  "jobs[0]: expected an object, found a number\n"
	  "jobs[1]: expected an object, found null\n"
	  "jobs[2]: expected an object, found a list" },
	{ "", ",\"jobs\":[{}]",
	  "jobs[0].name: required, but missing\n"
	  "jobs[0].repositories: required, but missing\n"
	  "jobs[0].tag_regexps: required, but missing" },
	{ "",
	  ",\"jobs\":[{\"name\":\"a,b\",\"repositories\":[],\"tag_regexps\":[\"x\",\"\",\"a\"],"
	  "\"save_last\":-1,\"older_than_days\":36501,\"clean_every_n_hours\":1.5}]",
	  "jobs[0].name: must not hold ',', which separates jobs in --jobs\n"
	  "jobs[0].repositories: must not be empty\n"
	  "jobs[0].tag_regexps[1]: must not be empty\n"
	  "jobs[0].save_last: out of range, 0 to 1000000 is allowed\n"
	  "jobs[0].older_than_days: out of range, 0 to 36500 is allowed\n"
	  "jobs[0].clean_every_n_hours: expected a whole number, found a number with a fraction or "
	  "an exponent" },
	{ "",
	  ",\"jobs\":[{\"name\":\"\",\"repositories\":\"a\",\"tag_regexps\":[\"[\"]},"
	  "{\"name\":\"a\\nb\",\"repositories\":[\"\"],\"tag_regexps\":[2]}]",
	  "jobs[0].name: must not be empty\n"
	  "jobs[0].repositories: expected a list of strings, found a string\n"
	  "jobs[0].tag_regexps[0]: does not compile at offset 1: missing terminating ] for "
	  "character class\n"
	  "jobs[1].name: must not hold NUL or other control characters\n"
	  "jobs[1].repositories[0]: must not be empty\n"
	  "jobs[1].tag_regexps[0]: expected a string, found a number" },
	{ "",
	  ",\"jobs\":[{\"name\":\"a\",\"repositories\":[\"a\"],\"tag_regex\":[\"b\"],"
	  "\"$x\":1,\"save_last\":1,\"save_last\":2}]",
	  "jobs[0].save_last: given twice, on line 1 and again on line 1\n"
	  "jobs[0].tag_regex: unknown key; did you mean jobs[0].tag_regexps?\n"
	  "jobs[0].$x: unknown key\n"
	  "jobs[0].tag_regexps: required, but missing" },
	{ "",
	  ",\"jobs\":[{\"name\":\"a\",\"repositories\":[\"a\"],\"tag_regexps\":[\"b\"]},"
	  "{\"name\":\"b\",\"repositories\":[\"a\"]},"
	  "{\"name\":\"a\",\"repositories\":[\"a\"],\"tag_regexps\":[\"b\"]},"
	  "{\"name\":\"b\",\"repositories\":[\"a\"],\"tag_regexps\":[\"b\"]}]",
	  "jobs[1].tag_regexps: required, but missing\n"
	  "jobs[2].name: jobs[0] has the same name\n"
	  "jobs[3].name: jobs[1] has the same name" },
	{ "", ",\"retain_lists\":[{}]",
	  "retain_lists[0].file: required, but missing\n"
	  "retain_lists[0].patterns: required, but missing" },
	{ "", ",\"retain_lists\":[{\"file\":\"l\",\"patterns\":[]}]",
	  "retain_lists[0].file: must be an absolute path, beginning with '/'\n"
	  "retain_lists[0].patterns: must not be empty" },
	{ "", ",\"retain_list\":[]", "retain_list: unknown key; did you mean retain_lists?" },
};

static void each_fault_in_a_policy_names_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof VALUE_CASES / sizeof *VALUE_CASES; i++) {
		const struct value_case *row = &VALUE_CASES[i];
		CLEANUP(free_p) char *cleanup = xasprintf("\"days_to_keep\":30%s", row->cleanup);
		struct loaded loaded = load_sections(cleanup, row->sections);

		print_message("# %s%s\n", row->cleanup, row->sections);
		assert_notes(&loaded.faults, row->faults);
		clear(&loaded);
	}
}

static void retain_patterns_are_checked(void **state)
{
	struct loaded loaded = load_sections(
		"", ",\"retain_lists\":[{\"file\":\"/l\",\"patterns\":[\"a-{id}:{revision}\","
		    "\"nothing\"]}]");

	(void)state;
	assert_int_equal(loaded.faults.count, 1);
	assert_non_null(strstr(loaded.faults.lines[0], "retain_lists[0].patterns[1]: "));
	clear(&loaded);
}

static const struct {
	const char *text;
	int64_t date; /* 0: it is a fault */
} DATES[] = {
	{ "2026-01-31", 1769817600 },
	{ "2026-01-31T00:00:00Z", 1769817600 },
	{ "2026-01-31t01:30:00.5+01:30", 1769817600 },
	{ "2013-03-20", DATE_EARLIEST },
	{ "2013-03-19", 0 },
	{ "2013-03-19T23:59:59Z", 0 },
	{ "2026-02-29", 0 },
	{ "2026-1-31", 0 },
	{ "2026-01-31 ", 0 },
	{ "31.01.2026", 0 },
	{ "yesterday", 0 },
	{ "", 0 },
	{ "2026-01-31T00:00:00", 0 },
	{ "2026-01-31\\u0000", 0 },
};

static void a_date_is_a_day_or_a_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof DATES / sizeof *DATES; i++) {
		CLEANUP(free_p)
		char *cleanup =
			xasprintf("\"days_to_keep\":30,\"keep_since\":\"%s\"", DATES[i].text);
		struct loaded loaded = load_sections(cleanup, "");

		print_message("# %s\n", DATES[i].text);
		assert_notes(&loaded.faults, DATES[i].date
						     ? ""
						     : "cleanup.keep_since: expected a date since "
						       "2013-03-20, as 2026-01-31 or "
						       "2026-01-31T12:00:00Z");
		assert_true(loaded.config.cleanup.keep_since == DATES[i].date);
		clear(&loaded);
	}
}

static const struct {
	const char *url; /* of the proxy */
	const char *fault;
} PROXIES[] = {
	{ "system", NULL },
	{ "http://h", NULL },
	{ "HTTPS://h.example:3128/", NULL },
	{ "socks5://u@h", NULL },
	{ "http://u:@h:1", NULL },
	{ "http://u:p:q%25@h:1", NULL },
	{ "System", "must be \"system\", or begin with http://, https:// or socks5://" },
	{ "s3cret:8080", "must be \"system\", or begin with http://, https:// or socks5://" },
	{ "ftp://s3cret", "must be \"system\", or begin with http://, https:// or socks5://" },
	{ "http://u:s3 cret@h",
	  "must not hold blanks, backslashes or letters beyond ASCII; write them as %XX in user "
	  "and password" },
	{ "http://u:s3/cret@h",
	  "must not have a path, a query or a fragment; write '/', '?' and '#' as %XX in user and "
	  "password" },
	{ "http://h/s3cret",
	  "must not have a path, a query or a fragment; write '/', '?' and '#' as %XX in user and "
	  "password" },
	{ "http://:s3cret@h", "must have USER or USER:PASSWORD before '@', with '%' as %25" },
	{ "http://@h", "must have USER or USER:PASSWORD before '@', with '%' as %25" },
	{ "http://u:s3cret%4@h", "must have USER or USER:PASSWORD before '@', with '%' as %25" },
	{ "http://u:s3cret%00@h", "must have USER or USER:PASSWORD before '@', with '%' as %25" },
	{ "http://u:s3@cret@h",
	  "must have only one '@'; write others as %40 in user and password" },
	{ "http://u:s3cret@", "must name a host, and perhaps a port" },
	{ "http://h:s3cret", "must name a host, and perhaps a port" },
	{ "http://", "must name a host, and perhaps a port" },
};

static void a_proxy_is_told_without_its_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof PROXIES / sizeof *PROXIES; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{\"url\":\"http://h\",\"container\":\"c\","
				       "\"proxy\":\"%s\"}," CLEANUP_ "," PATHS "}",
				       PROXIES[i].url);
		CLEANUP(free_p)
		char *wanted = PROXIES[i].fault ? xasprintf("registry.proxy: %s", PROXIES[i].fault)
						: xstrdup("");
		struct loaded loaded = load(text);

		print_message("# %s\n", PROXIES[i].url);
		assert_notes(&loaded.faults, wanted);
		clear(&loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_off_by_default),
		cmocka_unit_test(every_policy_can_be_set),
		cmocka_unit_test(jobs_and_retain_lists_are_read),
		cmocka_unit_test(each_fault_in_a_policy_names_its_place),
		cmocka_unit_test(retain_patterns_are_checked),
		cmocka_unit_test(a_date_is_a_day_or_a_time),
		cmocka_unit_test(a_proxy_is_told_without_its_password),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
