/* The keys of `notify` and report.ping_url: their values, what goes together, and that no note
 * tells a secret. */
#include "config_file.h"

#include <stdlib.h>

/* The frame: what must be there besides. */
static struct loaded load_notify(const char *notify)
{
	CLEANUP(free_p)
	char *text = xasprintf("{" REGISTRY "," CLEANUP_ "," PATHS ",\"notify\":%s}", notify);

	return load(text);
}

static void what_is_not_given_has_its_default(void **state)
{
	struct loaded loaded =
		load_notify("[{\"type\":\"webhook\",\"url\":\"https://h/x?y=1\"},"
			    "{\"type\":\"command\",\"command\":[\"logger\",\"-t\"]},"
			    "{\"type\":\"mail\",\"server\":\"smtp://h:587\",\"from\":\"a@b\","
			    "\"to\":[\"c@d\"]}]");
	const struct config_notify *items = loaded.config.notify.items;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_string_equal(loaded.config.report.ping_url, "");
	assert_int_equal(loaded.config.notify.count, 3);
	assert_int_equal(items[0].type, NOTIFY_WEBHOOK);
	assert_int_equal(items[0].on, 1U << NOTIFY_TROUBLE | 1U << NOTIFY_RECOVERY);
	assert_int_equal(items[0].timeout, 10);
	assert_int_equal(items[0].format, NOTIFY_JSON);
	assert_string_equal(items[0].url, "https://h/x?y=1");
	assert_string_equal(items[0].url_file, "");
	assert_string_equal(items[0].ca_cert, "");
	assert_int_equal(items[0].headers.count, 0);
	assert_int_equal(items[1].type, NOTIFY_COMMAND);
	assert_string_equal(items[1].command.items[1], "-t");
	assert_null(items[1].command.items[2]);
	assert_int_equal(items[2].type, NOTIFY_MAIL);
	assert_int_equal(items[2].starttls, STARTTLS_REQUIRED);
	assert_string_equal(items[2].user, "");
	assert_string_equal(items[2].to.items[0], "c@d");
	clear(&loaded);
}

static void all_of_it_can_be_set(void **state)
{
	struct loaded loaded =
		load("{" REGISTRY "," CLEANUP_ "," PATHS
		     ",\"report\":{\"ping_url\":\"https://h/uuid?create=1\"},\"notify\":["
		     "{\"type\":\"webhook\",\"url_file\":\"/u\",\"on\":\"always\",\"timeout\":60,"
		     "\"format\":\"ntfy\",\"ca_cert\":\"/ca\","
		     "\"headers\":[\"Authorization: Bearer x\",\"X-A:b\"]},"
		     "{\"type\":\"mail\",\"on\":[\"changes\",\"trouble\",\"changes\"],"
		     "\"server\":\"smtp://127.0.0.1:25\",\"starttls\":\"never\",\"user\":\"u\","
		     "\"password\":\"p\",\"from\":\"a.b+c@d\",\"to\":[\"e@f\",\"g@h\"]},"
		     "{\"type\":\"mail\",\"command\":[\"msmtp\",\"-t\"],\"from\":\"a@b\","
		     "\"to\":[\"c@d\"]},{\"type\":\"webhook\",\"url\":\"http://[::1]:8/\","
		     "\"format\":\"slack\",\"on\":[\"recovery\"]}]}");
	const struct config_notify *items = loaded.config.notify.items;

	(void)state;
	assert_notes(&loaded.faults, "");
	assert_notes(&loaded.warnings, "");
	assert_string_equal(loaded.config.report.ping_url, "https://h/uuid?create=1");
	assert_int_equal(items[0].on, 1U << NOTIFY_ALWAYS);
	assert_int_equal(items[0].timeout, 60);
	assert_int_equal(items[0].format, NOTIFY_NTFY);
	assert_string_equal(items[0].url, "");
	assert_string_equal(items[0].url_file, "/u");
	assert_string_equal(items[0].ca_cert, "/ca");
	assert_string_equal(items[0].headers.items[0], "Authorization: Bearer x");
	assert_int_equal(items[0].headers.count, 2);
	assert_int_equal(items[1].on, 1U << NOTIFY_CHANGES | 1U << NOTIFY_TROUBLE);
	assert_int_equal(items[1].starttls, STARTTLS_NEVER);
	assert_string_equal(items[1].password, "p");
	assert_int_equal(items[1].to.count, 2);
	assert_int_equal(items[2].command.count, 2);
	assert_string_equal(items[2].server, "");
	assert_int_equal(items[3].format, NOTIFY_SLACK);
	assert_int_equal(items[3].on, 1U << NOTIFY_RECOVERY);
	clear(&loaded);
}

