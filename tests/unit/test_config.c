/* config.json: what it may hold, and that faults are told all at once. */
#include "config_file.h"

static void assert_list(const struct string_list *list, const char *wanted)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < list->count; i++)
		buf_format(&text, "%s%s", i > 0 ? "|" : "", list->items[i]);
	assert_string_equal(buf_string(&text), wanted);
	if (list->count > 0)
		assert_null(list->items[list->count]);
	else
		assert_null(list->items);
	buf_free(&text);
}

static void the_least_has_defaults_for_the_rest(void **state)
{
	struct loaded loaded = load("{" REGISTRY "," CLEANUP_ "," PATHS "}");
	const struct config *config = &loaded.config;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_string_equal(config->registry.url, "http://h:5000");
	assert_string_equal(config->registry.user, "");
	assert_string_equal(config->registry.password, "");
	assert_list(&config->registry.repositories, "");
	assert_string_equal(config->registry.container, "c");
	assert_list(&config->registry.exec, "docker|exec|c");
	assert_string_equal(config->registry.program, "registry");
	assert_int_equal(config->registry.timeout, 20);
	assert_int_equal(config->registry.retry_seconds, 60);
	assert_int_equal(config->registry.max_concurrent_requests, 20);
	assert_string_equal(config->registry.ca_cert, "");
	assert_string_equal(config->registry.password_file, "");
	assert_string_equal(config->registry.docker_config, "");
	assert_string_equal(config->registry.client_cert, "");
	assert_false(config->registry.insecure_skip_verify);
	assert_int_equal(config->inventory.source, SOURCE_AUTO);
	assert_int_equal(config->cleanup.days_to_keep, 30);
	assert_int_equal(config->cleanup.age_from, AGE_CREATED);
	assert_int_equal(config->cleanup.unknown_age, UNKNOWN_KEEP);
	assert_list(&config->cleanup.protected_tags, "latest");
	assert_list(&config->cleanup.protected_patterns, "");
	assert_list(&config->cleanup.protected_repositories, "");
	assert_string_equal(config->paths.config, "/c.yml");
	assert_string_equal(config->paths.storage, "");
	assert_string_equal(config->paths.host_storage, "");
	assert_int_equal(config->gc.when, GC_DELETED);
	assert_list(&config->gc.restart, "");
	assert_true(config->gc.second_opinion);
	assert_true(config->gc.required);
	assert_int_equal(config->gc.method, GC_REGISTRY);
	assert_true(config->gc.timeout_minutes == 0);
	assert_true(config->gc.grace_hours == 20);
	assert_int_equal(config->gc.trash_days, 0);
	assert_int_equal(config->gc.rehearsal_days, 0);
	assert_int_equal(config->gc.every_days, 0);
	assert_true(config->gc.question_minutes == 60);
	assert_int_equal(config->registry.catalog_timeout, 600);
	assert_int_equal(config->gc.quiet_minutes, 0);
	assert_int_equal(config->gc.quiet_wait_minutes, 30);
	assert_int_equal(config->undo.keep_days, 90);
	assert_int_equal(config->undo.hold_days, 7);
	assert_string_equal(config->report.html_file, "");
	assert_string_equal(config->log.file, "/var/log/clean-registry.log");
	assert_int_equal(config->log.format, LOG_TEXT);
	assert_false(config->log.syslog);
	clear(&loaded);
}

