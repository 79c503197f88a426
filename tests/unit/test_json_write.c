/* What is written can be read as JSON, whatever it was. */
#include "json/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void strings_are_json(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ NULL, "null" },
		{ "", "\"\"" },
		{ "team/app", "\"team/app\"" },
		{ "a\"b\\c\n", "\"a\\\"b\\\\c\\n\"" },
		{ "\xc3\xbc", "\"\xc3\xbc\"" },
		{ "\xfc", "\"\xef\xbf\xbd\"" },
		{ "a\xff\xfe"
		  "b",
		  "\"a\xef\xbf\xbd\xef\xbf\xbd"
		  "b\"" },
		{ "cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "half \xed\xa0\x80", "\"half \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = NULL;
		size_t length;
		FILE *stream = open_memstream(&text, &length);

		assert_non_null(stream);
		json_write_string(stream, cases[i].text);
		assert_int_equal(fclose(stream), 0);
		assert_string_equal(text, cases[i].written);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(strings_are_json) };

	return cmocka_run_group_tests_name("writing JSON", tests, NULL, NULL);
}
