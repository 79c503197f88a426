/* Rules between keys: that something is to be deleted, what that needs, and limits of lists. */
#include "config_file.h"

#define HOST_STORAGE "\"paths\": {\"config\": \"/c.yml\", \"host_storage\": \"/s\"}"
#define JOB_         "{\"name\":\"j\",\"repositories\":[\"a\"],\"tag_regexps\":[\"b\"]}"
#define LIST_        "{\"file\":\"/l\",\"patterns\":[\"a-{id}:{revision}\"]}"

#define REQUIRED "cleanup.days_to_keep: required, because no other rule says what is to be deleted"
#define NOTHING                                                                                \
	"cleanup.delete_old_tags: it is false, and no other rule says what is to be deleted: " \
	"nothing will be"

static const struct {
	const char *text; /* behind the registry */
	const char *faults, *warnings;
} RULES[] = {
	{ PATHS, REQUIRED, "" },
	{ PATHS ",\"cleanup\":{}", REQUIRED, "" },
	{ PATHS ",\"cleanup\":{\"tag_name_pattern\":\"\"}", REQUIRED, "" },
	{ PATHS ",\"cleanup\":{\"repositories_file\":\"\"}", REQUIRED, "" },
	{ PATHS ",\"cleanup\":{\"delete_empty_repositories\":false}", REQUIRED, "" },
	{ PATHS ",\"cleanup\":{\"keep_since\":\"2026-01-31\"}", REQUIRED, "" },
	{ PATHS ",\"jobs\":[],\"retain_lists\":[]", REQUIRED, "" },
	{ PATHS ",\"cleanup\":{\"delete_old_tags\":true}", REQUIRED, "" },
	{ PATHS ",\"cleanup\":{\"delete_old_tags\":false}", "", NOTHING },
	{ PATHS ",\"cleanup\":{\"delete_old_tags\":false,\"days_to_keep\":1}", "", "" },
	{ PATHS ",\"cleanup\":{\"days_to_keep\":1}", "", "" },
	{ PATHS ",\"cleanup\":{\"tag_name_pattern\":\"x\"}", "", "" },
	{ PATHS ",\"cleanup\":{\"keep_last_images\":1}", "", "" },
	{ PATHS ",\"cleanup\":{\"repositories_file\":\"/f\"}", "", "" },
	{ PATHS ",\"jobs\":[" JOB_ "]", "", "" },
	{ PATHS ",\"retain_lists\":[" LIST_ "]", "", "" },
	{ HOST_STORAGE ",\"cleanup\":{\"untagged_days\":1}", "", "" },
	{ HOST_STORAGE ",\"cleanup\":{\"delete_empty_repositories\":true}", "", "" },
	/* A rule that is at fault is given all the same. */
	{ PATHS ",\"cleanup\":{\"keep_last_images\":0}",
	  "cleanup.keep_last_images: out of range, 1 to 1000000 is allowed", "" },
	{ PATHS ",\"jobs\":[1]", "jobs[0]: expected an object, found a number", "" },
	{ PATHS ",\"cleanup\":[]", "cleanup: expected an object, found a list", "" },
	/* When watch runs. */
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"00:00\"}", "", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"23:59\"}", "", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"\"}", "", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"every_hours\":0.5}", "", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"03:17\",\"every_hours\":0}", "", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"3:17\"}",
	  "watch.at: must be a time of day from 00:00 to 23:59, with two digits each", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"24:00\"}",
	  "watch.at: must be a time of day from 00:00 to 23:59, with two digits each", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"03:60\"}",
	  "watch.at: must be a time of day from 00:00 to 23:59, with two digits each", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"03-17\"}",
	  "watch.at: must be a time of day from 00:00 to 23:59, with two digits each", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"03:17:00\"}",
	  "watch.at: must be a time of day from 00:00 to 23:59, with two digits each", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"+3:17\"}",
	  "watch.at: must be a time of day from 00:00 to 23:59, with two digits each", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"at\":\"03:17\",\"every_hours\":6}",
	  "watch.every_hours: must not be given beside watch.at", "" },
	{ PATHS "," CLEANUP_ ",\"watch\":{\"every_hours\":8761}",
	  "watch.every_hours: out of range, 0 to 8760 is allowed", "" },
	/* What needs the storage. */
	{ PATHS ",\"cleanup\":{\"untagged_days\":1}",
	  "paths.host_storage: required, because cleanup.untagged_days needs the storage", "" },
	{ PATHS ",\"cleanup\":{\"delete_empty_repositories\":true}",
	  "paths.host_storage: required, because cleanup.delete_empty_repositories needs the "
	  "storage",
	  "" },
	{ HOST_STORAGE ",\"cleanup\":{\"untagged_days\":1},\"inventory\":{\"source\":\"api\"}",
	  "inventory.source: must not be \"api\", because cleanup.untagged_days needs the storage",
	  "" },
	{ HOST_STORAGE ",\"cleanup\":{\"delete_empty_repositories\":true},"
		       "\"inventory\":{\"source\":\"api\"}",
	  "inventory.source: must not be \"api\", because cleanup.delete_empty_repositories needs "
	  "the storage",
	  "" },
	{ HOST_STORAGE ",\"cleanup\":{\"untagged_days\":1},\"inventory\":{\"source\":\"storage\"}",
	  "", "" },
	{ PATHS "," CLEANUP_ ",\"gc\":{\"method\":\"native\"}",
	  "paths.host_storage: required, because gc.method \"native\" needs the storage", "" },
	{ HOST_STORAGE "," CLEANUP_ ",\"gc\":{\"method\":\"native\"},"
		       "\"inventory\":{\"source\":\"api\"}",
	  "inventory.source: must not be \"api\", because gc.method \"native\" needs the storage",
	  "" },
	{ HOST_STORAGE "," CLEANUP_ ",\"gc\":{\"method\":\"native\",\"grace_hours\":0.5,"
		       "\"trash_days\":30}",
	  "", "" },
	{ HOST_STORAGE "," CLEANUP_ ",\"gc\":{\"method\":\"native\",\"grace_hours\":-1,"
		       "\"trash_days\":1.5}",
	  "gc.grace_hours: out of range, 0 to 8760 is allowed\n"
	  "gc.trash_days: expected a whole number, found a number with a fraction or an "
	  "exponent",
	  "" },
	/* What does nothing. */
	{ HOST_STORAGE "," CLEANUP_
		       ",\"gc\":{\"method\":\"native\",\"quiet_minutes\":5,\"rehearsal_days\":1,"
		       "\"timeout_minutes\":60}",
	  "",
	  "gc.quiet_minutes: not used, because gc.method is \"native\": an upload in progress "
	  "loses nothing\n"
	  "gc.rehearsal_days: not used, because gc.method is \"native\"\n"
	  "gc.timeout_minutes: not used, because gc.method is \"native\"" },
	{ PATHS "," CLEANUP_ ",\"jobs\":[],\"retain_lists\":[]", "",
	  "jobs: the list is empty, as if it were not given\n"
	  "retain_lists: the list is empty, as if it were not given" },
	{ PATHS ",\"cleanup\":{\"days_to_keep\":1,\"keep_since\":\"9999-12-31\"}", "",
	  "cleanup.keep_since: keeps nothing: it lies in the future" },
	/* References on the command line are known by these, too. */
	{ PATHS "," CLEANUP_ ",\"protect\":{\"registry_names\":[\"h\"]}", "", "" },
	{ PATHS ",\"jobs\":[{\"name\":\"j\",\"repositories\":[\"a/*\",\"Team/x\"],"
		"\"tag_regexps\":[\"b\"]}]",
	  "",
	  "jobs[0].repositories[1]: matches nothing: it has a character that no repository's name "
	  "can have" },
};