static void everything_can_be_set(void **state)
{
	struct loaded loaded = load(
		"\xef\xbb\xbf{\"registry\": {\"url\": \"HTTPS://Reg.Example:443/Prefix//\",\r\n"
		"\"user\": \"u\", \"password\": \"p:\\u00e4\\\"\", \"container\": \"reg\",\r\n"
		"\"exec\": [\"kubectl\", \"exec\", \"deploy/{container}-{container}\", \"--\"],\r\n"
		"\"program\": \"docker-registry\", \"timeout\": 3600, \"retry_seconds\": 0,\r\n"
		"\"max_concurrent_requests\": 200, \"ca_cert\": \"/ca.pem\",\r\n"
		"\"client_cert\": \"/c.pem\", \"client_key\": \"/k.pem\"},\r\n"
		"\"inventory\": {\"source\": \"storage\"},\r\n"
		"\"cleanup\": {\"days_to_keep\": 36500, \"age_from\": \"newest\",\r\n"
		"\"unknown_age\": \"pushed\", \"protected_tags\": [],\r\n"
		"\"protected_patterns\": [\"master\", \"main\"],\r\n"
		"\"protected_repositories\": [\"team/*\", \"**\"]},\r\n"
		"\"paths\": {\"config\": \"/a\", \"storage\": \"/b\", \"host_storage\": \"/d\",\r\n"
		"\"state\": \"/e\"},\r\n"
		"\"gc\": {\"when\": \"always\", \"restart\": [\"docker\", \"restart\", "
		"\"{container}\"], \"second_opinion\": false, \"quiet_minutes\": 1440,\r\n"
		"\"quiet_wait_minutes\": 0},\r\n"
		"\"undo\": {\"keep_days\": 3650, \"hold_days\": 0},\r\n"
		"\"log\": {\"file\": \"\", \"format\": \"json\", \"syslog\": true}}\r\n");
	const struct config *config = &loaded.config;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_string_equal(config->registry.url, "https://reg.example/Prefix");
	assert_string_equal(config->registry.user, "u");
	assert_string_equal(config->registry.password, "p:\xc3\xa4\"");
	assert_list(&config->registry.exec, "kubectl|exec|deploy/reg-reg|--");
	assert_string_equal(config->registry.program, "docker-registry");
	assert_int_equal(config->registry.timeout, 3600);
	assert_int_equal(config->registry.retry_seconds, 0);
	assert_int_equal(config->registry.max_concurrent_requests, 200);
	assert_string_equal(config->registry.ca_cert, "/ca.pem");
	assert_string_equal(config->registry.client_cert, "/c.pem");
	assert_string_equal(config->registry.client_key, "/k.pem");
	assert_int_equal(config->inventory.source, SOURCE_STORAGE);
	assert_int_equal(config->cleanup.days_to_keep, 36500);
	assert_int_equal(config->cleanup.age_from, AGE_NEWEST);
	assert_int_equal(config->cleanup.unknown_age, UNKNOWN_PUSHED);
	assert_list(&config->cleanup.protected_tags, "");
	assert_list(&config->cleanup.protected_patterns, "master|main");
	assert_list(&config->cleanup.protected_repositories, "team/*|**");
	assert_string_equal(config->paths.storage, "/b");
	assert_string_equal(config->paths.host_storage, "/d");
	assert_string_equal(config->paths.state, "/e");
	assert_int_equal(config->gc.when, GC_ALWAYS);
	assert_list(&config->gc.restart, "docker|restart|reg");
	assert_false(config->gc.second_opinion);
	assert_int_equal(config->gc.quiet_minutes, 1440);
	assert_int_equal(config->gc.quiet_wait_minutes, 0);
	assert_int_equal(config->undo.keep_days, 3650);
	assert_int_equal(config->undo.hold_days, 0);
	assert_string_equal(config->log.file, "");
	assert_int_equal(config->log.format, LOG_JSON);
	assert_true(config->log.syslog);
	clear(&loaded);
}

static void all_faults_are_told_at_once(void **state)
{
	struct loaded loaded = load(
		"{\"registry\": {\"url\": \"http://h\", \"url\": \"ftp://h\", \"usr\": \"u\",\n"
		"  \"timeout\": 0},\n"
		" \"cleanup\": {\"days_to_keep\": \"30\", \"days_to_keep\": true,\n"
		"  \"protected_patterns\": [\"a\", \"\", 3]},\n"
		" \"paths\": {\"storage\": \"relative\"},\n"
		" \"$schema\": 1, \"logs\": {}}");

	(void)state;
	assert_notes(&loaded.faults,
		     "registry.url: given twice, on line 1 and again on line 1\n"
		     "cleanup.days_to_keep: given twice, on line 3 and again on line 3\n"
		     "registry.usr: unknown key; did you mean registry.user?\n"
		     "$schema: expected a string, found a number\n"
		     "logs: unknown key; did you mean log?\n"
		     "registry.url: must begin with http:// or https://\n"
		     "registry.timeout: out of range, 1 to 3600 is allowed\n"
		     "cleanup.days_to_keep: expected a whole number, found true\n"
		     "cleanup.protected_patterns[1]: must not be empty\n"
		     "cleanup.protected_patterns[2]: expected a string, found a number\n"
		     "paths.config: required, but missing\n"
		     "paths.storage: must be an absolute path, beginning with '/'\n"
		     "registry.container: required, because registry.exec mentions {container}");
	clear(&loaded);
}

