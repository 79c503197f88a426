/* Scaleway's own config.yaml: which profile is taken, what is refused, and that nothing tells a
 * secret. */
#include "credentials/credentials.h"
#include "credentials/scaleway_config.h"

#include "config_file.h"
#include "util/secrets.h"

#define ID    "12345678-9abc-def0-1234-56789abcdef0"
#define OTHER "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define TWO                                                                       \
	"secret_key: " ID "\ndefault_region: fr-par\nprofiles:\n  work:\n    "    \
	"secret_key: " OTHER "\n    api_url: http://h\n  empty:\n  region:\n    " \
	"default_region: nl-ams\n"

static const struct {
	const char *sentence, *text, *name;
	const char *found; /* "NAME SECRET URL REGION", with - for what is not there */
} FILES[] = {
	{ "what scw init writes",
	  "access_key: SCWAAAAAAAAAAAAAAAAA\nsecret_key: " ID "\n# api_url: x\n", NULL,
	  "- " ID " - -" },
	{ "a profile by its name", TWO, "work", "work " OTHER " http://h fr-par" },
	{ "what a profile does not say is taken from outside", TWO, "region",
	  "region " ID " - nl-ams" },
	{ "an empty profile", TWO, "empty", "empty " ID " - fr-par" },
	{ "the one outside", TWO, NULL, "- " ID " - fr-par" },
	{ "by the name that SDKs keep for it", TWO, "default", "- " ID " - fr-par" },
	{ "the active one", TWO "active_profile: work\n", NULL, "work " OTHER " http://h fr-par" },
	{ "a name goes before the active one", TWO "active_profile: work\n", "region",
	  "region " ID " - nl-ams" },
	{ "no active one", TWO "active_profile: ~\n", NULL, "- " ID " - fr-par" },
	{ "JSON is YAML", "{\"secret_key\": \"" ID "\", \"profiles\": {\"a\": {}}}", "a",
	  "a " ID " - -" },
	{ "quotes", "secret_key: '" ID "'\napi_url: \"http://h\"", NULL, "- " ID " http://h -" },
	{ "other keys hold anything", "secret_key: " ID "\nx: [1, {a: [b]}]\ny: {secret_key: z}\n",
	  NULL, "- " ID " - -" },
	{ "the same in a profile", "profiles: {p: {secret_key: " ID ", x: {secret_key: z}}}", "p",
	  "p " ID " - -" },
	{ "no key", "access_key: x\n", NULL, "- - - -" },
	{ "null is none", "secret_key: null\napi_url: ~\n", NULL, "- - - -" },
	{ "a quoted word is one", "secret_key: 'null'\n", NULL, "- null - -" },
	{ "nothing", "", NULL, "- - - -" },
	{ "only a comment", "# secret_key: x\n", NULL, "- - - -" },
	{ "profiles that are null", "profiles:\nsecret_key: " ID "\n", NULL, "- " ID " - -" },
	{ "a profile that is not there", TWO, "play", "it has no profile play" },
	{ "an active one that is not there", TWO "active_profile: play\n", NULL,
	  "it has no profile play" },
	{ "names are compared as they are", TWO, "Work", "it has no profile Work" },
	{ "a profile of the name that SDKs keep",
	  "secret_key: " ID "\nprofiles: {default: {secret_key: " OTHER "}}", "default",
	  "it has a profile with the name default, which Scaleway's own tools do not all read as "
	  "the same: rename it" },
	{ "a list", "- secret_key: " ID, NULL, "line 1: a mapping is expected" },
	{ "a word", ID, NULL, "line 1: a mapping is expected" },
	{ "profiles in a list", "profiles:\n- a\n", NULL, "line 2: a mapping is expected" },
	{ "profiles in a word", "profiles: " ID, NULL, "line 1: a mapping is expected" },
	{ "a profile in a word", "profiles:\n  a: " ID, NULL, "line 2: a mapping is expected" },
	{ "a profile in a list", "profiles: {a: [" ID "]}", NULL, "line 1: a mapping is expected" },
	{ "a key in a list", "secret_key: [" ID "]", NULL, "line 1: a text is expected" },
	{ "a region in a mapping", "profiles: {a: {default_region: {}}}", NULL,
	  "line 1: a text is expected" },
	{ "an alias", "x: &a " ID "\nsecret_key: *a\n", NULL,
	  "line 1: it has an anchor or a tag, which is not followed" },
	{ "an alias alone", "secret_key: *a\n", NULL,
	  "line 1: it has an alias, which is not followed" },
	{ "a tag", "secret_key: !!str " ID, NULL,
	  "line 1: it has an anchor or a tag, which is not followed" },
	{ "an anchor of a mapping", "profiles: &a {}", NULL,
	  "line 1: it has an anchor or a tag, which is not followed" },
	{ "a merge key", "profiles: {a: {<<: {secret_key: " ID "}}}", NULL,
	  "line 1: it has a merge key (<<), which is not followed" },
	{ "a key given twice", "secret_key: " ID "\nsecret_key: " OTHER, NULL,
	  "line 2: a key is given twice" },
	{ "also where the first is null", "secret_key:\nsecret_key: " OTHER, NULL,
	  "line 2: a key is given twice" },
	{ "a profile given twice", "profiles: {a: {}, a: {secret_key: " OTHER "}}", NULL,
	  "line 1: a profile is given twice" },
	{ "profiles given twice", "profiles: {}\nprofiles: {}\n", NULL,
	  "line 2: a key is given twice" },
	{ "a key that is a mapping", "? {a: b}\n: c\n", NULL, "line 1: a key is no plain text" },
	{ "two documents", "secret_key: " ID "\n---\nsecret_key: " OTHER, NULL,
	  "line 2: it has two documents" },
	{ "a NUL", "secret_key: \"" ID "\\0\"", NULL, "line 1: it has a NUL" },
	{ "no YAML", "secret_key: '" ID, NULL, "line 1: found unexpected end of stream" },
	{ "tabs", "profiles:\n\ta: b", NULL,
	  "line 2: found character that cannot start any token" },
	{ "bytes that are no UTF-8", "secret_key: \xff\xfe", NULL,
	  "line 1: invalid leading UTF-8 octet" },
	{ "UTF-16", "\xff\xfes", NULL, "line 1: invalid leading UTF-8 octet" },
};

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

