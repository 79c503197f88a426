/* Globs over names of repositories. */
#include "util/buf.h"
#include "util/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void names_match_globs_as_a_whole(void **state)
{
	static const struct {
		const char *glob;
		const char *name;
		bool matches;
	} cases[] = {
		{ "app", "app", true },
		{ "app", "app2", false },
		{ "app", "my/app", false },
		{ "app", "App", false },
		{ "team/*", "team/a", true },
		{ "team/*", "team/", true },
		{ "team/*", "team", false },
		{ "team/*", "team/a/b", false },
		{ "team/*", "my/team/a", false },
		{ "team/**", "team/a", true },
		{ "team/**", "team/a/b/c", true },
		{ "team/**", "team", false },
		{ "team/**", "teams/a", false },
		{ "*", "a", true },
		{ "*", "a/b", false },
		{ "*/*", "a/b", true },
		{ "*/*", "a/b/c", false },
		{ "**", "a", true },
		{ "**", "a/b/c", true },
		{ "**", "", true },
		{ "***", "a/b/c", true },
		{ "**/cache", "cache", true },
		{ "**/cache", "a/cache", true },
		{ "**/cache", "a/b/cache", true },
		{ "**/cache", "a/mycache", false },
		{ "**/cache", "cache/a", false },
		{ "a/**/z", "a/z", true },
		{ "a/**/z", "a/b/z", true },
		{ "a/**/z", "a/b/c/z", true },
		{ "a/**/z", "az", false },
		{ "a/**/z", "a/bz", false },
		{ "a**/z", "a/z", true },
		{ "a**/z", "ab/c/z", true },
		{ "a**/z", "az", false },
		{ "a**z", "a/b/z", true },
		{ "a**z", "az", true },
		{ "a*z", "abcz", true },
		{ "a*z", "az", true },
		{ "a*z", "ab/z", false },
		{ "a*z", "abczd", false },
		{ "*a*b", "xaxb", true },
		{ "*a*b", "xbxa", false },
		{ "*-dev", "a-dev-dev", true },
		{ "**x*/y", "a/x/bx/y", true },
		{ "**/*-ci/*", "a/b-ci/c", true },
		{ "**/*-ci/*", "b-ci/c", true },
		{ "**/*-ci/*", "a/b-ci/c/d", false },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "a?c", "a/c", false },
		{ "a?", "a", false },
		{ "[ab]", "a", false },
		{ "[ab]", "[ab]", true },
		{ "a.c", "abc", false },
		{ "a\\*", "a*", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("# %s and %s\n", cases[i].glob, cases[i].name);
		assert_int_equal(glob_matches(cases[i].glob, cases[i].name), cases[i].matches);
	}
}

/* The same rules written down once more, as they are defined, without a thought for speed. */
static bool naive(const char *glob, const char *name, bool component)
{
	if (!*glob)
		return !*name;
	if (strncmp(glob, "**", 2) == 0) {
		if (component && glob[2] == '/' && naive(glob + 3, name, true))
			return true;
		for (const char *rest = name;; rest++) {
			if (naive(glob + 2, rest, false))
				return true;
			if (!*rest)
				return false;
		}
	}
	if (*glob == '*') {
		for (const char *rest = name;; rest++) {
			if (naive(glob + 1, rest, false))
				return true;
			if (!*rest || *rest == '/')
				return false;
		}
	}
	if (!*name || (*glob == '?' ? *name == '/' : *glob != *name))
		return false;
	return naive(glob + 1, name + 1, *glob == '/');
}

static void spell(size_t number, const char *letters, char *text)
{
	size_t count = strlen(letters), length = 0;

	for (; number > 0; number = (number - 1) / count)
		text[length++] = letters[(number - 1) % count];
	text[length] = '\0';
}

/* All globs up to five letters against all names up to four. */
static void globs_agree_with_their_definition(void **state)
{
	char glob[16] = "", name[16] = "";
	size_t agreed = 0;

	(void)state;
	for (size_t i = 1; i <= 4 + 16 + 64 + 256 + 1024; i++) {
		spell(i, "a*/?", glob);
		/* Three stars in a row: their definition is that of two. */
		if (strstr(glob, "***"))
			continue;
		for (size_t j = 1; j <= 3 + 9 + 27 + 81; j++) {
			spell(j, "ab/", name);
			if (glob_matches(glob, name) != naive(glob, name, true))
				fail_msg("'%s' and '%s'", glob, name);
			agreed++;
		}
	}
	assert_true(agreed > 100000);
}

static void hostile_globs_take_no_time(void **state)
{
	struct buf glob = { 0 }, name = { 0 };
	struct timespec start, end;

	(void)state;
	for (int i = 0; i < 60; i++) {
		buf_text(&glob, i % 2 ? "*a" : "**a");
		buf_text(&name, "aaaa");
	}
	buf_text(&glob, "z");
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_false(glob_matches(buf_string(&glob), buf_string(&name)));
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - start.tv_sec < 5);
	buf_free(&glob);
	buf_free(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_globs_as_a_whole),
		cmocka_unit_test(globs_agree_with_their_definition),
		cmocka_unit_test(hostile_globs_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