/* What is in each of these is a secret. */
#define SECRET  "tHe-SeCrEt"
#define ADDRESS "\"from\":\"a@b\",\"to\":[\"c@d\"]"

static const struct fault_case {
	const char *item;
	const char *faults;
} FAULT_CASES[] = {
	{ "{}", "notify[0].type: required, but missing" },
	{ "{\"type\":\"pager\"}", "notify[0].type: expected \"webhook\", \"mail\" or \"command\"" },
	{ "{\"type\":\"webhook\"}", "notify[0].url: required, or url_file" },
	{ "{\"type\":\"webhook\",\"url\":\"http://h/" SECRET "\",\"url_file\":\"/u\"}",
	  "notify[0].url_file: must not be given beside url" },
	{ "{\"type\":\"webhook\",\"url\":\"ftp://h/" SECRET "\"}",
	  "notify[0].url: must begin with http:// or https://" },
	{ "{\"type\":\"webhook\",\"url\":\"https://u:" SECRET "@h/\"}",
	  "notify[0].url: must not hold user and password; a header can (notify[].headers)" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/ " SECRET "\"}",
	  "notify[0].url: must not hold blanks, backslashes or letters beyond ASCII" },
	{ "{\"type\":\"webhook\",\"url\":[\"" SECRET "\"]}",
	  "notify[0].url: expected a string, found a list" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"url_file\":\"u\"}",
	  "notify[0].url_file: must be an absolute path, beginning with '/'" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"headers\":[\"" SECRET "\"]}",
	  "notify[0].headers[0]: must be a header: NAME: VALUE" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"headers\":[\"A: \"]}",
	  "notify[0].headers[0]: must be a header: NAME: VALUE" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"headers\":[\"A: b\\r\\nX: y\"]}",
	  "notify[0].headers[0]: must not hold NUL or other control characters" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"headers\":[\"content-length: 1\"]}",
	  "notify[0].headers[0]: must not be Host, Content-Length, Transfer-Encoding, Connection "
	  "or Expect, which clean-registry sets itself" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"headers\":"
	  "{\"" SECRET "\":1,\"" SECRET "\":2}}",
	  "notify[0].headers: given twice, on line 1 and again on line 1\n"
	  "notify[0].headers: expected a list of strings, found an object" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"format\":\"teams\"}",
	  "notify[0].format: expected \"json\", \"slack\" or \"ntfy\"" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"timeout\":61}",
	  "notify[0].timeout: out of range, 1 to 60 is allowed" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"on\":[]}",
	  "notify[0].on: must not be empty" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"on\":\"never\"}",
	  "notify[0].on: expected \"always\", \"changes\", \"trouble\" or \"recovery\"" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"on\":[\"always\",1]}",
	  "notify[0].on[1]: expected \"always\", \"changes\", \"trouble\" or \"recovery\"" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"on\":7}",
	  "notify[0].on: expected a list, or one, of \"always\", \"changes\", \"trouble\" or "
	  "\"recovery\", found a number" },
	{ "{\"type\":\"webhook\",\"url\":\"https://h/\",\"server\":\"smtp://h\","
	  "\"command\":[\"x\"]}",
	  "notify[0].server: must not be given, because notify[0].type is \"webhook\"\n"
	  "notify[0].command: must not be given, because notify[0].type is \"webhook\"" },
	{ "{\"type\":\"command\",\"command\":[\"x\"],\"format\":\"json\",\"password\":\"\"}",
	  "notify[0].format: must not be given, because notify[0].type is \"command\"\n"
	  "notify[0].password: must not be given, because notify[0].type is \"command\"" },
	{ "{\"type\":\"command\"}", "notify[0].command: required, because type is \"command\"" },
	{ "{\"type\":\"command\",\"comand\":[\"x\"]}",
	  "notify[0].comand: unknown key; did you mean notify[0].command?" },
	{ "{\"type\":\"mail\"}", "notify[0].server: required, or command\n"
				 "notify[0].from: required, because type is \"mail\"\n"
				 "notify[0].to: required, because type is \"mail\"" },
	{ "{\"type\":\"mail\",\"server\":\"h:25\"," ADDRESS "}",
	  "notify[0].server: must begin with smtp:// or smtps://" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h/x\"," ADDRESS "}",
	  "notify[0].server: must name a host, and perhaps a port, and nothing else" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h\",\"command\":[\"x\"]," ADDRESS "}",
	  "notify[0].command: must not be given beside server" },
	{ "{\"type\":\"mail\",\"command\":[\"x\"],\"user\":\"u\",\"password\":\"" SECRET
	  "\"," ADDRESS "}",
	  "notify[0].command: user, password, password_file and ca_cert go with server alone" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h\",\"user\":\"u\"," ADDRESS "}",
	  "notify[0].password: required, or password_file, because of user" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h\",\"password\":\"" SECRET "\"," ADDRESS "}",
	  "notify[0].user: required, because there is a password" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h\",\"user\":\"u\",\"password\":\"" SECRET
	  "\",\"password_file\":\"/p\"," ADDRESS "}",
	  "notify[0].password_file: must not be given beside password" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://127.evil.example\",\"user\":\"u\","
	  "\"password\":\"" SECRET "\",\"starttls\":\"never\"," ADDRESS "}",
	  "notify[0].starttls: must not be \"never\": the password would be sent in the clear" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h\",\"from\":\"A <a@b>\",\"to\":[\"c@d\"]}",
	  "notify[0].from: must be an address alone, NAME@HOST, of plain letters" },
	{ "{\"type\":\"mail\",\"server\":\"smtp://h\",\"from\":\"a@b\",\"to\":[\"\",\"-o@d\"]}",
	  "notify[0].to[0]: must not be empty\n"
	  "notify[0].to[1]: must be an address, NAME@HOST" },
	{ "7", "notify[0]: expected an object, found a number" },
};

