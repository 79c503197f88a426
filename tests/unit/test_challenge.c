/* What a 401 asks for. */
#include "http/challenge.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the headers above. */
#include <cmocka.h>

/* The challenge as one text; "-" for what is absent. */
static char *text_of(const struct challenge *challenge)
{
	const char *const PARTS[] = { challenge->realm, challenge->service, challenge->scope,
				      challenge->error };
	char *text = xasprintf("%s%s", challenge->bearer ? "bearer" : "none",
			       challenge->basic ? "+basic" : "");

	for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
		char *longer = xasprintf("%s|%s", text, PARTS[i] ? PARTS[i] : "-");

		free(text);
		text = longer;
	}
	return text;
}

static const struct {
	const char *header, *expected; /* NULL: it is refused */
} ROWS[] = {
	{ "Bearer realm=\"https://a/token\",service=\"r\",scope=\"repository:a/b:pull\"",
	  "bearer|https://a/token|r|repository:a/b:pull|-" },
	{ "Bearer realm=\"https://a/t\",service=\"r\",scope=\"repository:a:pull,push "
	  "registry:catalog:*\",error=\"insufficient_scope\"",
	  "bearer|https://a/t|r|repository:a:pull,push registry:catalog:*|insufficient_scope" },
	{ "bearer  REALM = \"x\" ,\tService = y", "bearer|x|y|-|-" },
	{ "Bearer realm=\"a\\\"b\\\\c\\d\"", "bearer|a\"b\\cd|-|-|-" },
	{ "Bearer realm=\"\"", "bearer||-|-|-" },
	{ "Bearer", "bearer|-|-|-|-" },
	{ "Bearer realm=x, error_description=\"a, b=c\", error=invalid_token",
	  "bearer|x|-|-|invalid_token" },
	{ "Basic realm=\"r\"", "none+basic|-|-|-|-" },
	{ "Basic realm=\"Bearer realm=\\\"x\\\"\"", "none+basic|-|-|-|-" },
	/* Two headers are one list. */
	{ "Basic realm=\"r\", Bearer realm=\"x\",service=\"y\"", "bearer+basic|x|y|-|-" },
	{ "Bearer realm=\"x\", service=\"y\", Basic realm=\"r\"", "bearer+basic|x|y|-|-" },
	{ "Negotiate, Bearer realm=x", "bearer|x|-|-|-" },
	{ "Negotiate YWJj==, Bearer realm=x", "bearer|x|-|-|-" },
	{ "Negotiate YWJj, NTLM, Bearer realm=x", "bearer|x|-|-|-" },
	{ "Digest realm=\"d\", nonce=\"n\", qop=\"auth,auth-int\", Bearer realm=x",
	  "bearer|x|-|-|-" },
	{ ", ,Bearer realm=x,,", "bearer|x|-|-|-" },
	/* The first one counts. */
	{ "Bearer realm=x, Bearer realm=y,scope=z", "bearer|x|-|-|-" },
	{ "Digest realm=a, realm=b", "none|-|-|-|-" },
	{ "", "none|-|-|-|-" },
	/* What could be understood in two ways. */
	{ "Bearer realm=x, realm=y", NULL },
	{ "Bearer realm=x, REALM=x", NULL },
	{ "Bearer realm=\"x", NULL },
	{ "Bearer realm=\"x\\", NULL },
	{ "Bearer realm=\"x\\\"", NULL },
	{ "Bearer realm=\"x\" service=\"y\"", NULL },
	{ "Bearer realm=\"x\"y", NULL },
	/* A token68, says the grammar. */
	{ "Bearer realm=", "bearer|-|-|-|-" },
	{ "Bearer realm=,service=y", NULL },
	{ "Bearer realm=\"a\001b\"", NULL },
	{ "=x", NULL },
	{ "Bearer a b", NULL },
	{ "Bearer=x", NULL },
	{ "\"Bearer\" realm=x", NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct challenge challenge;
		struct err err = { 0 };
		int result = challenge_parse(ROWS[i].header, &challenge, &err);
		CLEANUP(free_p) char *text = text_of(&challenge);

		if ((result == 0) != (ROWS[i].expected != NULL) ||
		    (result == 0 && strcmp(text, ROWS[i].expected) != 0))
			fail_msg("%s: %d, %s", ROWS[i].header, result, text);
		if (result < 0)
			assert_string_equal(text, "none|-|-|-|-");
		challenge_clear(&challenge);
	}
}

static void test_too_long(void **state)
{
	CLEANUP(free_p) char *header = xasprintf("Bearer realm=%*d", CHALLENGE_LONGEST, 1);
	struct challenge challenge;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(challenge_parse(header, &challenge, &err), -1);
	assert_false(challenge.bearer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
