/* config.json: every fault is named by its path, all at once, and none tells a password. */
#include "config.h"
#include "config_url.h"
#include "util/buf.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define REGISTRY "\"registry\": {\"url\": \"http://h:5000\", \"container\": \"c\"}"
#define CLEANUP_ "\"cleanup\": {\"days_to_keep\": 30}"
#define PATHS    "\"paths\": {\"config\": \"/c.yml\"}"

struct loaded {
	int status;
	struct config config;
	struct config_notes faults;
	struct config_notes warnings;
};

static char folder[] = "/tmp/test_config.XXXXXX";
static char *file;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	file = xasprintf("%s/config.json", folder);
	return 0;
}

static int remove_folder(void **state)
{
	int status;

	(void)state;
	unlink(file);
	status = rmdir(folder);
	free(file);
	return status;
}

static void write_file(const char *text, size_t length, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, text, length) == (ssize_t)length);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static struct loaded load_file(const char *path)
{
	struct loaded loaded = { 0 };

	loaded.status = config_load(path, &loaded.config, &loaded.faults, &loaded.warnings);
	assert_int_equal(loaded.status, loaded.faults.count == 0 ? 0 : -1);
	return loaded;
}

static struct loaded load(const char *text)
{
	write_file(text, strlen(text), 0600);
	return load_file(file);
}

static void clear(struct loaded *loaded)
{
	if (loaded->status == 0)
		config_clear(&loaded->config);
	config_notes_clear(&loaded->faults);
	config_notes_clear(&loaded->warnings);
}

static char *joined(const struct config_notes *notes)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < notes->count; i++)
		buf_format(&text, "%s%s", i > 0 ? "\n" : "", notes->lines[i]);
	return text.data ? text.data : xstrdup("");
}

static void assert_notes(const struct config_notes *notes, const char *wanted)
{
	CLEANUP(free_p) char *lines = joined(notes);

	assert_string_equal(lines, wanted);
}

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
	assert_string_equal(config->registry.container, "c");
	assert_list(&config->registry.exec, "docker|exec|c");
	assert_string_equal(config->registry.program, "registry");
	assert_int_equal(config->registry.timeout, 20);
	assert_int_equal(config->registry.retry_seconds, 60);
	assert_int_equal(config->registry.max_concurrent_requests, 20);
	assert_string_equal(config->registry.ca_cert, "");
	assert_int_equal(config->cleanup.days_to_keep, 30);
	assert_list(&config->cleanup.protected_tags, "latest");
	assert_list(&config->cleanup.protected_patterns, "");
	assert_list(&config->cleanup.protected_repositories, "");
	assert_string_equal(config->paths.config, "/c.yml");
	assert_string_equal(config->paths.storage, "");
	assert_string_equal(config->paths.host_storage, "");
	assert_int_equal(config->gc.when, GC_DELETED);
	assert_list(&config->gc.restart, "");
	assert_string_equal(config->log.file, "/var/log/clean-registry.log");
	clear(&loaded);
}