static void texts_that_are_no_configuration(void **state)
{
	static const struct {
		const char *text;
		const char *faults;
	} cases[] = {
		{ "", "line 1: expected a value, but the text ends" },
		{ "{\n\"registry\": {\n\"url\": \"x\"\n\"user\": \"s3cret\"}}",
		  "line 4: expected ',' or '}' after a value" },
		{ "[]", "line 1: expected an object, found a list" },
		{ "null", "line 1: expected an object, found null" },
		{ "{}",
		  "registry.url: required, but missing\n"
		  "paths.config: required, but missing\n"
		  "cleanup.days_to_keep: required, because no other rule says what is to be "
		  "deleted\n"
		  "registry.container: required, because registry.exec mentions {container}" },
		{ "{\"registry\": 1, \"cleanup\": null, \"paths\": \"s3cret\"}",
		  "registry: expected an object, found a number\n"
		  "cleanup: expected an object, found null\n"
		  "paths: expected an object, found a string\n"
		  "registry.container: required, because registry.exec mentions {container}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded loaded = load(cases[i].text);

		assert_notes(&loaded.faults, cases[i].faults);
		clear(&loaded);
	}
}

static void the_container_is_needed_by_whoever_mentions_it(void **state)
{
	static const struct {
		const char *registry, *gc;
		const char *faults;
	} cases[] = {
		{ "", "",
		  "registry.container: required, because registry.exec mentions {container}" },
		{ ",\"container\":\"\"", "",
		  "registry.container: required, because registry.exec mentions {container}" },
		{ ",\"exec\":[]", "", "" },
		{ ",\"exec\":[\"ssh\",\"host\"]", "", "" },
		{ ",\"exec\":[\"x-{container}\"]", "",
		  "registry.container: required, because registry.exec mentions {container}" },
		{ ",\"exec\":[]", "\"restart\":[\"docker\",\"restart\",\"{container}\"]",
		  "registry.container: required, because gc.restart mentions {container}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{\"registry\":{\"url\":\"http://h\"%s}," CLEANUP_ "," PATHS
				       ",\"gc\":{%s}}",
				       cases[i].registry, cases[i].gc);
		struct loaded loaded = load(text);

		assert_notes(&loaded.faults, cases[i].faults);
		clear(&loaded);
	}
}

static void the_storage_is_needed_by_what_reads_it(void **state)
{
	struct loaded loaded = load("{\"registry\":{\"url\":\"http://h\",\"exec\":[]}," CLEANUP_
				    "," PATHS ",\"inventory\":{\"source\":\"storage\"}}");

	(void)state;
	assert_notes(&loaded.faults, "paths.host_storage: required, because inventory.source is "
				     "\"storage\"");
	clear(&loaded);
	loaded = load("{\"registry\":{\"url\":\"http://h\",\"exec\":[]}," PATHS
		      ",\"cleanup\":{\"days_to_keep\":1,\"age_from\":\"pushed\"}}");
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings,
		     "cleanup.age_from: when tags were pushed is known from paths.host_storage "
		     "only, not from the API: tags that need it stay");
	clear(&loaded);
	loaded = load("{\"registry\":{\"url\":\"http://h\",\"exec\":[]}," CLEANUP_ "," PATHS
		      ",\"inventory\":{\"source\":\"disk\"}}");
	assert_notes(&loaded.faults, "inventory.source: expected \"auto\", \"api\" or \"storage\"");
	clear(&loaded);
}

