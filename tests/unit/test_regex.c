/* Regular expressions: what matches, what does not compile, what takes too long, and that the
 * filter changes nothing. */
#include "util/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum regex_result match_bytes(const char *pattern, const char *text, size_t length)
{
	struct err err = { 0 };
	struct regex *regex = regex_new(pattern, &err);
	struct regex_text ready = regex_text(text, length);
	enum regex_result result;

	if (!regex)
		fail_msg("%s: %s", pattern, err.msg);
	result = regex_match(regex, &ready);
	/* Nothing is left behind by a match. */
	assert_int_equal(regex_match(regex, &ready), result);
	regex_free(regex);
	return result;
}

static enum regex_result match(const char *pattern, const char *text)
{
	return match_bytes(pattern, text, strlen(text));
}

static void expressions_match_a_part_of_the_text(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "develop-[\\d\\w]+$", "develop-289sa1s", true },
		{ "develop-[\\d\\w]+$", "my-develop-289sa1s", true },
		{ "develop-[\\d\\w]+$", "develop-289.sa1s", false },
		{ "develop-[\\d\\w]+$", "develop-", false },
		{ "v5\\.\\d+\\.\\d+-dev$", "v5.12.3-dev", true },
		{ "v5\\.\\d+\\.\\d+-dev$", "v5.12.3-dev2", false },
		{ "v5\\.\\d+\\.\\d+-dev$", "v5.12x3-dev", false },
		{ "^feature-[a-z]+-\\d+$", "feature-login-17", true },
		{ "^feature-[a-z]+-\\d+$", "a-feature-login-17", false },
		{ ".*-temp$", "x-temp", true },
		{ ".*-temp$", "-temp", true },
		{ ".*-temp$", "x-temporary", false },
		{ "^(dev|test)-.*", "test-1", true },
		{ "^(dev|test)-.*", "latest-1", false },
		{ "-rc\\d+$", "1.0-rc2", true },
		{ "-rc\\d+$", "1.0-rc", false },
		{ "develop", "Develop", false },
		{ "(?i)develop", "deVelop-1", true },
		{ "(?i)x$", "aX", true },
		{ "(?i:q)w", "Qw", true },
		{ "(?i)[k-m]z", "LZ", true },
		{ "(?P<name>a)b(?P=name)", "aba", true },
		{ "(?P<name>a)b(?P=name)", "abb", false },
		{ "(?<!x)a", "xa", false },
		{ "(?<!x)a", "xba", true },
		{ "(?<=x)a", "xa", true },
		{ "a(?=b)", "ab", true },
		{ "a|", "zzz", true },
		{ "", "", true },
		{ "", "x", true },
		{ "^$", "", true },
		{ "^$", "x", false },
		{ ".", "", false },
		{ "a*", "", true },
		{ "a+", "", false },
		{ "\\Aab", "ab", true },
		{ "\\Aab", "bab", false },
		{ "b\\z", "ab", true },
		{ "[^a-z]", "abc", false },
		{ "[^a-z]", "abC", true },
		{ "\\x41", "A", true },
		{ "\xc3\xa4", "x\xc3\xa4", true },
		{ "[\xc3]", "C", false },
		{ "\\Q.\\E$", "a.", true },
		{ "\\Q.\\E$", "ab", false },
		{ "(?x) a b # both", "ab", true },
		{ "(*NO_START_OPT)ab", "xab", true },
		{ "(*COMMIT)b", "ab", true },
		{ "a(*ACCEPT)bcd", "a", true },
		{ "(a(?1)?b)$", "aabb", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %s and '%s'\n", cases[i].pattern, cases[i].text);
		assert_int_equal(match(cases[i].pattern, cases[i].text),
				 cases[i].matches ? REGEX_YES : REGEX_NO);
	}
}

static void a_text_has_the_length_that_is_given(void **state)
{
	(void)state;
	assert_int_equal(match_bytes("b", "ab", 1), REGEX_NO);
	assert_int_equal(match_bytes("^a$", "ab", 1), REGEX_YES);
	assert_int_equal(match_bytes("b$", "a\0b", 3), REGEX_YES);
	assert_int_equal(match_bytes("^$", "a", 0), REGEX_YES);
}

