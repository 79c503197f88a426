/* registry/reference: what `docker pull` takes, taken apart. */
#include "registry/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

static const char *const HOSTS[] = { "registry.example.com:5000", "localhost", "[::1]:5000" };
#define HOST_COUNT (sizeof HOSTS / sizeof *HOSTS)

static void assert_part(const char *text, const char *is, const char *wanted)
{
	if ((is == NULL) != (wanted == NULL) || (is && strcmp(is, wanted) != 0))
		fail_msg("%s: %s, not %s", text, is ? is : "NULL", wanted ? wanted : "NULL");
}

static void references_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *repository, *tag, *digest;
	} ROWS[] = {
		{ "app:v1", "app", "v1", NULL },
		{ "app", "app", NULL, NULL },
		{ "team/my.app_x/a-b:V_1.0-rc", "team/my.app_x/a-b", "V_1.0-rc", NULL },
		{ "app@" DIGEST, "app", NULL, DIGEST },
		{ "app:v1@" DIGEST, "app", "v1", DIGEST },
		{ "registry.example.com:5000/app:v1", "app", "v1", NULL },
		{ "REGISTRY.example.com:5000/team/app:v1", "team/app", "v1", NULL },
		{ "registry.example.com:5000/app@" DIGEST, "app", NULL, DIGEST },
		{ "localhost/app:v1", "app", "v1", NULL },
		{ "[::1]:5000/app", "app", NULL, NULL },
		{ "https://registry.example.com:5000/app:v1", "app", "v1", NULL },
		{ "HTTP://localhost/app", "app", NULL, NULL },
		/* What Docker takes for a host may begin a repository's name. */
		{ "my.org/app:v1", "my.org/app", "v1", NULL },
		{ "localhost/localhost/app", "localhost/app", NULL, NULL },
		{ "localhost", "localhost", NULL, NULL },
		{ "localhost:v1", "localhost", "v1", NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct reference is;
		struct err err = { 0 };

		if (reference_parse(ROWS[i].text, HOSTS, HOST_COUNT, &is, &err) < 0)
			fail_msg("%s: %s", ROWS[i].text, err.msg);
		assert_part(ROWS[i].text, is.repository, ROWS[i].repository);
		assert_part(ROWS[i].text, is.tag, ROWS[i].tag);
		assert_part(ROWS[i].text, is.digest, ROWS[i].digest);
		reference_clear(&is);
		assert_null(is.repository);
	}
}

static void what_is_no_reference_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} ROWS[] = {
		{ "", "no repository can have the name ''" },
		{ ":v1", "no repository can have the name ''" },
		{ "App:v1", "no repository can have the name 'App'" },
		{ "app/:v1", "no repository can have the name 'app/'" },
		{ "/app:v1", "no repository can have the name '/app'" },
		{ "../app:v1", "no repository can have the name '../app'" },
		{ "localhost/:v1", "no repository can have the name ''" },
		{ "a b:v1", "no repository can have the name 'a b'" },
		{ "app:", "no tag can have the name ''" },
		{ "app:v1:v2", "no tag can have the name 'v1:v2'" },
		{ "app:-v1", "no tag can have the name '-v1'" },
		{ "app:v\n1", "no tag can have the name 'v\n1'" },
		{ "app@", "'' is no digest" },
		{ "app@sha256:abc", "'sha256:abc' is no digest" },
		{ "app@" DIGEST ":v1", "'" DIGEST ":v1' is no digest" },
		{ "app@" DIGEST "@" DIGEST, "'" DIGEST "@" DIGEST "' is no digest" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct reference is = { 0 };
		struct err err = { 0 };

		assert_int_equal(reference_parse(ROWS[i].text, HOSTS, HOST_COUNT, &is, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_string_equal(err.msg, ROWS[i].says);
		assert_null(is.repository);
	}
}

static void another_registry_is_refused(void **state)
{
	static const char *const TEXTS[] = {
		"other.example.com:5000/app:v1",
		"registry.example.com:5001/app:v1",
		"https://my.org/app:v1",
		"http://app",
		"[::2]:5000/app:v1",
		"ftp://localhost/app:v1",
		"app:v1/other",
	};
	(void)state;

	for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
		struct reference is = { 0 };
		struct err err = { 0 };

		if (reference_parse(TEXTS[i], HOSTS, HOST_COUNT, &is, &err) == 0)
			fail_msg("%s is taken", TEXTS[i]);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(
			strstr(err.msg, "is not this registry (registry.example.com:5000)"));
		assert_null(is.repository);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_taken_apart),
		cmocka_unit_test(what_is_no_reference_is_refused),
		cmocka_unit_test(another_registry_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
