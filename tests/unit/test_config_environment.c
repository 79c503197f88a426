/* The configuration from the environment: variables for keys, and strings that name variables. */
#include "config_file.h"

/* The least that a file must have; TOP begins with a comma. */
static struct loaded load_with(const char *top)
{
	CLEANUP(free_p) char *text = xasprintf("{" REGISTRY "," PATHS "," CLEANUP_ "%s}", top);

	return load(text);
}

static struct loaded load_registry(const char *keys)
{
	CLEANUP(free_p)
	char *text = xasprintf("{\"registry\":{\"url\":\"http://h\",\"container\":\"c\"%s}," PATHS
			       "," CLEANUP_ "}",
			       keys);

	return load(text);
}

struct variable {
	const char *name; /* without CLEAN_REGISTRY_ */
	const char *value;
	const char *faults; /* "@" stands for the variable */
};

static const struct variable VARIABLES[] = {
	{ "CLEANUP_DAYS_TO_KEEP", "7", "" },
	{ "CLEANUP_DAYS_TO_KEEP", " 7\n", "" },
	{ "CLEANUP_DAYS_TO_KEEP", "",
	  "@: expected a whole number as JSON: line 1: expected a value, but the text ends" },
	{ "CLEANUP_DAYS_TO_KEEP", "30d",
	  "@: expected a whole number as JSON: line 1: expected nothing more after the value" },
	{ "CLEANUP_DAYS_TO_KEEP", "\"30\"", "@: expected a whole number, found a string" },
	{ "CLEANUP_DAYS_TO_KEEP", "null", "@: expected a whole number, found null" },
	{ "CLEANUP_DAYS_TO_KEEP", "0", "@: out of range, 1 to 36500 is allowed" },
	{ "CLEANUP_TAG_NAME_PATTERN", "a\"\\d", "" },
	{ "CLEANUP_TAG_NAME_PATTERN", "", "" },
	{ "CLEANUP_TAG_NAME_PATTERN", "(",
	  "@: does not compile at offset 1: missing closing parenthesis" },
	{ "CLEANUP_TAG_NAME_PATTERN", "\xff", "@: a string is not UTF-8" },
	{ "CLEANUP_TAG_NAME_PATTERN", "a\nb", "@: a line break or control character in a string" },
	{ "CLEANUP_KEEP_SINCE", "2026-01-31", "" },
	{ "CLEANUP_KEEP_SINCE", "",
	  "@: expected a date since 2013-03-20, as 2026-01-31 or 2026-01-31T12:00:00Z" },
	{ "CLEANUP_DELETE_OLD_TAGS", "false", "" },
	{ "CLEANUP_DELETE_OLD_TAGS", "no",
	  "@: expected true or false as JSON: line 1: expected a value" },
	{ "CLEANUP_PROTECTED_TAGS", "[\"a\",\"b\"]", "" },
	{ "CLEANUP_PROTECTED_TAGS", "a,b",
	  "@: expected a list of strings as JSON: line 1: expected a value" },
	{ "CLEANUP_PROTECTED_TAGS", "[\"a\",\"\"]", "@[1]: must not be empty" },
	{ "INVENTORY_SOURCE", "api", "" },
	{ "INVENTORY_SOURCE", "", "@: expected \"auto\", \"api\" or \"storage\"" },
	{ "PROTECT_IN_USE", "[[\"docker\",\"ps\"]]", "" },
	{ "PROTECT_IN_USE", "[[]]", "@[0]: must not be empty" },
	{ "SAFETY_MAX_GROWTH_FACTOR", "1.5", "" },
	{ "LOG_FILE", "", "" },
	{ "LOG_FILE", "x", "@: must be an absolute path, beginning with '/'" },
	{ "JOBS", "[{\"name\":\"a\",\"repositories\":[\"a\"],\"tag_regexps\":[\"a\"]}]", "" },
	{ "JOBS", "[{\"name\":\"a\",\"repository\":[\"a\"],\"tag_regexps\":[\"(\"]}]",
	  "@[0].repository: unknown key; did you mean @[0].repositories?\n"
	  "@[0].repositories: required, but missing\n"
	  "@[0].tag_regexps[0]: does not compile at offset 1: missing closing parenthesis" },
	{ "JOBS", "[{\"name\":\"a\",\"name\":\"b\"}]", "@[0].name: given twice" },
	{ "JOBS", "x", "@: expected a list of objects as JSON: line 1: expected a value" },
	{ "RETAIN_LISTS", "[{\"file\":\"l\",\"patterns\":[\"a-{id}:{revision}\"]}]",
	  "@[0].file: must be an absolute path, beginning with '/'" },
	{ "REGISTRY_URL", "s3cret", "@: must begin with http:// or https://" },
	{ "REGISTRY_PASSWORD", "s3cret\n", "@: a line break or control character in a string" },
	{ "REGISTRY_PROXY", "http://u:s3cret%@h",
	  "@: must have USER or USER:PASSWORD before '@', with '%' as %25" },
	{ "CLEANUP_DAYS", "7", "@: unknown variable" },
	{ "CLEANUP_DAYS_TO_KEPE", "7",
	  "@: unknown variable; did you mean CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEEP?" },
	{ "DAYS_TO_KEEP", "s3cret", "@: unknown variable" },
	{ "JOB", "[]", "@: unknown variable; did you mean CLEAN_REGISTRY_JOBS?" },
	{ "jobs", "[]", "@: unknown variable; did you mean CLEAN_REGISTRY_JOBS?" },
	{ "", "7", "@: unknown variable" },
};

