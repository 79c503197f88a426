/* Where user and password come from: a table of what docker and podman write, and files. */
#include "credentials/credentials.h"
#include "credentials/docker_config.h"

#include "config_file.h"
#include "util/secrets.h"

#define AUTH      "\"auth\":\"bWU6czNjOnIzdA==\"" /* me:s3c:r3t */
#define OTHER     "\"auth\":\"eW91Om90aGVy\""     /* you:other */
#define NO_LOGIN  "it has no login for h:5000; run: docker login h:5000"
#define NO_BASE64 "the login for h:5000 (auth) is no base64 of USER:PASSWORD"
#define TOKEN                                                                                    \
	"the login for h:5000 is an identity token, which is no password; log in with user and " \
	"password, or put them into registry.user and registry.password_file"

/* The registry is h:5000, and also called other:5000. */
static const struct {
	const char *sentence, *text;
	const char *found; /* USER PASSWORD, or HELPER with its name, or what is wrong */
} FILES[] = {
	{ "what docker login writes", "{\"auths\":{\"h:5000\":{" AUTH "}}}",
	  "me s3c:r3t of h:5000" },
	{ "a url", "{\"auths\":{\"https://h:5000/v1/\":{" AUTH "}}}", "me s3c:r3t of h:5000" },
	{ "a url with another path", "{\"auths\":{\"http://h:5000/x\":{" AUTH "}}}",
	  "me s3c:r3t of h:5000" },
	{ "the API's path", "{\"auths\":{\"h:5000/v2/\":{" AUTH "}}}", "me s3c:r3t of h:5000" },
	{ "exactly its name goes before a url",
	  "{\"auths\":{\"https://h:5000\":{" OTHER "},\"h:5000\":{" AUTH "}}}",
	  "me s3c:r3t of h:5000" },
	{ "its own name goes before another",
	  "{\"auths\":{\"other:5000\":{" OTHER "},\"h:5000\":{" AUTH "}}}",
	  "me s3c:r3t of h:5000" },
	{ "another of its names", "{\"auths\":{\"other:5000\":{" AUTH "}}}",
	  "me s3c:r3t of other:5000" },
	{ "as Kubernetes has it",
	  "{\"auths\":{\"h:5000\":{\"username\":\"me\",\"password\":\"x\"}}}", "me x of h:5000" },
	{ "without a password", "{\"auths\":{\"h:5000\":{\"username\":\"me\"}}}", "me  of h:5000" },
	{ "a longer name", "{\"auths\":{\"h:50000\":{" AUTH "},\"xh:5000\":{" AUTH "}}}",
	  NO_LOGIN },
	{ "no port", "{\"auths\":{\"h\":{" AUTH "}}}", NO_LOGIN },
	{ "no logins", "{\"auths\":{}}", NO_LOGIN },
	{ "nothing", "{}", NO_LOGIN },
	{ "nothing that is an object", "{\"auths\":[1],\"credHelpers\":\"x\",\"credsStore\":7}",
	  NO_LOGIN },
	{ "podman's for a namespace", "{\"auths\":{\"h:5000/team/app\":{" AUTH "}}}",
	  "its login is for h:5000/team/app only; what is asked for needs one for all of h:5000: "
	  "log in there without a path" },
	{ "and one for all", "{\"auths\":{\"h:5000/team\":{" OTHER "},\"h:5000\":{" AUTH "}}}",
	  "me s3c:r3t of h:5000" },
	{ "no base64", "{\"auths\":{\"h:5000\":{\"auth\":\"s3cr?tx=\"}}}", NO_BASE64 },
	{ "base64 that is cut", "{\"auths\":{\"h:5000\":{\"auth\":\"bWU6c\"}}}", NO_BASE64 },
	{ "no colon in it", "{\"auths\":{\"h:5000\":{\"auth\":\"bWU=\"}}}", NO_BASE64 },
	{ "a NUL in it", "{\"auths\":{\"h:5000\":{\"auth\":\"bWU6AHg=\"}}}", NO_BASE64 },
	{ "an identity token",
	  "{\"auths\":{\"h:5000\":{\"auth\":\"bWU6\",\"identitytoken\":\"s3cr3t\"}}}", TOKEN },
	{ "a bearer token", "{\"auths\":{\"h:5000\":{\"registrytoken\":\"s3cr3t\"}}}", TOKEN },
	{ "a store goes before auths",
	  "{\"auths\":{\"h:5000\":{" AUTH "}},\"credsStore\":\"pass\"}", "helper pass of any" },
	{ "a helper of its own goes before the store",
	  "{\"credsStore\":\"pass\",\"credHelpers\":{\"x\":\"no\",\"other:5000\":\"own-1\"}}",
	  "helper own-1 of other:5000" },
	{ "an empty helper means auths",
	  "{\"auths\":{\"h:5000\":{" AUTH "}},\"credsStore\":\"pass\","
	  "\"credHelpers\":{\"h:5000\":\"\"}}",
	  "me s3c:r3t of h:5000" },
	{ "a helper with a path", "{\"credsStore\":\"../../evil\"}",
	  "the name of a credential helper has a character that is neither a letter nor a digit "
	  "nor one of _.-" },
	{ "a key given twice", "{\"auths\":{\"h:5000\":{" AUTH "},\n\"h:5000\":{" OTHER "}}}",
	  "line 2: a key is given twice" },
	{ "no object", "[]", "an object is expected" },
	{ "no JSON", "s3cr3t", "line 1: expected a value" },
};

