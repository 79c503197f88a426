/* Tokens: their answers, how long they are used, which are remembered; and whom one is asked of. */
#include "http/realm.h"
#include "http/token.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

static const struct {
	const char *body;
	const char *text; /* NULL: refused */
	int64_t seconds;
} ANSWERS[] = {
	{ "{\"token\":\"abc.d-e_f\"}", "abc.d-e_f", 60 },
	{ "{\"access_token\":\"abc\",\"expires_in\":300}", "abc", 300 },
	{ "{\"token\":\"abc\",\"access_token\":\"def\",\"expires_in\":2}", "abc", 2 },
	{ "{\"token\":\"\",\"access_token\":\"def\"}", "def", 60 },
	{ "{\"token\":null,\"access_token\":\"def\"}", "def", 60 },
	/* The server's clock is not believed. */
	{ "{\"token\":\"abc\",\"issued_at\":\"1970-01-01T00:00:00Z\",\"expires_in\":90}", "abc",
	  90 },
	{ "{\"token\":\"abc\",\"issued_at\":7}", "abc", 60 },
	{ "{\"token\":\"abc\",\"expires_in\":0}", "abc", 60 },
	{ "{\"token\":\"abc\",\"expires_in\":null}", "abc", 60 },
	{ "{\"token\":\"abc\",\"expires_in\":9223372036854775807}", "abc", 366 * 86400 },
	{ "{\"token\":\"abc\",\"expires_in\":-1}", NULL, 0 },
	{ "{\"token\":\"abc\",\"expires_in\":\"60\"}", NULL, 0 },
	{ "{\"token\":\"abc\",\"expires_in\":1.5}", NULL, 0 },
	{ "{\"token\":\"a b\"}", NULL, 0 },
	{ "{\"token\":\"a\\r\\nX: y\"}", NULL, 0 },
	{ "{\"token\":\"a\\u0000b\"}", NULL, 0 },
	{ "{\"token\":\"\xc3\xa4\"}", NULL, 0 },
	{ "{\"token\":7}", NULL, 0 },
	{ "{\"token\":\"a\",\"token\":\"b\"}", NULL, 0 },
	{ "{}", NULL, 0 },
	{ "[]", NULL, 0 },
	{ "", NULL, 0 },
	{ "<html>", NULL, 0 },
	{ "{\"token\":\"abc\"}x", NULL, 0 },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
		const char *body = ANSWERS[i].body;
		CLEANUP(free_p) char *text = NULL;
		int64_t seconds = -1;
		struct err err = { 0 };
		int result = token_parse(body, strlen(body), &text, &seconds, &err);

		if ((result == 0) != (ANSWERS[i].text != NULL))
			fail_msg("%s: %d %s", body, result, err.msg);
		if (result < 0) {
			assert_null(text);
			continue;
		}
		assert_string_equal(text, ANSWERS[i].text);
		assert_int_equal(seconds, ANSWERS[i].seconds);
	}
}

static const struct {
	int64_t seconds, took; /* TOOK: milliseconds from the question to the answer */
	int64_t until;         /* milliseconds after the question */
} LIVES[] = {
	{ 60, 5, 50000 },
	{ 3600, 5, 3590000 },
	{ 40, 0, 30000 },
	{ 4, 0, 3000 },
	{ 2, 100, 1500 },
	{ 1, 0, 1000 },
	{ 2, 1000, 2000 },
	/* It came when it was over: who waited for it uses it. */
	{ 60, 90000, 91000 },
};

static void test_lives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof LIVES / sizeof *LIVES; i++) {
		struct token_cache tokens = { 0 };
		struct token *token = token_cache_use(&tokens, "r", "s", "c");
		int64_t asked = 1000000;

		assert_false(token_good(token, asked));
		token->asked_ms = asked;
		token_set(&tokens, token, "abc", LIVES[i].seconds, asked + LIVES[i].took);
		assert_true(token_good(token, asked + LIVES[i].until - 1));
		assert_false(token_good(token, asked + LIVES[i].until));
		token_drop(token);
		assert_false(token_good(token, asked));
		assert_int_equal(token->number, 0);
		token_cache_free(&tokens);
	}
}

static void test_keys(void **state)
{
	struct token_cache tokens = { 0 };
	struct token *token = token_cache_use(&tokens, "r", "s", "c");

	(void)state;
	assert_ptr_equal(token_cache_use(&tokens, "r", "s", "c"), token);
	assert_ptr_equal(token_cache_find(&tokens, "r", "s", "c"), token);
	assert_null(token_cache_find(&tokens, "r", "s", ""));
	assert_ptr_not_equal(token_cache_use(&tokens, "r", "s", "d"), token);
	assert_ptr_not_equal(token_cache_use(&tokens, "r", "t", "c"), token);
	assert_ptr_not_equal(token_cache_use(&tokens, "q", "s", "c"), token);
	token_set(&tokens, token, "abc", 60, 0);
	assert_int_equal(token->number, 1);
	token_set(&tokens, token, "abc", 60, 0);
	assert_int_equal(token->number, 2);
	token_cache_free(&tokens);
}