static char *found_in(const char *text, size_t length, const char *name)
{
	CLEANUP(scaleway_config_clear) struct scaleway_profile found = { 0 };
	struct err err = { 0 };

	if (scaleway_config_find(text, length, name, &found, &err) < 0)
		return xstrdup(err.msg);
	return xasprintf("%s %s %s %s", or_none(found.name), or_none(found.secret_key),
			 or_none(found.api_url), or_none(found.region));
}

static void a_profile_is_found_as_scaleways_tools_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
		CLEANUP(free_p)
		char *found = found_in(FILES[i].text, strlen(FILES[i].text), FILES[i].name);

		if (strcmp(found, FILES[i].found) != 0)
			fail_msg("%s: %s", FILES[i].sentence, found);
		secrets_clear();
	}
}

/* Deep and many. */
static void what_is_huge_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf deep = { 0 }, many = { 0 };
	CLEANUP(free_p) char *found_deep = NULL, *found_many = NULL;

	(void)state;
	buf_text(&deep, "x: ");
	for (int i = 0; i < 60; i++)
		buf_text(&deep, "[");
	buf_text(&many, "profiles:\n");
	for (int i = 0; i < 1001; i++)
		buf_format(&many, "  p%d:\n", i);
	found_deep = found_in(deep.data, deep.length, NULL);
	found_many = found_in(many.data, many.length, NULL);
	assert_string_equal(found_deep, "line 1: it is nested too deeply");
	assert_string_equal(found_many, "line 1002: it has more than 1000 profiles");
}

/* Of every profile, not only of the one that is taken. */
static void every_secret_is_masked(void **state)
{
	CLEANUP(free_p) char *found = found_in(TWO, strlen(TWO), NULL);
	CLEANUP(free_p)
	char *shown = secrets_masked("a " ID " b " OTHER " c AAAAAAAA-BBBB-CCCC-"
				     "DDDD-EEEEEEEEEEEE");

	(void)state;
	assert_non_null(found);
	assert_null(strchr(shown, '9'));
	assert_null(strstr(shown, "eeee"));
	assert_null(strstr(shown, "EEEE"));
	secrets_clear();
}