/* FORMAT with the variable in place of every "@" that begins a line or stands behind a blank. */
static char *expanded(const char *format, const char *variable)
{
	struct buf text = { 0 };

	for (const char *at = format; *at; at++) {
		if (*at == '@' && (at == format || at[-1] == '\n' || at[-1] == ' ') &&
		    at[1] != '\'')
			buf_text(&text, variable);
		else
			buf_add(&text, at, 1);
	}
	return text.data ? text.data : xstrdup("");
}

static void each_variable_is_read_by_its_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++) {
		const struct variable *row = &VARIABLES[i];
		CLEANUP(free_p) char *name = xasprintf("CLEAN_REGISTRY_%s", row->name);
		CLEANUP(free_p) char *wanted = expanded(row->faults, name);
		struct loaded loaded;

		print_message("# variable %zu, %s\n", i, row->name);
		setenv(name, row->value, 1);
		loaded = load_with("");
		unsetenv(name);
		assert_notes(&loaded.faults, wanted);
		clear(&loaded);
	}
}

static void a_variable_goes_before_the_file(void **state)
{
	struct loaded loaded;

	(void)state;
	setenv("CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEEP", "7", 1);
	setenv("CLEAN_REGISTRY_REGISTRY_URL", "HTTP://Other:80/", 1);
	/* Sections and keys that the file lacks. */
	setenv("CLEAN_REGISTRY_PATHS_CONFIG", "/e.yml", 1);
	setenv("CLEAN_REGISTRY_PATHS_STATE", "/state", 1);
	setenv("CLEAN_REGISTRY_GC_WHEN", "never", 1);
	setenv("CLEAN_REGISTRY_CLEANUP_TAG_NAME_PATTERN", "a\"\\d", 1);
	setenv("CLEAN_REGISTRY_JOBS", "[]", 1);
	/* What scripts call the program by. */
	setenv("CLEAN_REGISTRY", "/usr/local/sbin/clean-registry", 1);
	setenv("CLEAN_REGISTRYX", "1", 1);
	loaded = load("{" REGISTRY ",\"cleanup\":{\"days_to_keep\":\"wrong\"}}");
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings,
		     "CLEAN_REGISTRY_JOBS: the list is empty, as if it were not given");
	assert_int_equal(loaded.config.cleanup.days_to_keep, 7);
	assert_string_equal(loaded.config.registry.url, "http://other");
	assert_string_equal(loaded.config.paths.config, "/e.yml");
	assert_string_equal(loaded.config.paths.state, "/state");
	assert_int_equal(loaded.config.gc.when, GC_NEVER);
	assert_string_equal(loaded.config.cleanup.tag_name_pattern, "a\"\\d");
	clear(&loaded);
	unsetenv("CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEEP");
	unsetenv("CLEAN_REGISTRY_REGISTRY_URL");
	unsetenv("CLEAN_REGISTRY_PATHS_CONFIG");
	unsetenv("CLEAN_REGISTRY_PATHS_STATE");
	unsetenv("CLEAN_REGISTRY_GC_WHEN");
	unsetenv("CLEAN_REGISTRY_CLEANUP_TAG_NAME_PATTERN");
	unsetenv("CLEAN_REGISTRY_JOBS");
	unsetenv("CLEAN_REGISTRYX");
}