static void everything_can_be_set(void **state)
{
	struct loaded loaded = load(
		"\xef\xbb\xbf{\"registry\": {\"url\": \"HTTPS://Reg.Example:443/Prefix//\",\r\n"
		"\"user\": \"u\", \"password\": \"p:\\u00e4\\\"\", \"container\": \"reg\",\r\n"
		"\"exec\": [\"kubectl\", \"exec\", \"deploy/{container}-{container}\", \"--\"],\r\n"
		"\"program\": \"docker-registry\", \"timeout\": 3600, \"retry_seconds\": 0,\r\n"
		"\"max_concurrent_requests\": 200, \"ca_cert\": \"/ca.pem\"},\r\n"
		"\"cleanup\": {\"days_to_keep\": 36500, \"protected_tags\": [],\r\n"
		"\"protected_patterns\": [\"master\", \"main\"],\r\n"
		"\"protected_repositories\": [\"team/*\", \"**\"]},\r\n"
		"\"paths\": {\"config\": \"/a\", \"storage\": \"/b\", \"host_storage\": \"/d\",\r\n"
		"\"state\": \"/e\"},\r\n"
		"\"gc\": {\"when\": \"always\", \"restart\": [\"docker\", \"restart\", "
		"\"{container}\"]},\r\n"
		"\"log\": {\"file\": \"\"}}\r\n");
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
	assert_int_equal(config->cleanup.days_to_keep, 36500);
	assert_list(&config->cleanup.protected_tags, "");
	assert_list(&config->cleanup.protected_patterns, "master|main");
	assert_list(&config->cleanup.protected_repositories, "team/*|**");
	assert_string_equal(config->paths.storage, "/b");
	assert_string_equal(config->paths.host_storage, "/d");
	assert_string_equal(config->paths.state, "/e");
	assert_int_equal(config->gc.when, GC_ALWAYS);
	assert_list(&config->gc.restart, "docker|restart|reg");
	assert_string_equal(config->log.file, "");
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
		     "$schema: unknown key\n"
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
	{ "gc.when", "", "", "", ",\"gc\":{\"when\":\"Always\"}",
	  "gc.when: expected \"deleted\", \"always\" or \"never\"" },
	{ "gc.when of another type", "", "", "", ",\"gc\":{\"when\":true}",
	  "gc.when: expected \"deleted\", \"always\" or \"never\", found true" },
	{ "gc.restart", "", "", "", ",\"gc\":{\"restart\":[\"\"]}",
	  "gc.restart[0]: must not be empty" },
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
		  "cleanup.days_to_keep: required, but missing\n"
		  "paths.config: required, but missing\n"
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

static void urls(void **state)
{
	static const struct {
		const char *url;
		const char *normal; /* or the problem, without its beginning */
	} cases[] = {
		{ "http://h", "http://h" },
		{ "http://h/", "http://h" },
		{ "http://h///", "http://h" },
		{ "HTTP://EXAMPLE.com:80/A/", "http://example.com/A" },
		{ "https://h:0443", "https://h" },
		{ "https://h:80", "https://h:80" },
		{ "http://h:443/v/w", "http://h:443/v/w" },
		{ "http://127.0.0.1:5001", "http://127.0.0.1:5001" },
		{ "http://[::1]", "http://[::1]" },
		{ "http://[2001:DB8::1]:5000/", "http://[2001:db8::1]:5000" },
		{ "http://my_host/x:y", "http://my_host/x:y" },
		{ "", "must begin with http:// or https://" },
		{ "h:5000", "must begin with http:// or https://" },
		{ "ftp://h", "must begin with http:// or https://" },
		{ "http:/h", "must begin with http:// or https://" },
		{ " http://h", "must begin with http:// or https://" },
		{ "http://u:p@h", "must not hold credentials; they belong into registry.user and "
				  "registry.password" },
		{ "http://u@h/x", "must not hold credentials; they belong into registry.user and "
				  "registry.password" },
		{ "http://h/?x", "must not have a query ('?')" },
		{ "http://h?x", "must not have a query ('?')" },
		{ "http://h/#x", "must not have a fragment ('#')" },
		{ "http://h#", "must not have a fragment ('#')" },
		{ "http://", "must name a host behind http:// or https://" },
		{ "http:///x", "must name a host behind http:// or https://" },
		{ "http://:5000", "must name a host behind http:// or https://" },
		{ "http://[::1", "must name a host behind http:// or https://" },
		{ "http://[]", "must name a host behind http:// or https://" },
		{ "http://[::1]x:1", "must name a host behind http:// or https://" },
		{ "http://a,b", "must name a host behind http:// or https://" },
		{ "http://h:", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:0", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:65536", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:50x", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h:+5", "must have a port from 1 to 65535 behind the colon" },
		{ "http://h/a b", "must not hold blanks, backslashes or letters beyond ASCII" },
		{ "http://h\\@x/", "must not hold credentials; they belong into registry.user and "
				   "registry.password" },
		{ "http://h\\x/", "must not hold blanks, backslashes or letters beyond ASCII" },
		{ "http://h\xc3\xa4/",
		  "must not hold blanks, backslashes or letters beyond ASCII" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *problem = config_url_problem(cases[i].url);
		CLEANUP(free_p) char *normal = problem ? NULL : config_url_normal(cases[i].url);

		print_message("# %s\n", cases[i].url);
		assert_string_equal(problem ? problem : normal, cases[i].normal);
	}
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

/* FORMAT has one %s for the path of the file. */
static void assert_file_notes(const struct config_notes *notes, const char *format)
{
	CLEANUP(free_p) char *before = xstrdup(format);
	char *at = strchr(before, '@');
	struct buf wanted = { 0 };
	const char *from = before;

	for (; at; from = at + 1, at = strchr(from, '@')) {
		buf_add(&wanted, from, (size_t)(at - from));
		buf_text(&wanted, file);
	}
	buf_text(&wanted, from);
	assert_notes(notes, buf_string(&wanted));
	buf_free(&wanted);
}

static void the_file_is_not_writable_by_others(void **state)
{
	static const char text[] =
		"{\"registry\":{\"url\":\"http://h\",\"container\":\"c\","
		"\"user\":\"u\",\"password\":\"s3cret\"}," CLEANUP_ "," PATHS "}";
	static const struct {
		mode_t mode;
		const char *faults, *warnings;
	} cases[] = {
		{ 0600, "", "" },
		{ 0400, "", "" },
		{ 0640, "", "" },
		{ 0644, "", "registry.password: everybody can read it; run: chmod o-r @" },
		{ 0604, "", "registry.password: everybody can read it; run: chmod o-r @" },
		{ 0620, "@: it can be written by others than its owner; run: chmod go-w @", "" },
		{ 0602, "@: it can be written by others than its owner; run: chmod go-w @", "" },
		{ 0666, "@: it can be written by others than its owner; run: chmod go-w @", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded loaded;

		write_file(text, sizeof text - 1, cases[i].mode);
		loaded = load_file(file);
		print_message("# mode %o\n", (unsigned)cases[i].mode);
		assert_file_notes(&loaded.faults, cases[i].faults);
		assert_file_notes(&loaded.warnings, cases[i].warnings);
		clear(&loaded);
	}
}

static void without_a_password_everybody_may_read_it(void **state)
{
	static const char text[] = "{" REGISTRY "," CLEANUP_ "," PATHS "}";
	struct loaded loaded;

	(void)state;
	write_file(text, sizeof text - 1, 0644);
	loaded = load_file(file);
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	clear(&loaded);
}

static void other_kinds_of_files_are_refused(void **state)
{
	struct loaded loaded;
	CLEANUP(free_p) char *wanted = NULL;

	(void)state;
	loaded = load_file(folder);
	wanted = xasprintf("%s: not a regular file", folder);
	assert_notes(&loaded.faults, wanted);
	clear(&loaded);

	unlink(file);
	loaded = load_file(file);
	assert_file_notes(&loaded.faults, "@: No such file or directory");
	clear(&loaded);

	/* A pipe nobody writes to must not block. */
	assert_int_equal(mkfifo(file, 0600), 0);
	loaded = load_file(file);
	assert_file_notes(&loaded.faults, "@: not a regular file");
	clear(&loaded);
	unlink(file);
}

static void a_long_file_is_refused(void **state)
{
	size_t length = 1024 * 1024 + 1;
	char *text = test_malloc(length);
	struct loaded loaded;

	(void)state;
	memset(text, ' ', length);
	write_file(text, length, 0600);
	loaded = load_file(file);
	assert_notes(&loaded.faults, "line 1: the text is longer than 1048576 bytes");
	clear(&loaded);
	test_free(text);
}

/* Runs CHECK in a child, where it may become another user or change the environment. */
static void in_a_child(void (*check)(void))
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		check();
		_exit(0);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect(bool good, int number)
{
	if (!good)
		_exit(number);
}

static void check_strangers_file(void)
{
	struct loaded loaded;

	expect(chown(file, 4711, 0) == 0, 1);
	loaded = load_file(file);
	expect(loaded.status == -1 && loaded.faults.count == 1, 2);
	expect(strstr(loaded.faults.lines[0],
		      ": it must belong to root or to the user who runs this") != NULL,
	       3);
	clear(&loaded);
	/* The stranger may use it. */
	expect(seteuid(4711) == 0, 4);
	loaded = load_file(file);
	expect(loaded.status == 0, 5);
	clear(&loaded);
}

static void a_strangers_file_is_refused(void **state)
{
	static const char text[] = "{" REGISTRY "," CLEANUP_ "," PATHS "}";

	(void)state;
	assert_int_equal(geteuid(), 0);
	assert_int_equal(chmod(folder, 0711), 0);
	write_file(text, sizeof text - 1, 0600);
	in_a_child(check_strangers_file);
	assert_int_equal(chown(file, 0, 0), 0);
}

static void expect_state(const char *wanted, int number)
{
	struct loaded loaded = load_file(file);

	expect(loaded.status == 0 && strcmp(loaded.config.paths.state, wanted) == 0, number);
	clear(&loaded);
}

static void check_state_folder(void)
{
	setenv("XDG_STATE_HOME", "/x", 1);
	expect_state("/var/lib/clean-registry", 1);
	expect(seteuid(4711) == 0, 2);
	expect_state("/x/clean-registry", 3);
	setenv("HOME", "/h", 1);
	setenv("XDG_STATE_HOME", "relative", 1);
	expect_state("/h/.local/state/clean-registry", 4);
	unsetenv("XDG_STATE_HOME");
	expect_state("/h/.local/state/clean-registry", 5);
}

static void check_no_home(void)
{
	struct loaded loaded;

	expect(seteuid(4711) == 0, 1);
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	loaded = load_file(file);
	expect(loaded.status == -1 && loaded.faults.count == 1, 2);
	expect(strcmp(loaded.faults.lines[0],
		      "paths.state: required, because this user has no home folder") == 0,
	       3);
	clear(&loaded);
}

static void the_state_folder_depends_on_the_user(void **state)
{
	static const char text[] = "{" REGISTRY "," CLEANUP_ "," PATHS "}";

	(void)state;
	assert_int_equal(geteuid(), 0);
	assert_int_equal(chmod(folder, 0711), 0);
	write_file(text, sizeof text - 1, 0644);
	in_a_child(check_state_folder);
	in_a_child(check_no_home);
}

static void check_default_path(void)
{
	expect(chdir(folder) == 0, 1);
	expect(strcmp(config_default_path(), "./config.json") == 0, 2);
	expect(unlink("config.json") == 0, 3);
	if (access(SYSCONFDIR "/clean-registry/config.json", F_OK) == 0)
		expect(strcmp(config_default_path(), SYSCONFDIR "/clean-registry/config.json") == 0,
		       4);
	else
		expect(config_default_path() == NULL, 5);
}

static void the_folder_one_is_in_comes_first(void **state)
{
	(void)state;
	write_file("{}", 2, 0600);
	in_a_child(check_default_path);
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
	assert_int_equal(lines, 21);
	assert_non_null(
		strstr(text, "cleanup.days_to_keep\ta whole number, 1 to 36500\trequired\t"));
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
		cmocka_unit_test(each_fault_names_its_key),
		cmocka_unit_test(texts_that_are_no_configuration),
		cmocka_unit_test(the_container_is_needed_by_whoever_mentions_it),
		cmocka_unit_test(a_user_may_have_no_password),
		cmocka_unit_test(urls),
		cmocka_unit_test(what_is_surely_not_meant_is_a_warning),
		cmocka_unit_test(the_file_is_not_writable_by_others),
		cmocka_unit_test(without_a_password_everybody_may_read_it),
		cmocka_unit_test(other_kinds_of_files_are_refused),
		cmocka_unit_test(a_long_file_is_refused),
		cmocka_unit_test(a_strangers_file_is_refused),
		cmocka_unit_test(the_state_folder_depends_on_the_user),
		cmocka_unit_test(the_folder_one_is_in_comes_first),
		cmocka_unit_test(the_description_has_a_line_for_every_key),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
