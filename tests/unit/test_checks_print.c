/* The answers of the verb check, to the letter: as text with both kinds of marks, and as JSON. */
#include "checks/checks.h"

#include "util/secrets.h"
#include "util/terminal.h"
#include "util/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *DETAILS[] = { (char[]){ "first" },  (char[]){ "second\nline" }, (char[]){ "third" },
			   (char[]){ "fourth" }, (char[]){ "fifth" },        (char[]){ "sixth" } };

static const struct check_answer ANSWERS[] = {
	{ "registry", "the registry answers", CHECK_OK, { ERR_NONE, "http://r" }, NULL, 0 },
	{ "plain", "nothing more is said", CHECK_OK, { ERR_NONE, "" }, NULL, 0 },
	{ "deletion",
	  "the registry \"deletes\"",
	  CHECK_TROUBLE,
	  { ERR_USAGE, "no\033[31m" },
	  DETAILS,
	  6 },
	{ "tags", "single tags go", CHECK_NOT_ASKED, { ERR_NONE, "not asked: why" }, DETAILS, 1 },
};

static const struct checks_view VIEW = { ANSWERS, 4, "http://r", 1 };

static char *printed(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void print_plain(FILE *out)
{
	checks_print_text(&VIEW, (struct terminal){ 0 }, out);
}

static void print_utf8(FILE *out)
{
	checks_print_text(&VIEW, (struct terminal){ .width = 80, .utf8 = true }, out);
}

static void print_json(FILE *out)
{
	checks_print_json(&VIEW, out);
}

static void assert_prints(void (*print)(FILE *out), const char *wanted)
{
	CLEANUP(free_p) char *text = printed(print);

	assert_string_equal(text, wanted);
}

#define DETAIL_LINES \
	"     first\n     second\\x0aline\n     third\n     fourth\n     fifth\n     and 1 more\n"

static void text_has_a_line_for_each(void **state)
{
	(void)state;
	assert_prints(print_plain, "ok the registry answers: http://r\n"
				   "ok nothing more is said\n"
				   "NO the registry \"deletes\": no\\x1b[31m\n" DETAIL_LINES
				   "-  single tags go: not asked: why\n"
				   "2 ok, 1 to mend, 1 not asked\n");
	assert_prints(print_utf8, "✓ the registry answers: http://r\n"
				  "✓ nothing more is said\n"
				  "✗ the registry \"deletes\": no\\x1b[31m\n" DETAIL_LINES
				  "– single tags go: not asked: why\n"
				  "2 ok, 1 to mend, 1 not asked\n");
}

static void json_has_all(void **state)
{
	(void)state;
	assert_prints(
		print_json,
		"{\n  \"version\": 1,\n  \"registry\": \"http://r\",\n  \"exit_code\": 1,\n"
		"  \"checks\": [\n"
		"    { \"name\": \"registry\", \"question\": \"the registry answers\", "
		"\"verdict\": "
		"\"ok\", \"text\": \"http://r\", \"details\": [] },\n"
		"    { \"name\": \"plain\", \"question\": \"nothing more is said\", \"verdict\": "
		"\"ok\", \"text\": \"\", \"details\": [] },\n"
		"    { \"name\": \"deletion\", \"question\": \"the registry \\\"deletes\\\"\", "
		"\"verdict\": \"trouble\", \"text\": \"no\\u001b[31m\", \"details\": [\"first\", "
		"\"second\\nline\", \"third\", \"fourth\", \"fifth\", \"sixth\"] },\n"
		"    { \"name\": \"tags\", \"question\": \"single tags go\", \"verdict\": "
		"\"not_asked\", \"text\": \"not asked: why\", \"details\": [\"first\"] }\n"
		"  ]\n}\n");
}

static void an_answer_is_said_and_cleared(void **state)
{
	struct check_answer answer = { .name = "a", .detail_count = 1 };

	(void)state;
	answer.said.kind = ERR_IO;
	assert_int_equal(checks_say(&answer.said, CHECK_NOT_ASKED, "%d of %d", 1, 2),
			 CHECK_NOT_ASKED);
	assert_int_equal(answer.said.kind, ERR_NONE);
	assert_string_equal(answer.said.msg, "1 of 2");
	secrets_add("very-secret");
	checks_say(&answer.said, CHECK_TROUBLE, "the server said %s", "very-secret");
	assert_string_equal(answer.said.msg, "the server said ***********");
	secrets_clear();
	answer.details = xcalloc(1, sizeof *answer.details);
	answer.details[0] = xstrdup("detail");
	checks_answer_clear(&answer);
	assert_null(answer.details);
	assert_int_equal(answer.detail_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_has_a_line_for_each),
		cmocka_unit_test(json_has_all),
		cmocka_unit_test(an_answer_is_said_and_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