static char *found_in(const char *text)
{
	char *items[] = { (char[]){ "h:5000" }, (char[]){ "other:5000" }, NULL };
	const struct string_list names = { items, 2 };
	CLEANUP(docker_config_clear) struct docker_login login = { 0 };
	struct err err = { 0 };

	if (docker_config_find(text, strlen(text), &names, &login, &err) < 0)
		return xstrdup(err.msg);
	if (login.helper)
		return xasprintf("helper %s of %s", login.helper, login.name ? login.name : "any");
	return xasprintf("%s %s of %s", login.user, login.password, login.name);
}

static void a_login_is_found_as_docker_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		CLEANUP(free_p) char *found = found_in(FILES[i].text);

		if (strcmp(found, FILES[i].found) != 0)
			fail_msg("%s: %s", FILES[i].sentence, found);
		secrets_clear();
	}
}

/* One byte more or less anywhere, or cut: no crash, and no login that was not there. */
static void a_damaged_file_has_no_other_login(void **state)
{
	static const char text[] = "{\"auths\":{\"h:5000\":{" AUTH "},\"x\":{}}}";

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		CLEANUP(free_p) char *cut = xstrndup(text, i);
		CLEANUP(free_p) char *found = found_in(cut);

		assert_non_null(strstr(found, "line 1"));
	}
	secrets_clear();
}

#define FRAME(keys)                                                                            \
	"{\"registry\":{\"url\":\"http://h:5000\",\"container\":\"c\",%s}," CLEANUP_ "," PATHS \
	"}",                                                                                   \
		keys

/* Completes a configuration with these KEYS; %s in them is OTHER's path. Returns what is wrong, or
 * "USER PASSWORD". */
static char *complete(const char *keys, const char *other, struct notes *told,
		      struct notes *warnings)
{
	CLEANUP(free_p) char *more = xasprintf("%s\"%s\"", keys, other);
	CLEANUP(free_p) char *text = xasprintf(FRAME(more));
	struct loaded loaded = load(text);
	struct err err = { 0 };
	char *found;

	assert_notes(&loaded.faults, "");
	if (credentials_complete(&loaded.config, told, warnings, &err) < 0)
		found = xstrdup(err.msg);
	else
		found = xasprintf("%s %s", loaded.config.registry.user,
				  loaded.config.registry.password);
	clear(&loaded);
	secrets_clear();
	return found;
}

