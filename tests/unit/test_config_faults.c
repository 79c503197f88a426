/* Every fault in config.json names its key, and none tells a password. */
#include "config_file.h"

struct fault_case {
	const char *what;
	const char *registry; /* more keys of the section, with a comma in front */
	const char *cleanup;
	const char *paths;
	const char *top; /* more sections */
	const char *faults;
};

static const struct fault_case FAULT_CASES[] = {
	{ "a string for a number", "", ",\"days_to_keep\":\"30\"", "", "",
	  "cleanup.days_to_keep: expected a whole number, found a string" },
	{ "a fraction", "", ",\"days_to_keep\":30.0", "", "",
	  "cleanup.days_to_keep: expected a whole number, found a number with a fraction or an "
	  "exponent" },
	{ "zero days", "", ",\"days_to_keep\":0", "", "",
	  "cleanup.days_to_keep: out of range, 1 to 36500 is allowed" },
	{ "days below zero", "", ",\"days_to_keep\":-1", "", "",
	  "cleanup.days_to_keep: out of range, 1 to 36500 is allowed" },
	{ "too many days", "", ",\"days_to_keep\":36501", "", "",
	  "cleanup.days_to_keep: out of range, 1 to 36500 is allowed" },
	{ "2^32 + 1 days", "", ",\"days_to_keep\":4294967297", "", "",
	  "cleanup.days_to_keep: out of range, 1 to 36500 is allowed" },
	{ "2^64 + 1 days", "", ",\"days_to_keep\":18446744073709551617", "", "",
	  "cleanup.days_to_keep: out of range, 1 to 36500 is allowed" },
	{ "2^63 days", "", ",\"days_to_keep\":9223372036854775808", "", "",
	  "cleanup.days_to_keep: out of range, 1 to 36500 is allowed" },
	{ "no days", "", ",\"days_to_keep\":null", "", "",
	  "cleanup.days_to_keep: expected a whole number, found null" },
	{ "retry_seconds", ",\"retry_seconds\":3601", "", "", "",
	  "registry.retry_seconds: out of range, 0 to 3600 is allowed" },
	{ "timeout", ",\"timeout\":3601", "", "", "",
	  "registry.timeout: out of range, 1 to 3600 is allowed" },
	{ "max_concurrent_requests", ",\"max_concurrent_requests\":201", "", "", "",
	  "registry.max_concurrent_requests: out of range, 1 to 200 is allowed" },
	{ "a glob for a repository", ",\"repositories\":[\"a/b\",\"team/*\"]", "", "", "",
	  "registry.repositories[1]: is not a possible repository: a whole name, of lower case "
	  "letters, digits and '._-/'" },
	{ "an empty repository", ",\"repositories\":[\"\"]", "", "", "",
	  "registry.repositories[0]: must not be empty" },
	{ "a string for a list", "", ",\"protected_tags\":\"latest\"", "", "",
	  "cleanup.protected_tags: expected a list of strings, found a string" },
	{ "an empty tag", "", ",\"protected_tags\":[\"\"]", "", "",
	  "cleanup.protected_tags[0]: must not be empty" },
	{ "a repository among the tags", "", ",\"protected_tags\":[\"a\",\"app:latest\"]", "", "",
	  "cleanup.protected_tags[1]: is not a possible tag: letters, digits, '_', '.' and '-', at "
	  "most 128, the first of them neither '.' nor '-'" },
	{ "an empty glob", "", ",\"protected_repositories\":[\"\"]", "", "",
	  "cleanup.protected_repositories[0]: must not be empty" },
	{ "a null among the globs", "", ",\"protected_repositories\":[null]", "", "",
	  "cleanup.protected_repositories[0]: expected a string, found null" },
	{ "an object for a string", ",\"password\":{\"s3cret\":1,\"s3cret\":2}", "", "", "",
	  "registry.password: given twice, on line 1 and again on line 1\n"
	  "registry.password: expected a string, found an object" },
	{ "a number for the password", ",\"password\":1234", "", "", "",
	  "registry.password: expected a string, found a number" },
	{ "a colon in the user", ",\"user\":\"a:s3cret\"", "", "", "",
	  "registry.user: must not hold ':', which separates user and password in Basic auth" },
	{ "NUL in the password", ",\"password\":\"s3cret\\u0000\"", "", "", "",
	  "registry.password: must not hold NUL or other control characters" },
	{ "a line break in the user", ",\"user\":\"a\\n\"", "", "", "",
	  "registry.user: must not hold NUL or other control characters" },
	{ "an option for a container", ",\"container\":\"-x\"", "", "", "",
	  "registry.container: must not begin with '-'" },
	{ "an empty program", ",\"program\":\"\"", "", "", "",
	  "registry.program: must not be empty" },
	{ "an empty word in exec", ",\"exec\":[\"sudo\",\"\"]", "", "", "",
	  "registry.exec[1]: must not be empty" },
	{ "ca_cert", ",\"ca_cert\":\"ca.pem\"", "", "", "",
	  "registry.ca_cert: must be an absolute path, beginning with '/'" },
	{ "the password twice", ",\"user\":\"u\",\"password\":\"s3cret\",\"password_file\":\"/p\"",
	  "", "", "", "registry.password_file: must not be given beside registry.password" },
	{ "password_file", ",\"password_file\":\"p\"", "", "", "",
	  "registry.password_file: must be an absolute path, beginning with '/'" },
	{ "docker_config", ",\"docker_config\":\"~/.docker/config.json\"", "", "", "",
	  "registry.docker_config: must be \"default\" or an absolute path, beginning with '/'" },
	{ "a user beside docker_config", ",\"user\":\"u\",\"docker_config\":\"default\"", "", "",
	  "", "registry.docker_config: must not be given beside registry.user" },
	{ "a password beside docker_config", ",\"password\":\"s3cret\",\"docker_config\":\"/d\"",
	  "", "", "", "registry.docker_config: must not be given beside registry.password" },
	{ "a file beside docker_config", ",\"password_file\":\"/p\",\"docker_config\":\"/d\"", "",
	  "", "", "registry.docker_config: must not be given beside registry.password_file" },
	{ "a certificate without its key", ",\"client_cert\":\"/c\"", "", "", "",
	  "registry.client_key: required, because registry.client_cert is given" },
	{ "a key without its certificate", ",\"client_key\":\"/c\"", "", "", "",
	  "registry.client_cert: required, because registry.client_key is given" },
	{ "a key at fault is not missing", ",\"client_cert\":\"/c\",\"client_key\":\"c\"", "", "",
	  "", "registry.client_key: must be an absolute path, beginning with '/'" },
	{ "paths", "", "",
	  ",\"config\":\"c.yml\",\"storage\":\"s\",\"host_storage\":\"./h\",\"state\":\"~/s\"", "",
	  "paths.config: must be an absolute path, beginning with '/'\n"
	  "paths.storage: must be an absolute path, beginning with '/'\n"
	  "paths.host_storage: must be an absolute path, beginning with '/'\n"
	  "paths.state: must be an absolute path, beginning with '/'" },
	{ "empty paths that are needed", "", "", ",\"config\":\"\",\"state\":\"\"", "",
	  "paths.config: must not be empty\n"
	  "paths.state: must not be empty" },
	{ "log.file", "", "", "", ",\"log\":{\"file\":\"x.log\"}",
	  "log.file: must be an absolute path, beginning with '/'" },
	{ "report.html_file", "", "", "", ",\"report\":{\"html_file\":\"x.html\"}",
	  "report.html_file: must be an absolute path, beginning with '/'" },
	{ "undo.keep_days of none", "", "", "", ",\"undo\":{\"keep_days\":0}",
	  "undo.keep_days: out of range, 1 to 3650 is allowed" },
	{ "undo.hold_days below none", "", "", "", ",\"undo\":{\"hold_days\":-1}",
	  "undo.hold_days: out of range, 0 to 3650 is allowed" },
	{ "gc.when", "", "", "", ",\"gc\":{\"when\":\"Always\"}",
	  "gc.when: expected \"deleted\", \"always\" or \"never\"" },
	{ "gc.when of another type", "", "", "", ",\"gc\":{\"when\":true}",
	  "gc.when: expected \"deleted\", \"always\" or \"never\", found true" },
	{ "gc.restart", "", "", "", ",\"gc\":{\"restart\":[\"\"]}",
	  "gc.restart[0]: must not be empty" },
	{ "a word for true", "", "", "", ",\"gc\":{\"second_opinion\":\"true\"}",
	  "gc.second_opinion: expected true or false, found a string" },
	{ "a number for false", "", "", "", ",\"gc\":{\"second_opinion\":0}",
	  "gc.second_opinion: expected true or false, found a number" },
	{ "a boolean for a number", "", "", "", ",\"gc\":{\"quiet_minutes\":false}",
	  "gc.quiet_minutes: expected a whole number, found false" },
	{ "more than a day", "", "", ",\"host_storage\":\"/s\"",
	  ",\"gc\":{\"quiet_minutes\":1441,\"quiet_wait_minutes\":1441}",
	  "gc.quiet_minutes: out of range, 0 to 1440 is allowed\n"
	  "gc.quiet_wait_minutes: out of range, 0 to 1440 is allowed" },
	{ "quiet_minutes without the storage", "", "", "", ",\"gc\":{\"quiet_minutes\":5}",
	  "paths.host_storage: required, because gc.quiet_minutes looks for uploads there" },
	{ "quiet_minutes and a storage at fault", "", "", ",\"host_storage\":\"x\"",
	  ",\"gc\":{\"quiet_minutes\":5}",
	  "paths.host_storage: must be an absolute path, beginning with '/'" },
	{ "a section that is none", "", "", "", ",\"gc\":[]",
	  "gc: expected an object, found a list" },
	{ "two letters swapped", "", ",\"days_to_kepe\":1", "", "",
	  "cleanup.days_to_kepe: unknown key; did you mean cleanup.days_to_keep?" },
	{ "another case", "", "", ",\"hostStorage\":\"/a\"", "",
	  "paths.hostStorage: unknown key; did you mean paths.host_storage?" },
	{ "a key in a wrong section", ",\"days_to_keep\":1", "", "", "",
	  "registry.days_to_keep: unknown key; did you mean cleanup.days_to_keep?" },
	{ "a key without its section", "", "", "", ",\"restart\":[]",
	  "restart: unknown key; did you mean gc.restart?" },
	{ "nothing near", "", "", "", ",\"_comment\":\"x\"", "_comment: unknown key" },
	{ "control characters in a key", "", "", "", ",\"a\\nb\\u001b\":1", "a?b?: unknown key" },
	{ "an empty key", "", "", "", ",\"\":1", ": unknown key" },
	{ "a dotted key is no path", "", "", "", ",\"log.file\":\"/x\"",
	  "log.file: unknown key; write \"log\": {\"file\": ...}" },
};

/* Keys given here replace those of the frame, so that they are not given twice. */
static char *frame(const struct fault_case *row)
{
	const char *days = strstr(row->cleanup, "\"days_to_keep\"") ? "" : ",\"days_to_keep\":30";
	const char *config = strstr(row->paths, "\"config\"") ? "" : ",\"config\":\"/c\"";
	const char *container =
		strstr(row->registry, "\"container\"") ? "" : ",\"container\":\"c\"";
	CLEANUP(free_p) char *cleanup = xasprintf("%s%s", days, row->cleanup);
	CLEANUP(free_p) char *paths = xasprintf("%s%s", config, row->paths);

	return xasprintf("{\"registry\":{\"url\":\"http://h\"%s%s},\"cleanup\":{%s},"
			 "\"paths\":{%s}%s}",
			 container, row->registry, cleanup + 1, paths + 1, row->top);
}

static void each_fault_names_its_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FAULT_CASES / sizeof *FAULT_CASES; i++) {
		CLEANUP(free_p) char *text = frame(&FAULT_CASES[i]);
		struct loaded loaded = load(text);

		print_message("# %s\n", FAULT_CASES[i].what);
		assert_notes(&loaded.faults, FAULT_CASES[i].faults);
		clear(&loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_names_its_key),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