static const struct {
	const char *sentence, *content;
	mode_t mode;
	const char *keys;     /* of the registry, behind the kind and the region */
	const char *variable; /* SCW_SECRET_KEY; NULL: not set */
	const char *profile;  /* SCW_PROFILE; NULL: not set */
	const char *found;    /* the secret key, or what is wrong; @ is the file's path */
	const char *warning, *told;
} COMPLETE[] = {
	{ "the file alone", TWO, 0600, "", NULL, NULL, ID, "", "the secret key is from @" },
	{ "a profile", TWO, 0600, ",\"scaleway_profile\":\"work\",\"url\":\"http://h/\"", NULL,
	  NULL, OTHER, "", "the secret key is from @, profile work" },
	{ "the environment's profile", TWO, 0600, ",\"url\":\"http://h\"", NULL, "work", OTHER, "",
	  "the secret key is from @, profile work" },
	{ "the key goes before it", TWO, 0600, ",\"scaleway_profile\":\"empty\"", NULL, "work", ID,
	  "", "the secret key is from @, profile empty" },
	{ "an empty variable is none", TWO, 0600, "", "", "", ID, "", "the secret key is from @" },
	{ "another region", TWO, 0600, ",\"scaleway_profile\":\"region\"", NULL, NULL, ID,
	  "registry.scaleway_config: @: its default_region is not used, because registry.region is "
	  "another one",
	  "the secret key is from @, profile region" },
	{ "another API", TWO, 0600, ",\"scaleway_profile\":\"work\"", NULL, NULL,
	  "registry.scaleway_config: @: its api_url is another one than registry.url", "", "" },
	{ "what is no API", "secret_key: " ID "\napi_url: ftp://h\n", 0600, "", NULL, NULL,
	  "registry.scaleway_config: @: its api_url is another one than registry.url", "", "" },
	{ "the same API, written otherwise",
	  "secret_key: " ID "\napi_url: HTTPS://API.scaleway.com:443/\n", 0600, "", NULL, NULL, ID,
	  "", "the secret key is from @" },
	{ "the same key in the environment", TWO, 0600, "", "12345678-9ABC-DEF0-1234-56789ABCDEF0",
	  NULL, ID, "", "the secret key is from @" },
	{ "another key there", TWO, 0600, "", OTHER, NULL,
	  "registry.scaleway_config: @: its secret_key is another one than SCW_SECRET_KEY: unset "
	  "that, or write \"__ENV: SCW_SECRET_KEY\" into registry.secret_key instead of this key",
	  "", "" },
	{ "no secret key", "access_key: x\n", 0600, "", ID, NULL,
	  "registry.scaleway_config: @: it has no secret_key", "", "" },
	{ "one that is none", "secret_key: s3cr3t\n", 0600, "", NULL, NULL,
	  "registry.scaleway_config: @: its secret_key is no UUID", "", "" },
	{ "no YAML", "[", 0600, "", NULL, NULL,
	  "registry.scaleway_config: @: line 1: a mapping is expected", "", "" },
	{ "everybody reads it", TWO, 0644, "", NULL, NULL, ID,
	  "registry.scaleway_config: everybody can read it; run: chmod o-r @",
	  "the secret key is from @" },
	{ "others write it", TWO, 0620, "", NULL, NULL,
	  "registry.scaleway_config: @: it can be written by others than its owner; run: chmod "
	  "go-w @",
	  "", "" },
};

/* TEXT with the file's path for each @. */
static char *with_path(const char *text, const char *path)
{
	struct buf result = { 0 };

	for (; *text; text++) {
		if (*text == '@')
			buf_text(&result, path);
		else
			buf_add(&result, text, 1);
	}
	return result.data ? result.data : xstrdup("");
}