static void something_must_say_what_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
		CLEANUP(free_p) char *text = xasprintf("{" REGISTRY ",%s}", RULES[i].text);
		struct loaded loaded = load(text);

		print_message("# %s\n", RULES[i].text);
		assert_notes(&loaded.faults, RULES[i].faults);
		assert_notes(&loaded.warnings, RULES[i].warnings);
		clear(&loaded);
	}
}

static void the_command_line_may_bring_the_rule(void **state)
{
	static const char text[] =
		"{" REGISTRY "," PATHS ",\"cleanup\":{\"repositories_file\":\"/file\"}}";
	static const char without[] = "{" REGISTRY "," PATHS "}";
	const struct config_overrides overrides = { .repositories_file = "relative" };
	const struct config_overrides none = { 0 };
	struct loaded loaded = { 0 };

	(void)state;
	write_file(text, sizeof text - 1, 0600);
	loaded.status =
		config_load(file, &overrides, &loaded.config, &loaded.faults, &loaded.warnings);
	assert_int_equal(loaded.status, 0);
	assert_string_equal(loaded.config.cleanup.repositories_file, "relative");
	clear(&loaded);
	loaded.status = config_load(file, &none, &loaded.config, &loaded.faults, &loaded.warnings);
	assert_int_equal(loaded.status, 0);
	assert_string_equal(loaded.config.cleanup.repositories_file, "/file");
	clear(&loaded);
	write_file(without, sizeof without - 1, 0600);
	loaded.status =
		config_load(file, &overrides, &loaded.config, &loaded.faults, &loaded.warnings);
	assert_int_equal(loaded.status, 0);
	assert_string_equal(loaded.config.cleanup.repositories_file, "relative");
	clear(&loaded);
}

