/* Strict JSON: what is accepted, the line of the first fault, keys given twice. */
#include "util/buf.h"
#include "util/xalloc.h"
#include "json/strict.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, size_t length, struct json_object **out,
		 struct json_repeats *repeats, struct err *err)
{
	memset(err, 0, sizeof *err);
	return json_strict_parse(text, length, out, repeats, err);
}

static void accepts(void **state)
{
	static const struct {
		const char *what;
		const char *text;
		const char *means; /* as json-c writes it plainly */
	} cases[] = {
		{ "an empty object", "{}", "{}" },
		{ "an empty list", " [ ] ", "[]" },
		{ "a number alone", "12", "12" },
		{ "zero", "[0,-0.0]", "[0,-0.0]" },
		{ "fractions and exponents", "[1.5,1e2,1E+2,2.5e-1]", "[1.5,1e2,1E+2,2.5e-1]" },
		{ "words", "[true,false,null]", "[true,false,null]" },
		{ "all blanks", "\t\r\n {\r\n\"a\"\t:\n1 }\r\n", "{\"a\":1}" },
		{ "a byte order mark", "\xef\xbb\xbf{\"a\":1}", "{\"a\":1}" },
		{ "simple escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		  "[\"\\\"\\\\/\\b\\f\\n\\r\\t\"]" },
		{ "a letter by its number", "[\"\\u0061\\u00e4\\u20AC\"]", "[\"a\xc3\xa4€\"]" },
		{ "a surrogate pair", "[\"\\uD83d\\uDE00\"]", "[\"\xf0\x9f\x98\x80\"]" },
		{ "UTF-8 of all lengths", "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]",
		  "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]" },
		{ "the same key in two objects", "[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":2}]" },
		{ "the same key above and below", "{\"a\":{\"a\":2}}", "{\"a\":{\"a\":2}}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_object *object;
		struct json_repeats repeats;
		struct err err;

		print_message("# %s\n", cases[i].what);
		assert_int_equal(
			parse(cases[i].text, strlen(cases[i].text), &object, &repeats, &err), 0);
		assert_string_equal(
			json_object_to_json_string_ext(
				object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
			cases[i].means);
		assert_int_equal(repeats.count, 0);
		json_repeats_clear(&repeats);
		json_object_put(object);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "", "line 1: expected a value, but the text ends" },
		{ "\n\n", "line 3: expected a value, but the text ends" },
		{ "{\n\"a\": 1,\n\"b\": 2\n\"c\": 3\n}",
		  "line 4: expected ',' or '}' after a value" },
		{ "{\r\n\"a\": 1\r\n\"c\": 3}", "line 3: expected ',' or '}' after a value" },
		{ "{\"a\": 1", "line 1: expected ',' or '}' after a value, but the text ends" },
		{ "[1\n 2]", "line 2: expected ',' or ']' after a value" },
		{ "[1", "line 1: expected ',' or ']' after a value, but the text ends" },
		{ "{\"a\": 1,\n}", "line 2: expected a key in double quotes" },
		{ "[1,]", "line 1: expected a value" },
		{ "[,1]", "line 1: expected a value" },
		{ "{a: 1}", "line 1: expected a key in double quotes" },
		{ "{'a': 1}", "line 1: expected a key in double quotes" },
		{ "{\"a\" 1}", "line 1: expected ':' after a key" },
		{ "{\"a\": 'b'}", "line 1: expected a value; strings stand in double quotes" },
		{ "{\"a\": /* b */ 1}", "line 1: expected a value; JSON has no comments" },
		{ "// a\n{}", "line 1: expected a value; JSON has no comments" },
		{ "{} // a", "line 1: expected nothing more after the value" },
		{ "{}{}", "line 1: expected nothing more after the value" },
		{ "{}\n\xef\xbb\xbf", "line 2: expected nothing more after the value" },
		{ "[NaN]", "line 1: expected a value" },
		{ "[nan]", "line 1: expected a value" },
		{ "[Infinity]", "line 1: expected a value" },
		{ "[-Infinity]", "line 1: expected a digit" },
		{ "[True]", "line 1: expected a value" },
		{ "[nul]", "line 1: expected a value" },
		{ "[nulll]", "line 1: expected ',' or ']' after a value" },
		{ "[01]", "line 1: a number does not begin with 0" },
		{ "[-01]", "line 1: a number does not begin with 0" },
		{ "[+1]", "line 1: expected a value" },
		{ "[.5]", "line 1: expected a value" },
		{ "[5.]", "line 1: expected a digit" },
		{ "[5e]", "line 1: expected a digit" },
		{ "[5e+]", "line 1: expected a digit" },
		{ "[-]", "line 1: expected a digit" },
		{ "-", "line 1: expected a digit, but the text ends" },
		{ "[0x10]", "line 1: expected ',' or ']' after a value" },
		{ "[\"a]", "line 1: expected '\"' after a string, but the text ends" },
		{ "[\"a\nb\"]", "line 1: a line break or control character in a string" },
		{ "[\"a\tb\"]", "line 1: a line break or control character in a string" },
		{ "[\"\\x41\"]", "line 1: expected one of \" \\ / b f n r t u after a backslash" },
		{ "[\"\\u12g4\"]", "line 1: expected four hexadecimal digits after \\u" },
		{ "[\"\\ud800\"]", "line 1: expected the second half of a surrogate pair" },
		{ "[\"\\ud800\\u0041\"]", "line 1: expected the second half of a surrogate pair" },
		{ "[\"\\udc00\"]",
		  "line 1: found the second half of a surrogate pair without the first" },
		{ "[\"\xff\"]", "line 1: a string is not UTF-8" },
		{ "[\"\xc0\xaf\"]", "line 1: a string is not UTF-8" },
		{ "[\"\xe0\x80\xaf\"]", "line 1: a string is not UTF-8" },
		{ "[\"\xed\xa0\x80\"]", "line 1: a string is not UTF-8" },
		{ "[\"\xf4\x90\x80\x80\"]", "line 1: a string is not UTF-8" },
		{ "[\"\xc3\"]", "line 1: a string is not UTF-8" },
		{ "{\"a\\u0000b\": 1}", "line 1: a key holds the character \\u0000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_object *object;
		struct json_repeats repeats;
		struct err err;

		assert_int_equal(
			parse(cases[i].text, strlen(cases[i].text), &object, &repeats, &err), -1);
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_null(object);
		assert_int_equal(repeats.count, 0);
	}
}

static void refuses_a_nul_byte(void **state)
{
	struct json_object *object;
	struct json_repeats repeats;
	struct err err;

	(void)state;
	assert_int_equal(parse("{}\0", 3, &object, &repeats, &err), -1);
	assert_string_equal(err.msg, "line 1: expected nothing more after the value");
	assert_int_equal(parse("{\0}", 3, &object, &repeats, &err), -1);
	assert_string_equal(err.msg, "line 1: expected a key in double quotes");
}

/* Every proper beginning of a text is refused, and read no further than it goes. */
static void refuses_every_cut(void **state)
{
	static const char text[] = "{\"a\": [1, true, \"\\ud83d\\ude00\xc3\xa4\"], \"b\": {\"c\": "
				   "null, \"d\": -1.5e3}}";

	(void)state;
	for (size_t length = 0; length < sizeof text - 1; length++) {
		/* It ends where the memory ends. */
		char *block = xmalloc(sizeof text);
		char *cut = block + sizeof text - length;
		struct json_object *object;
		struct json_repeats repeats;
		struct err err;

		for (size_t i = 0; i < length; i++)
			cut[i] = text[i];
		assert_int_equal(parse(cut, length, &object, &repeats, &err), -1);
		assert_non_null(strstr(err.msg, length == 0 ? "expected a value" : "line 1: "));
		free(block);
	}
}

static void finds_keys_given_twice(void **state)
{
	static const char text[] = "{\n"
				   "  \"a\": 1,\n"
				   "  \"b\": { \"c\": 1,\n"
				   "         \"c\": 2 },\n"
				   "  \"\\u0061\": 3,\n"
				   "  \"l\": [ {}, { \"x\": 1, \"x\": 2 }, [ { \"y\": 1,\n"
				   "     \"y\": 2 } ] ],\n"
				   "  \"a\": 4\n"
				   "}\n";
	static const struct {
		const char *path;
		unsigned first_line, line;
	} wanted[] = {
		{ "b.c", 3, 4 },       { "a", 2, 5 }, { "l[1].x", 6, 6 },
		{ "l[2][0].y", 6, 7 }, { "a", 2, 8 },
	};
	struct json_object *object;
	struct json_repeats repeats;
	struct err err;

	(void)state;
	assert_int_equal(parse(text, sizeof text - 1, &object, &repeats, &err), 0);
	assert_int_equal(repeats.count, sizeof wanted / sizeof *wanted);
	for (size_t i = 0; i < repeats.count; i++) {
		assert_string_equal(repeats.items[i].path, wanted[i].path);
		assert_int_equal(repeats.items[i].first_line, wanted[i].first_line);
		assert_int_equal(repeats.items[i].line, wanted[i].line);
	}
	json_repeats_clear(&repeats);
	assert_int_equal(repeats.count, 0);
	json_object_put(object);
}

static void forgets_repeats_when_the_text_is_bad(void **state)
{
	static const char text[] = "{\"a\":1,\"a\":2,}";
	struct json_object *object;
	struct json_repeats repeats;
	struct err err;

	(void)state;
	assert_int_equal(parse(text, sizeof text - 1, &object, &repeats, &err), -1);
	assert_int_equal(repeats.count, 0);
	assert_null(repeats.items);
}

static int parse_nested(unsigned depth, const char *inside, struct err *err)
{
	struct buf text = { 0 };
	struct json_object *object;
	struct json_repeats repeats;
	int status;

	for (unsigned i = 0; i < depth; i++)
		buf_text(&text, i % 2 ? "{\"a\":" : "[");
	buf_text(&text, inside);
	for (unsigned i = depth; i-- > 0;)
		buf_text(&text, i % 2 ? "}" : "]");
	status = parse(buf_string(&text), text.length, &object, &repeats, err);
	json_object_put(object);
	json_repeats_clear(&repeats);
	buf_free(&text);
	return status;
}

static void limits_the_depth(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(parse_nested(JSON_TEXT_DEPTH_LIMIT, "1", &err), 0);
	assert_int_equal(parse_nested(JSON_TEXT_DEPTH_LIMIT + 1, "1", &err), -1);
	assert_string_equal(err.msg, "line 1: objects and lists are nested too deeply");
	assert_int_equal(parse_nested(100000, "1", &err), -1);
}

static void limits_the_size(void **state)
{
	char *text = test_malloc(JSON_STRICT_SIZE_LIMIT + 2);
	struct json_object *object;
	struct json_repeats repeats;
	struct err err;

	(void)state;
	memset(text, ' ', JSON_STRICT_SIZE_LIMIT + 1);
	text[0] = '{';
	text[1] = '}';
	assert_int_equal(parse(text, JSON_STRICT_SIZE_LIMIT, &object, &repeats, &err), 0);
	json_object_put(object);
	assert_int_equal(parse(text, JSON_STRICT_SIZE_LIMIT + 1, &object, &repeats, &err), -1);
	assert_string_equal(err.msg, "line 1: the text is longer than 1048576 bytes");
	test_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(finds_keys_given_twice),
		cmocka_unit_test(forgets_repeats_when_the_text_is_bad),
		cmocka_unit_test(limits_the_depth),
		cmocka_unit_test(limits_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