static void set(const char *name, const char *value)
{
	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void assert_case(size_t i, const char *path)
{
	CLEANUP(free_p)
	char *text = xasprintf("{\"registry\":{\"kind\":\"scaleway\",\"region\":\"fr-par\","
			       "\"scaleway_config\":\"%s\"%s}," CLEANUP_ "}",
			       path, COMPLETE[i].keys);
	CLEANUP(notes_clear) struct notes told = { 0 }, warnings = { 0 };
	CLEANUP(free_p) char *wanted = with_path(COMPLETE[i].found, path);
	CLEANUP(free_p) char *warning = with_path(COMPLETE[i].warning, path);
	CLEANUP(free_p) char *tale = with_path(COMPLETE[i].told, path);
	struct err err = { 0 };
	struct loaded loaded;
	int result;

	print_message("# %s\n", COMPLETE[i].sentence);
	set("SCW_SECRET_KEY", COMPLETE[i].variable);
	set("SCW_PROFILE", COMPLETE[i].profile);
	loaded = load(text);
	assert_notes(&loaded.faults, "");
	/* No child has it. */
	assert_null(getenv("SCW_SECRET_KEY"));
	result = credentials_complete(&loaded.config, &told, &warnings, &err);
	assert_string_equal(result < 0 ? err.msg : loaded.config.registry.secret_key, wanted);
	assert_notes(&warnings, warning);
	assert_notes(&told, tale);
	clear(&loaded);
	secrets_clear();
}

static void the_secret_key_is_the_profiles(void **state)
{
	CLEANUP(free_p) char *path = xasprintf("%s/scw.yaml", folder);

	(void)state;
	for (size_t i = 0; i < sizeof COMPLETE / sizeof *COMPLETE; i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		size_t length = strlen(COMPLETE[i].content);

		assert_true(fd >= 0);
		assert_true(write(fd, COMPLETE[i].content, length) == (ssize_t)length);
		assert_int_equal(fchmod(fd, COMPLETE[i].mode), 0);
		close(fd);
		assert_case(i, path);
		unlink(path);
	}
	set("SCW_PROFILE", NULL);
}

/* Where "default" is; none of the files is there, so that each is told. */
static void default_is_where_scaleways_tools_look(void **state)
{
	static const struct {
		const char *path, *xdg, *found;
	} WAYS[] = {
		{ "/nonexistent/p.yaml", "/nonexistent/xdg", "/nonexistent/p.yaml" },
		{ NULL, "/nonexistent/xdg", "/nonexistent/xdg/scw/config.yaml" },
		{ NULL, "relative", "/nonexistent/home/.config/scw/config.yaml" },
		{ "", NULL, "/nonexistent/home/.config/scw/config.yaml" },
	};

	(void)state;
	set("HOME", "/nonexistent/home");
	for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
		struct loaded loaded;
		struct notes told = { 0 };
		struct err err = { 0 };
		CLEANUP(free_p)
		char *wanted = xasprintf("registry.scaleway_config: %s: No such file or directory",
					 WAYS[i].found);

		set("SCW_CONFIG_PATH", WAYS[i].path);
		set("XDG_CONFIG_HOME", WAYS[i].xdg);
		loaded = load("{\"registry\":{\"kind\":\"scaleway\",\"region\":\"fr-par\","
			      "\"scaleway_config\":\"default\"}," CLEANUP_ "}");
		assert_int_equal(credentials_complete(&loaded.config, &told, &told, &err), -1);
		assert_string_equal(err.msg, wanted);
		assert_string_equal(loaded.config.registry.scaleway_config, WAYS[i].found);
		clear(&loaded);
	}
	set("SCW_CONFIG_PATH", NULL);
	set("XDG_CONFIG_HOME", NULL);
}

/* Another file than the one that is meant would have another key. */
static void a_relative_path_is_not_passed_over(void **state)
{
	struct notes told = { 0 };
	struct err err = { 0 };
	struct loaded loaded;

	(void)state;
	set("SCW_CONFIG_PATH", "scw.yaml");
	loaded = load("{\"registry\":{\"kind\":\"scaleway\",\"region\":\"fr-par\","
		      "\"scaleway_config\":\"default\"}," CLEANUP_ "}");
	assert_int_equal(credentials_complete(&loaded.config, &told, &told, &err), -1);
	assert_string_equal(err.msg,
			    "registry.scaleway_config: SCW_CONFIG_PATH must be an absolute path");
	clear(&loaded);
	set("SCW_CONFIG_PATH", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_is_found_as_scaleways_tools_do),
		cmocka_unit_test(what_is_huge_is_refused),
		cmocka_unit_test(every_secret_is_masked),
		cmocka_unit_test(the_secret_key_is_the_profiles),
		cmocka_unit_test(default_is_where_scaleways_tools_look),
		cmocka_unit_test(a_relative_path_is_not_passed_over),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