/* NAME=VALUE as it was in memory when the process began is gone, too. */
static void passwords_leave_the_environment(void **state)
{
	char password[] = "CLEAN_REGISTRY_REGISTRY_PASSWORD=s3cret";
	char proxy[] = "MY_PROXY=http://u:s3cret@h";
	char user[] = "MY_USER=u";
	struct loaded loaded;

	(void)state;
	assert_int_equal(putenv(password), 0);
	assert_int_equal(putenv(proxy), 0);
	assert_int_equal(putenv(user), 0);
	loaded = load_registry(",\"user\":\"__ENV: MY_USER\",\"proxy\":\"__ENV: MY_PROXY\"");
	assert_notes(&loaded.faults, "");
	assert_string_equal(loaded.config.registry.password, "s3cret");
	assert_string_equal(loaded.config.registry.proxy, "http://u:s3cret@h");
	assert_string_equal(loaded.config.registry.user, "u");
	clear(&loaded);
	assert_null(getenv("CLEAN_REGISTRY_REGISTRY_PASSWORD"));
	assert_null(getenv("MY_PROXY"));
	assert_string_equal(getenv("MY_USER"), "u");
	assert_string_equal(password, "CLEAN_REGISTRY_REGISTRY_PASSWORD=");
	assert_string_equal(proxy, "MY_PROXY=");
	unsetenv("MY_USER");
}

static void only_a_password_in_the_file_can_be_read_there(void **state)
{
	static const struct {
		const char *keys, *variable, *warnings;
	} cases[] = {
		{ ",\"user\":\"u\",\"password\":\"__ENV: MY_SECRET\"", "MY_SECRET", "" },
		{ ",\"user\":\"u\"", "CLEAN_REGISTRY_REGISTRY_PASSWORD", "" },
		{ ",\"user\":\"u\",\"password\":\"s3cret\"", NULL, "registry.password" },
		{ ",\"proxy\":\"http://h\"", NULL, "" },
		{ ",\"proxy\":\"system\"", NULL, "" },
		{ ",\"proxy\":\"http://u:s3cret@h\"", NULL, "registry.proxy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free_p)
		char *text = xasprintf(
			"{\"registry\":{\"url\":\"http://h\",\"container\":\"c\"%s}," PATHS
			"," CLEANUP_ "}",
			cases[i].keys);
		CLEANUP(free_p) char *wanted = NULL;
		struct loaded loaded;

		wanted = *cases[i].warnings
				 ? xasprintf("%s: everybody can read it; run: chmod o-r %s",
					     cases[i].warnings, file)
				 : xstrdup("");
		print_message("# %s\n", cases[i].keys);
		write_file(text, strlen(text), 0644);
		if (cases[i].variable)
			setenv(cases[i].variable, "s3cret", 1);
		loaded = load_file(file);
		assert_notes(&loaded.faults, "");
		assert_notes(&loaded.warnings, wanted);
		clear(&loaded);
	}
}

static const struct {
	const char *top;
	const char *faults;
} REFERENCES[] = {
	{ ",\"log\":{\"file\":\"__ENV: MY_PATH\"}", "" },
	{ ",\"log\":{\"file\":\"__ENV:MY_PATH\"}", "" },
	{ ",\"log\":{\"file\":\"__ENV: MY_EMPTY\"}", "" },
	{ ",\"log\":{\"file\":\"__ENV: MY_WORD\"}",
	  "log.file: must be an absolute path, beginning with '/'" },
	{ ",\"log\":{\"file\":\"__ENV: MY_NOTHING\"}",
	  "log.file: the variable MY_NOTHING is not set" },
	{ ",\"log\":{\"file\":\"__ENV: s3cret-2\"}",
	  "log.file: expected the name of a variable behind __ENV:" },
	{ ",\"log\":{\"file\":\"__ENV: 1X\"}",
	  "log.file: expected the name of a variable behind __ENV:" },
	{ ",\"log\":{\"file\":\"__ENV:\"}",
	  "log.file: expected the name of a variable behind __ENV:" },
	{ ",\"log\":{\"file\":\"__ENV: MY_BYTES\"}",
	  "log.file: the variable MY_BYTES: a string is not UTF-8" },
	{ ",\"gc\":{\"quiet_minutes\":\"__ENV: MY_WORD\"}",
	  "gc.quiet_minutes: expected a whole number, found a string" },
	{ ",\"gc\":{\"restart\":[\"a\",\"__ENV: MY_WORD\",\"__ENV: MY_NOTHING\"]}",
	  "gc.restart[2]: the variable MY_NOTHING is not set" },
	{ ",\"protect\":{\"in_use\":[[\"__ENV: MY_WORD\"],[\"a\",\"__ENV: MY_NOTHING\"]]}",
	  "protect.in_use[1][1]: the variable MY_NOTHING is not set" },
	{ ",\"jobs\":[{\"name\":\"__ENV: MY_WORD\",\"repositories\":[\"a\"],"
	  "\"tag_regexps\":[\"__ENV: MY_WORD\"]}]",
	  "" },
	{ ",\"jobs\":[{\"name\":\"__ENV: MY_NOTHING\",\"repositories\":[\"a\"],"
	  "\"tag_regexps\":[\"b\",\"__ENV: MY_NEITHER\"]}]",
	  "jobs[0].name: the variable MY_NOTHING is not set\n"
	  "jobs[0].tag_regexps[1]: the variable MY_NEITHER is not set" },
};

static void strings_that_name_a_variable_get_what_it_holds(void **state)
{
	(void)state;
	setenv("MY_PATH", "/x", 1);
	setenv("MY_WORD", "word", 1);
	setenv("MY_EMPTY", "", 1);
	setenv("MY_BYTES", "/\xff", 1);
	for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; i++) {
		struct loaded loaded = load_with(REFERENCES[i].top);

		print_message("# %s\n", REFERENCES[i].top);
		assert_notes(&loaded.faults, REFERENCES[i].faults);
		if (loaded.status == 0 && loaded.config.jobs.count == 1) {
			assert_string_equal(loaded.config.jobs.items[0].name, "word");
			assert_string_equal(loaded.config.jobs.items[0].tag_regexps.items[0],
					    "word");
		}
		clear(&loaded);
	}
	unsetenv("MY_PATH");
	unsetenv("MY_WORD");
	unsetenv("MY_EMPTY");
	unsetenv("MY_BYTES");
}