static const struct {
	const char *sentence, *content;
	size_t length; /* 0: as a string */
	mode_t mode;
	const char *found;   /* %s: the file's path */
	const char *warning; /* the same; NULL: none */
} PASSWORDS[] = {
	{ "a line", "s3cr3t word\n", 0, 0600, "me s3cr3t word", NULL },
	{ "no newline", "s3cr3t", 0, 0640, "me s3cr3t", NULL },
	{ "CRLF", "s3cr3t\r\n", 0, 0400, "me s3cr3t", NULL },
	{ "only one newline goes", "s3cr3t\n\n", 0, 0600,
	  "registry.password_file: %s: one line is expected: it must not hold NUL or other control "
	  "characters",
	  NULL },
	{ "two lines", "me\ns3cr3t\n", 0, 0600,
	  "registry.password_file: %s: one line is expected: it must not hold NUL or other control "
	  "characters",
	  NULL },
	{ "NUL", "s3c\0ret", 7, 0600,
	  "registry.password_file: %s: one line is expected: it must not hold NUL or other control "
	  "characters",
	  NULL },
	{ "empty", "", 0, 0600, "registry.password_file: %s: it is empty", NULL },
	{ "an empty line", "\n", 0, 0600, "registry.password_file: %s: it is empty", NULL },
	{ "everybody reads it", "s3cr3t", 0, 0644, "me s3cr3t",
	  "registry.password_file: everybody can read it; run: chmod o-r %s" },
	{ "others write it", "s3cr3t", 0, 0620,
	  "registry.password_file: %s: it can be written by others than its owner; run: chmod go-w "
	  "%s",
	  NULL },
};

static char *filled(const char *format, const char *path)
{
	struct buf text = { 0 };

	for (const char *at = format; *at; at++) {
		if (strncmp(at, "%s", 2) == 0)
			buf_text(&text, path), at++;
		else
			buf_add(&text, at, 1);
	}
	return text.data ? text.data : xstrdup("");
}

static void write_other(const char *path, const char *text, size_t length, mode_t mode)
{
	char *before = file;

	file = xstrdup(path);
	write_file(text, length, mode);
	free(file);
	file = before;
}

static void a_password_is_the_one_line_of_its_file(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/password", folder);

	(void)state;
	for (size_t i = 0; i < sizeof PASSWORDS / sizeof *PASSWORDS; i++) {
		size_t length =
			PASSWORDS[i].length ? PASSWORDS[i].length : strlen(PASSWORDS[i].content);
		CLEANUP(free_p) char *wanted = filled(PASSWORDS[i].found, path);
		CLEANUP(free_p)
		char *warning = filled(PASSWORDS[i].warning ? PASSWORDS[i].warning : "", path);
		CLEANUP(notes_clear) struct notes told = { 0 }, warnings = { 0 };
		CLEANUP(free_p) char *found = NULL;

		write_other(path, PASSWORDS[i].content, length, PASSWORDS[i].mode);
		found = complete("\"user\":\"me\",\"password_file\":", path, &told, &warnings);
		print_message("# %s\n", PASSWORDS[i].sentence);
		assert_string_equal(found, wanted);
		assert_notes(&warnings, warning);
		assert_int_equal(told.count, strncmp(found, "me ", 3) == 0 ? 1 : 0);
		notes_clear(&warnings);
		unlink(path);
	}
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct notes told = { 0 }, warnings = { 0 };
	CLEANUP(free_p)
	char *password =
		complete("\"user\":\"me\",\"password_file\":", "/nonexistent/x", &told, &warnings);
	CLEANUP(free_p)
	char *docker = complete("\"docker_config\":", "/nonexistent/x", &told, &warnings);
	CLEANUP(free_p)
	char *key = complete("\"client_cert\":\"/x\",\"client_key\":", "/nonexistent/x", &told,
			     &warnings);

	(void)state;
	assert_string_equal(password,
			    "registry.password_file: /nonexistent/x: No such file or directory");
	assert_string_equal(docker,
			    "registry.docker_config: /nonexistent/x: No such file or directory");
	assert_string_equal(key, "registry.client_key: /nonexistent/x: No such file or directory");
	assert_int_equal(told.count + warnings.count, 0);
}

/* Nobody is logged in without being asked. */
static void without_the_key_no_file_is_read(void **state)
{
	struct notes told = { 0 }, warnings = { 0 };
	CLEANUP(free_p) char *found = NULL;

	(void)state;
	setenv("DOCKER_CONFIG", folder, 1);
	setenv("HOME", folder, 1);
	found = complete("\"docker_config\":", "", &told, &warnings);
	assert_string_equal(found, " ");
	/* The configuration itself stands where docker would have its own. */
	free(steal(&found));
	found = complete("\"docker_config\":", "default", &told, &warnings);
	assert_non_null(strstr(found, "config.json: it has no login for h:5000"));
	unsetenv("DOCKER_CONFIG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_is_found_as_docker_does),
		cmocka_unit_test(a_damaged_file_has_no_other_login),
		cmocka_unit_test(a_password_is_the_one_line_of_its_file),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(without_the_key_no_file_is_read),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