static const struct {
	const char *url, *keys;
	const char *warnings;
} LOGINS[] = {
	{ "http://h", "\"password_file\":\"/p\"",
	  "registry.password_file: not used, because registry.user is empty" },
	{ "http://h", "\"user\":\"u\",\"password_file\":\"/p\"", "" },
	{ "http://h", "\"docker_config\":\"default\"", "" },
	{ "http://h", "\"client_cert\":\"/c\",\"client_key\":\"/k\"",
	  "registry.client_cert: not used, because registry.url is not https" },
	{ "https://h", "\"client_cert\":\"/c\",\"client_key\":\"/k\"", "" },
	{ "http://h", "\"insecure_skip_verify\":true",
	  "registry.insecure_skip_verify: does nothing, because registry.url is not https" },
	{ "https://h", "\"insecure_skip_verify\":true",
	  "registry.insecure_skip_verify: the registry's certificate is not checked: whoever is in "
	  "between can read the password and answer instead of the registry; registry.ca_cert can "
	  "name its authority" },
};

static void logins_that_are_hardly_meant_are_warned_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof LOGINS / sizeof *LOGINS; i++) {
		CLEANUP(free_p)
		char *text =
			xasprintf("{\"registry\":{\"url\":\"%s\",\"container\":\"c\",%s}," CLEANUP_
				  "," PATHS "}",
				  LOGINS[i].url, LOGINS[i].keys);
		struct loaded loaded = load(text);

		print_message("# %s\n", LOGINS[i].keys);
		assert_notes(&loaded.faults, "");
		assert_notes(&loaded.warnings, LOGINS[i].warnings);
		clear(&loaded);
	}
}

/* JOBS jobs with REGEXPS regular expressions each. */
static struct loaded load_jobs(unsigned jobs, unsigned regexps)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_text(&text, "{" REGISTRY "," PATHS ",\"jobs\":[");
	for (unsigned i = 0; i < jobs; i++) {
		buf_format(&text,
			   "%s{\"name\":\"%u\",\"repositories\":[\"a\"],\"tag_regexps\":[\"a\"",
			   i > 0 ? "," : "", i);
		for (unsigned k = 1; k < regexps; k++)
			buf_text(&text, ",\"a\"");
		buf_text(&text, "]}");
	}
	buf_text(&text, "]}");
	return load(buf_string(&text));
}

static void jobs_are_limited(void **state)
{
	static const struct {
		unsigned jobs, regexps;
		const char *faults;
	} cases[] = {
		{ 1000, 60, "" },
		{ 1000, 61,
		  "jobs: at most 60000 regular expressions are allowed in all, found 61000" },
		{ 1001, 1, "jobs: at most 1000 are allowed, found 1001" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded loaded = load_jobs(cases[i].jobs, cases[i].regexps);

		assert_notes(&loaded.faults, cases[i].faults);
		clear(&loaded);
	}
}

static void commands_in_use_may_mention_the_container(void **state)
{
	struct loaded loaded =
		load("{\"registry\":{\"url\":\"http://h\",\"exec\":[]}," PATHS "," CLEANUP_
		     ",\"protect\":{\"in_use\":[[\"x\"],[\"docker\",\"{container}\"]]}}");

	(void)state;
	assert_notes(&loaded.faults,
		     "registry.container: required, because protect.in_use mentions {container}");
	clear(&loaded);
}

static void a_collection_offline_needs_an_engine(void **state)
{
	static const struct {
		const char *exec, *method;
		bool fits;
	} CASES[] = {
		{ "[]", "registry", true },
		{ "[]", "offline", false },
		{ "[\"docker\",\"exec\",\"r\"]", "offline", true },
		{ "[\"/usr/bin/docker\",\"-H\",\"unix:///x\",\"exec\",\"-u\",\"0\",\"r\"]",
		  "offline", true },
		{ "[\"podman\",\"exec\",\"r\"]", "offline", true },
		{ "[\"nerdctl\",\"exec\",\"r\"]", "offline", true },
		{ "[\"sudo\",\"docker\",\"exec\",\"r\"]", "offline", false },
		{ "[\"ssh\",\"host\"]", "offline", false },
		{ "[\"kubectl\",\"exec\",\"deploy/r\",\"--\"]", "offline", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{\"url\":\"http://h\",\"exec\":%s}," PATHS
				       "," CLEANUP_ ",\"gc\":{\"method\":\"%s\"}}",
				       CASES[i].exec, CASES[i].method);
		struct loaded loaded = load(text);

		assert_int_equal(loaded.faults.count, CASES[i].fits ? 0 : 1);
		if (!CASES[i].fits)
			assert_non_null(
				strstr(loaded.faults.lines[0], "gc.method: \"offline\" stops"));
		clear(&loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(something_must_say_what_goes),
		cmocka_unit_test(logins_that_are_hardly_meant_are_warned_of),
		cmocka_unit_test(the_command_line_may_bring_the_rule),
		cmocka_unit_test(jobs_are_limited),
		cmocka_unit_test(commands_in_use_may_mention_the_container),
		cmocka_unit_test(a_collection_offline_needs_an_engine),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