static struct token *use(struct token_cache *tokens, unsigned number)
{
	CLEANUP(free_p) char *scope = xasprintf("scope %u", number);

	return token_cache_use(tokens, "r", "s", scope);
}

/* The oldest goes, unless it is being asked for: who waits holds on to it. */
static void test_room(void **state)
{
	struct token_cache tokens = { 0 };
	struct token *asking = use(&tokens, 0);

	(void)state;
	asking->asking = true;
	use(&tokens, 1);
	for (unsigned i = 2; i < TOKEN_MOST + 10; i++) {
		use(&tokens, i);
		use(&tokens, 1);
	}
	assert_int_equal(tokens.count, TOKEN_MOST);
	assert_ptr_equal(token_cache_find(&tokens, "r", "s", "scope 0"), asking);
	assert_non_null(token_cache_find(&tokens, "r", "s", "scope 1"));
	assert_null(token_cache_find(&tokens, "r", "s", "scope 2"));
	for (size_t i = 0; i < tokens.count; i++)
		tokens.items[i]->asking = true;
	use(&tokens, 100000);
	assert_int_equal(tokens.count, TOKEN_MOST + 1);
	token_cache_free(&tokens);
}

static const struct {
	const char *url, *realm;
	const char *resolved; /* NULL: refused */
	bool trusted;
} REALMS[] = {
	{ "https://r.example/v2/", "https://auth.example/token", "https://auth.example/token",
	  true },
	{ "http://r.example/v2/", "https://auth.example/token", "https://auth.example/token",
	  true },
	{ "http://r.example:5000/v2/", "http://r.example:5001/token", "http://r.example:5001/token",
	  true },
	{ "http://r.example/v2/", "http://127.0.0.1:5001/token", "http://127.0.0.1:5001/token",
	  true },
	{ "http://r.example/v2/", "http://localhost/t", "http://localhost/t", true },
	{ "http://r.example/v2/", "http://[::1]:5001/t", "http://[::1]:5001/t", true },
	{ "http://r.example/v2/", "http://auth.example/token", "http://auth.example/token", false },
	{ "http://r.example/v2/", "http://127.0.0.1.example/t", "http://127.0.0.1.example/t",
	  false },
	{ "http://r.example/v2/", "http://r.example@auth.example/t", NULL, false },
	{ "https://r.example/v2/", "http://r.example/token", "http://r.example/token", false },
	{ "https://r.example/v2/", "http://127.0.0.1/token", "http://127.0.0.1/token", false },
	{ "https://r.example/v2/", "/auth/token?a=b#c", "https://r.example/auth/token?a=b", true },
	{ "https://r.example/v2/", "//other.example/t", "https://other.example/t", true },
	{ "https://r.example/v2/", "file:///etc/passwd", NULL, false },
	{ "https://r.example/v2/", "ftp://r.example/", NULL, false },
	{ "https://r.example/v2/", "https://me:s3cret@r.example/", NULL, false },
	{ "https://r.example/v2/", "https://", NULL, false },
};

static void test_realms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof REALMS / sizeof *REALMS; i++) {
		CLEANUP(free_p) char *resolved = NULL;
		struct err err = { 0 };
		int result = realm_resolve(REALMS[i].url, REALMS[i].realm, &resolved, &err);

		if ((result == 0) != (REALMS[i].resolved != NULL))
			fail_msg("%s: %s", REALMS[i].realm, resolved);
		if (result < 0) {
			assert_null(strstr(err.msg, "s3cret"));
			continue;
		}
		assert_string_equal(resolved, REALMS[i].resolved);
		if (realm_trusted(REALMS[i].url, resolved) != REALMS[i].trusted)
			fail_msg("%s from %s", resolved, REALMS[i].url);
	}
}

static void test_questions(void **state)
{
	static const struct {
		const char *realm, *service, *scope, *expected;
	} QUESTIONS[] = {
		{ "https://a/t", "registry.example", "repository:a/b:pull,delete",
		  "https://a/t?service=registry.example&scope=repository%3aa%2fb%3apull%2cdelete" },
		{ "https://a/t?x=y", "a b&c=d", "", "https://a/t?x=y&service=a+b%26c%3dd" },
		{ "https://a/t", "", "", "https://a/t" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof QUESTIONS / sizeof *QUESTIONS; i++) {
		CLEANUP(free_p)
		char *url = realm_question(QUESTIONS[i].realm, QUESTIONS[i].service,
					   QUESTIONS[i].scope);

		if (strcasecmp(url, QUESTIONS[i].expected) != 0)
			fail_msg("%s instead of %s", url, QUESTIONS[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_lives),
		cmocka_unit_test(test_keys),    cmocka_unit_test(test_room),
		cmocka_unit_test(test_realms),  cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