static void faults_name_the_place_and_nothing_else(void **state)
{
	static const struct {
		const char *pattern, *message;
	} cases[] = {
		{ "secret(", "at offset 7: missing closing parenthesis" },
		{ "ab)", "at offset 2: unmatched closing parenthesis" },
		{ "[a-", "at offset 3: missing terminating ] for character class" },
		{ "*", "at offset 0: quantifier does not follow a repeatable item" },
		{ "a\\", "at offset 2: \\ at end of pattern" },
		{ "(?P<n>a)(?P<n>b)", "at offset 14: two named subpatterns have the same name "
				      "(PCRE2_DUPNAMES not set)" },
		{ "a\\C", "at offset 3: using \\C is disabled by the application" },
		{ "(*UTF)a", "at offset 6: using UTF is disabled by the application" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };

		print_message("# %s\n", cases[i].pattern);
		assert_null(regex_new(cases[i].pattern, &err));
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.kind, ERR_USAGE);
	}
	regex_free(NULL);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void what_backtracks_too_much_ends_soon(void **state)
{
	static const struct {
		const char *pattern;
		char last;
	} cases[] = {
		{ "(a+)+$", '!' },   { "(.*)*$x|x!", 'x' }, { "(a|aa)+$", '!' },
		{ "(a|a?)+$", '!' }, { "(.+)+z!?z", 'z' },  { "^(([a-z])+.)+[A-Z]([a-z])+$", 'a' },
	};
	char tag[129] = "";

	(void)state;
	memset(tag, 'a', 127);
	for (size_t i = 0; i < COUNT(cases); i++) {
		double start = milliseconds();
		enum regex_result result;

		tag[127] = cases[i].last;
		result = match(cases[i].pattern, tag);
		print_message("# %s: %d\n", cases[i].pattern, (int)result);
		/* It is two matches of less than a millisecond; a slow machine may take longer. */
		assert_true(milliseconds() - start < 200);
		assert_int_equal(result, REGEX_LIMIT);
	}
}

/* What people write for tags stays far from the limits, even for the longest tag. */
static void long_tags_are_within_the_limits(void **state)
{
	static const char *const patterns[] = {
		".*-.*-.*$",    "^[a-z-]+-[a-z-]+\\d$", "(-?[a-z]+)+\\d$",
		"\\w+-\\w+\\d", "^(a|b|-)*$",           "-[^-]*-[^-]*-\\d$",
	};
	char tag[129] = "";

	(void)state;
	for (size_t i = 0; i < 128; i++)
		tag[i] = i % 16 == 15 ? '-' : 'a';
	tag[127] = '7';
	for (size_t i = 0; i < COUNT(patterns); i++) {
		print_message("# %s\n", patterns[i]);
		assert_int_not_equal(match(patterns[i], tag), REGEX_LIMIT);
	}
}

/* A sequence of numbers that is the same in every run. */
static uint32_t next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static void random_text(uint32_t *seed, const char *const *pieces, uint32_t count, uint32_t length,
			char *text)
{
	text[0] = '\0';
	for (uint32_t i = next(seed, length + 1); i > 0; i--)
		strcat(text, pieces[next(seed, count)]);
}

/* PCRE2 alone, without the filter. -1: PATTERN does not compile. */
static int plain(const char *pattern, uint32_t options, const char *text)
{
	PCRE2_SIZE offset;
	int error, found;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
					 PCRE2_NEVER_BACKSLASH_C | options, &error, &offset, NULL);
	pcre2_match_data *match;

	if (!code)
		return -1;
	match = pcre2_match_data_create(1, NULL);
	found = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, match, NULL);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	return found >= 0 ? REGEX_YES : REGEX_NO;
}

static void the_filter_changes_no_result(void **state)
{
	static const char *const in_patterns[] = {
		"a",    "b",   "B",   "-",   "\\d", "\\w", ".",    "[ab]",    "[^a]", "*",
		"+",    "?",   "^",   "$",   "|",   "(",   "(?:",  ")",       ")",    "(?i)",
		"{2}",  "\\.", "1",   "\\b", "(?=", "(?!", "(?<=", "(?<!",    "\\K",  "(?>",
		"\xc3", "\\1", "(a)", "\\D", "\\A", "\\z", "\\W",  "[\xc3k]", "(b|)", "(?i:K)",
	};
	static const char *const in_texts[] = { "a", "b", "A",  "B",    "-", "1",
						".", "C", "\n", "\xc3", "k", "K" };
	uint32_t seed = 4;
	size_t compared = 0, matched = 0;

	(void)state;
	while (compared < 60000) {
		char pattern[128], text[64];
		int expected;

		random_text(&seed, in_patterns, COUNT(in_patterns), 7, pattern);
		random_text(&seed, in_texts, COUNT(in_texts), 6, text);
		expected = plain(pattern, 0, text);
		if (expected < 0)
			continue;
		if (match(pattern, text) != (enum regex_result)expected ||
		    plain(pattern, PCRE2_NO_START_OPTIMIZE, text) != expected)
			fail_msg("'%s' and '%s'", pattern, text);
		compared++;
		matched += expected == REGEX_YES;
	}
	/* Both answers were asked for. */
	assert_true(matched > 10000 && matched < 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_match_a_part_of_the_text),
		cmocka_unit_test(a_text_has_the_length_that_is_given),
		cmocka_unit_test(faults_name_the_place_and_nothing_else),
		cmocka_unit_test(what_backtracks_too_much_ends_soon),
		cmocka_unit_test(long_tags_are_within_the_limits),
		cmocka_unit_test(the_filter_changes_no_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