static void each_fault_is_told_without_a_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FAULT_CASES / sizeof *FAULT_CASES; i++) {
		CLEANUP(free_p) char *list = xasprintf("[%s]", FAULT_CASES[i].item);
		struct loaded loaded = load_notify(list);

		assert_notes(&loaded.faults, FAULT_CASES[i].faults);
		assert_null(strstr(FAULT_CASES[i].faults, SECRET));
		clear(&loaded);
	}
}

static void the_url_of_pings_is_checked(void **state)
{
	struct loaded loaded = load("{" REGISTRY "," CLEANUP_ "," PATHS
				    ",\"report\":{\"ping_url\":\"https://u:" SECRET "@h/x\"}}");

	(void)state;
	assert_notes(&loaded.faults, "report.ping_url: must not hold user and password; a header "
				     "can (notify[].headers)");
	clear(&loaded);
}

/* Whoever reads the file can tell in our name, or stop the pings. */
static void a_secret_that_everybody_can_read_is_a_warning(void **state)
{
	static const char *const SECRETS[][2] = {
		{ "{\"type\":\"webhook\",\"url\":\"https://h/x\"}", "notify[1].url" },
		{ "{\"type\":\"webhook\",\"url_file\":\"/u\",\"headers\":[\"A: b\"]}",
		  "notify[1].headers" },
		{ "{\"type\":\"mail\",\"server\":\"smtp://"
		  "h\",\"user\":\"u\",\"password\":\"p\"," ADDRESS "}",
		  "notify[1].password" },
		{ "{\"type\":\"webhook\",\"url_file\":\"/u\"}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof SECRETS / sizeof *SECRETS; i++) {
		CLEANUP(free_p)
		char *text = xasprintf("{" REGISTRY "," CLEANUP_ "," PATHS ",\"notify\":["
				       "{\"type\":\"command\",\"command\":[\"x\"]},%s]}",
				       SECRETS[i][0]);
		CLEANUP(free_p) char *wanted = xstrdup("");
		struct loaded loaded;

		if (SECRETS[i][1]) {
			free(wanted);
			wanted = xasprintf("%s: everybody can read it; run: chmod o-r %s",
					   SECRETS[i][1], file);
		}
		write_file(text, strlen(text), 0644);
		loaded = load_file(file);
		assert_notes(&loaded.warnings, wanted);
		clear(&loaded);
	}
}

/* As for passwords: children do not have it. */
static void a_url_from_the_environment_leaves_it(void **state)
{
	struct loaded loaded;

	(void)state;
	assert_int_equal(setenv("HOOK", "https://h/" SECRET, 1), 0);
	loaded = load_notify("[{\"type\":\"webhook\",\"url\":\"__ENV:HOOK\"}]");
	assert_notes(&loaded.faults, "");
	assert_string_equal(loaded.config.notify.items[0].url, "https://h/" SECRET);
	assert_null(getenv("HOOK"));
	clear(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(all_of_it_can_be_set),
		cmocka_unit_test(each_fault_is_told_without_a_secret),
		cmocka_unit_test(the_url_of_pings_is_checked),
		cmocka_unit_test(a_secret_that_everybody_can_read_is_a_warning),
		cmocka_unit_test(a_url_from_the_environment_leaves_it),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