static void pulls_need_a_log_and_days(void **state)
{
	static const struct {
		const char *rest, *faults;
	} cases[] = {
		{ "\"cleanup\":{\"days_to_keep\":1,\"age_from\":\"pulled\"}," PATHS,
		  "paths.access_log: required, because cleanup.age_from \"pulled\" needs to know "
		  "of "
		  "pulls; or set pulled.from" },
		{ CLEANUP_ "," PATHS ",\"protect\":{\"pulled_days\":3}",
		  "paths.access_log: required, because protect.pulled_days needs to know of pulls; "
		  "or set pulled.from" },
		{ CLEANUP_ "," PATHS
			   ",\"protect\":{\"pulled_days\":3},\"pulled\":{\"from\":\"container\"}",
		  "pulled.from: \"container\" needs a registry.exec of docker, podman or nerdctl" },
		{ "\"cleanup\":{\"keep_last_images\":1,\"age_from\":\"pulled\"}," PATHS
		  ",\"pulled\":{\"from\":\"journal\"}",
		  "cleanup.age_from: \"pulled\" needs a number of days: cleanup.days_to_keep, "
		  "older_than_days of a job, or protect.pulled_days" },
		{ CLEANUP_ "," PATHS
			   ",\"protect\":{\"pulled_days\":3},\"pulled\":{\"from\":\"journal\"}",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[1024];
		struct loaded loaded;

		snprintf(text, sizeof text, "{\"registry\":{\"url\":\"http://h\",\"exec\":[]},%s}",
			 cases[i].rest);
		loaded = load(text);
		assert_notes(&loaded.faults, cases[i].faults);
		clear(&loaded);
	}
}

static void a_user_may_have_no_password(void **state)
{
	struct loaded loaded = load("{\"registry\":{\"url\":\"http://h\",\"container\":\"c\","
				    "\"user\":\"u\"}," CLEANUP_ "," PATHS "}");

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_string_equal(loaded.config.registry.user, "u");
	assert_string_equal(loaded.config.registry.password, "");
	clear(&loaded);
}

static void what_is_surely_not_meant_is_a_warning(void **state)
{
	struct loaded loaded = load(
		"{\"registry\":{\"url\":\"http://h\",\"container\":\"c\",\"password\":\"s3cret\"},"
		"\"cleanup\":{\"days_to_keep\":1,\"protected_patterns\":[\"main\",\"release-*\"],"
		"\"protected_repositories\":[\"team/**\",\"[ab]/x\"]}," PATHS "}");

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings,
		     "registry.password: not used, because registry.user is empty\n"
		     "cleanup.protected_patterns[1]: protects nothing: it has a character that no "
		     "tag can have; patterns are parts of a name, neither globs nor regular "
		     "expressions\n"
		     "cleanup.protected_repositories[1]: protects nothing: it has a character that "
		     "no repository's name can have");
	clear(&loaded);
}

static void the_description_has_a_line_for_every_key(void **state)
{
	char *text = NULL;
	size_t length = 0, lines = 0;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	assert_non_null(stream);
	config_describe(stream);
	assert_int_equal(fclose(stream), 0);
	for (char *line = text; *line; line = strchr(line, '\n') + 1, lines++) {
		size_t tabs = 0;

		assert_non_null(strchr(line, '\n'));
		for (char *at = line; *at != '\n'; at++)
			tabs += *at == '\t';
		assert_int_equal(tabs, 3);
	}
	assert_int_equal(lines, 114);
	assert_non_null(strstr(text, "cleanup.days_to_keep\ta whole number, 1 to 36500\tnone\t"));
	assert_non_null(strstr(text, "\njobs\ta list of objects\tnone\t"));
	assert_non_null(strstr(text, "\njobs[].save_last\ta whole number, 0 to 1000000\t0\t"));
	assert_non_null(strstr(text, "\nretain_lists[].file\ta string\trequired\t"));
	assert_non_null(strstr(text, "\nsafety.max_growth_factor\ta number, 1 to 1000\tnone\t"));
	assert_non_null(strstr(text, "\ngc.second_opinion\ttrue or false\ttrue\t"));
	assert_non_null(strstr(text, "\nregistry.exec\ta list of strings\t"
				     "[\"docker\",\"exec\",\"{container}\"]\t"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_has_defaults_for_the_rest),
		cmocka_unit_test(everything_can_be_set),
		cmocka_unit_test(all_faults_are_told_at_once),
		cmocka_unit_test(texts_that_are_no_configuration),
		cmocka_unit_test(the_container_is_needed_by_whoever_mentions_it),
		cmocka_unit_test(the_storage_is_needed_by_what_reads_it),
		cmocka_unit_test(pulls_need_a_log_and_days),
		cmocka_unit_test(a_user_may_have_no_password),
		cmocka_unit_test(what_is_surely_not_meant_is_a_warning),
		cmocka_unit_test(the_description_has_a_line_for_every_key),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
