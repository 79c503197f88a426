/* util/secrets: what is masked. */
#include "util/secrets.h"

#include "util/err.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const struct {
	const char *sentence;
	const char *user, *password;
	const char *text, *masked;
} ROWS[] = {
	{ "as it is, each time", "u", "hunter22", "a hunter22, hunter22", "a ********, ********" },
	{ "within a word", "u", "hunter22", "xhunter22x", "x********x" },
	{ "a short one as a word", "u", "abc", "abc, (abc) abc", "***, (***) ***" },
	{ "a short one is not masked in other words", "u", "abc", "abcd xabc 1abc",
	  "abcd xabc 1abc" },
	{ "one character", "u", "x", "x, xx", "*, xx" },
	{ "percent-escaped, in both cases of letters", "u", "p@ss/ö",
	  "p%40ss%2F%C3%B6 p%40ss%2f%c3%b6", "*************** ***************" },
	{ "as JSON has it", "u", "pa\"ss\\w", "\"pa\\\"ss\\\\w\"", "\"*********\"" },
	{ "in the header of Basic authentication", "someuser", "somepass",
	  "Basic c29tZXVzZXI6c29tZXBhc3M=", "Basic ***********************=" },
	{ "the same without padding", "a", "b", "Basic YTpi", "Basic ****" },
	{ "the password alone in base64", "u", "somepass", "c29tZXBhc3M=", "***********=" },
	{ "an empty password masks nothing", "u", "", "u: text", "u: text" },
	{ "two that overlap", "u", "aaaa", "aaaaa", "*****" },
};

static void passwords_are_masked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		CLEANUP(free_p) char *masked = NULL;

		secrets_add_login(ROWS[i].user, ROWS[i].password);
		masked = secrets_masked(ROWS[i].text);
		secrets_clear();
		if (strcmp(masked, ROWS[i].masked) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", ROWS[i].sentence, masked,
				 ROWS[i].masked);
	}
}

static void any_number_is_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		CLEANUP(free_p) char *secret = xasprintf("secret-%02d", i);

		secrets_add(secret);
	}
	for (int i = 0; i < 50; i++) {
		CLEANUP(free_p) char *text = xasprintf("<secret-%02d>", i);

		secrets_mask(text);
		assert_string_equal(text, "<*********>");
	}
	secrets_clear();
}

/* Half a secret at the end of a message that is full. */
static void errors_are_masked_before_they_are_cut(void **state)
{
	struct err err = { 0 };
	char filler[sizeof err.msg - 4];

	(void)state;
	memset(filler, '-', sizeof filler - 1);
	filler[sizeof filler - 1] = '\0';
	secrets_add("hunter22");
	err_set(&err, ERR_IO, "%shunter22", filler);
	assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
	assert_string_equal(err.msg + sizeof filler - 1, "****");
	err_set(&err, ERR_IO, "it is %s", "hunter22");
	err_wrap(&err, "%s", "hunter22");
	assert_string_equal(err.msg, "********: it is ********");
	secrets_clear();
}

static void print(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void print(char *text, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	secrets_print(text, size, format, arguments);
	va_end(arguments);
}

static void what_is_printed_is_masked_before_it_is_cut(void **state)
{
	char text[16];

	(void)state;
	secrets_add("hunter22");
	print(text, sizeof text, "last=%s", "abcd-hunter22");
	assert_string_equal(text, "last=abcd-*****");
	print(text, sizeof text, "%d", 7);
	assert_string_equal(text, "7");
	secrets_clear();
}

/* The newest of those that come and go, beside all others. */
static void passing_ones_are_masked_until_many_came(void **state)
{
	char text[64], secret[16];

	(void)state;
	secrets_add("hunter22");
	secrets_add_passing("");
	for (unsigned i = 0; i <= SECRETS_PASSING; i++) {
		(void)snprintf(secret, sizeof secret, "token-%04u", i);
		secrets_add_passing(secret);
	}
	(void)snprintf(text, sizeof text, "token-0000 token-0001 %s hunter22", secret);
	secrets_mask(text);
	assert_string_equal(text, "token-0000 ********** ********** ********");
	secrets_clear();
	(void)snprintf(text, sizeof text, "%s", secret);
	secrets_mask(text);
	assert_string_equal(text, secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_are_masked),
		cmocka_unit_test(any_number_is_kept),
		cmocka_unit_test(errors_are_masked_before_they_are_cut),
		cmocka_unit_test(what_is_printed_is_masked_before_it_is_cut),
		cmocka_unit_test(passing_ones_are_masked_until_many_came),
	};

	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