/* A value of a variable is what it is, but JSON is JSON. */
static void a_variable_refers_to_others_in_json_only(void **state)
{
	struct loaded loaded;

	(void)state;
	setenv("MY_WORD", "word", 1);
	setenv("CLEAN_REGISTRY_CLEANUP_PROTECTED_PATTERNS", "[\"__ENV: MY_WORD\"]", 1);
	setenv("CLEAN_REGISTRY_REGISTRY_USER", "__ENV", 1);
	loaded = load_with("");
	assert_notes(&loaded.faults, "");
	assert_string_equal(loaded.config.cleanup.protected_patterns.items[0], "word");
	assert_string_equal(loaded.config.registry.user, "__ENV");
	clear(&loaded);
	setenv("CLEAN_REGISTRY_CLEANUP_PROTECTED_PATTERNS", "[\"__ENV: MY_NOTHING\"]", 1);
	loaded = load_with("");
	assert_notes(&loaded.faults, "CLEAN_REGISTRY_CLEANUP_PROTECTED_PATTERNS[0]: the variable "
				     "MY_NOTHING is not set");
	clear(&loaded);
	unsetenv("MY_WORD");
	unsetenv("CLEAN_REGISTRY_CLEANUP_PROTECTED_PATTERNS");
	unsetenv("CLEAN_REGISTRY_REGISTRY_USER");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_variable_is_read_by_its_type),
		cmocka_unit_test(a_variable_goes_before_the_file),
		cmocka_unit_test(passwords_leave_the_environment),
		cmocka_unit_test(only_a_password_in_the_file_can_be_read_there),
		cmocka_unit_test(strings_that_name_a_variable_get_what_it_holds),
		cmocka_unit_test(a_variable_refers_to_others_in_json_only),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
