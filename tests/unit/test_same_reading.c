/* oci/manifest and oci/image_config say the same of every text as the readers that they took the
 * place of: on whole documents, and on such with mutations that know JSON.
 *
 * MUTATIONS=100000 says how many, SEED=1 which ones. */
#include "reference_compare.h"

#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

static const char *const SEEDS[] = {
	"{\"schemaVersion\":2,\"mediaType\":\"" OCI "manifest.v1+json\",\"config\":{\"mediaType\":"
	"\"" OCI "config.v1+json\",\"digest\":\"" A "\",\"size\":7},\"layers\":[{\"mediaType\":"
	"\"" OCI "layer.v1.tar+gzip\",\"digest\":\"" B "\",\"size\":20}],\"subject\":{"
	"\"mediaType\":\"x\",\"digest\":\"" B "\",\"size\":1},\"annotations\":{"
	"\"org.opencontainers.image.created\":\"2020-01-01T00:00:00Z\"}}",
	"{\n \"schemaVersion\": 2,\n \"mediaType\": \"" DOCKER "distribution.manifest.v2+json\",\n"
	" \"config\": {\"mediaType\": \"" DOCKER "container.image.v1+json\", \"size\": 5, "
	"\"digest\": \"" A "\"},\n \"layers\": [{\"mediaType\": \"" DOCKER
	"image.rootfs.foreign.diff.tar.gzip\", \"digest\": \"" B "\", \"size\": 0, \"urls\": "
	"[\"https://example.org\"]}]\n}\n",
	"{\"schemaVersion\":2,\"mediaType\":\"" OCI "index.v1+json\",\"manifests\":[{\"mediaType\":"
	"\"" OCI "manifest.v1+json\",\"digest\":\"" A
	"\",\"size\":9,\"platform\":{\"os\":\"linux\"}"
	",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}},{\"digest\":"
	"\"" B "\",\"size\":1,\"artifactType\":\"a/b\",\"mediaType\":\"c/d\"}],\"annotations\":{"
	"\"org.opencontainers.image.created\":\"2021-01-01T00:00:00Z\"}}",
	"{\"schemaVersion\":1,\"name\":\"a\",\"fsLayers\":[{\"blobSum\":\"" A "\"}],\"history\":[{"
	"\"v1Compatibility\":\"{\\\"created\\\":\\\"2020-01-01T00:00:00Z\\\"}\"}]}",
	"{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\",\"artifactType\":\"a/b\","
	"\"blobs\":[{\"mediaType\":\"a\",\"digest\":\"" A "\",\"size\":9}],\"subject\":null}",
	"{\"architecture\":\"amd64\",\"config\":{\"Env\":[\"PATH=/bin\"],\"Labels\":{\"\xc3\xa9\":"
	"\"\\u00e9\"}},\"created\":\"2020-01-01T00:00:00.5Z\",\"history\":[{\"created\":"
	"\"2021-01-01T00:00:00Z\"},{\"created\":\"2022-01-01T00:00:00Z\",\"empty_layer\":true}]}",
	"{\"history\":[{\"created\":null},{\"created\":\"2022-01-01T00:00:00+01:00\"}],\"x\":1e3}",
	"{\"descriptor\":{\"createdAt\":\"2020-01-01T00:00:00Z\",\"created\":null},\"a\":[[],{},-0."
	"5"
	"]}",
};

#define SEED_COUNT (sizeof SEEDS / sizeof *SEEDS)

/* xorshift64*: the same mutations each time. */
static uint64_t state_of_random;

static size_t random_below(size_t limit)
{
	state_of_random ^= state_of_random >> 12;
	state_of_random ^= state_of_random << 25;
	state_of_random ^= state_of_random >> 27;
	return (size_t)((state_of_random * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

/* A token of JSON: a string with its quotes, a run of letters and digits, or one other byte. */
struct token {
	size_t at;
	size_t length;
};

#define TOKENS 1024

static size_t string_end(const char *text, size_t length, size_t at)
{
	while (++at < length && text[at] != '"')
		at += text[at] == '\\';
	return at < length ? at + 1 : length;
}

static bool in_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '-' || byte == '+' || byte == '.';
}

static size_t split(const char *text, size_t length, struct token *tokens)
{
	size_t count = 0;

	for (size_t at = 0, end; at < length && count < TOKENS; at = end) {
		end = at + 1;
		if (text[at] == '"')
			end = string_end(text, length, at);
		while (text[at] != '"' && in_word(text[at]) && end < length && in_word(text[end]))
			end++;
		tokens[count++] = (struct token){ at, end - at };
	}
	return count;
}

/* LENGTH bytes at AT become NEW. */
static void replace(struct buf *text, size_t at, size_t length, const char *new_text,
		    size_t new_length)
{
	struct buf result = { 0 };

	buf_add(&result, text->data, at);
	buf_add(&result, new_text, new_length);
	buf_add(&result, text->data + at + length, text->length - at - length);
	buf_free(text);
	*text = result;
}

#define SOME(list) (list)[random_below(sizeof(list) / sizeof *(list))]

struct part {
	const char *text;
	size_t length;
};
#define PART(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static void put(struct buf *text, size_t at, size_t length, struct part part)
{
	replace(text, at, length, part.text, part.length);
}

static const struct part VALUES[] = {
	PART("null"),
	PART("true"),
	PART("false"),
	PART("0"),
	PART("-0"),
	PART("1"),
	PART("2"),
	PART("-1"),
	PART("3"),
	PART("01"),
	PART("1.0"),
	PART("1e3"),
	PART("1e"),
	PART("1e+"),
	PART("-"),
	PART("1."),
	PART(".5"),
	PART("+1"),
	PART("1e999"),
	PART("1.5.5"),
	PART("1--1"),
	PART("2147483647"),
	PART("2147483648"),
	PART("9223372036854775806"),
	PART("9223372036854775807"),
	PART("9223372036854775808"),
	PART("-9223372036854775808"),
	PART("-9223372036854775809"),
	PART("18446744073709551615"),
	PART("18446744073709551616"),
	PART("99999999999999999999999999"),
	PART("[]"),
	PART("{}"),
	PART("[null]"),
	PART("[{}]"),
	PART("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	PART("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	PART("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	PART("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	PART("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	PART("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{\"a\":1}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	PART("\"\""),
	PART("\"" A "\""),
	PART("\"" B "\""),
	PART("\"" A "\\u0000\""),
	PART("\"\\u0073ha256:\\u0061aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaa\""),
	PART("\"2020-01-01T00:00:00Z\""),
	PART("\"2020-01-01T00:00:00\\u005A\""),
	PART("\"0001-01-01T00:00:00Z\""),
	PART("NaN"),
	PART("Infinity"),
	PART("'a'"),
	PART("\" " OCI "manifest.v1+json ; charset=utf-8\""),
	PART("\"" OCI "MANIFEST.v1+json\""),
	PART("\"" OCI "index.v1+json\""),
	PART("\"" OCI "config.v1+json\""),
	PART("\"" DOCKER "distribution.manifest.v1+json\""),
	PART("\"attestation-manifest\""),
	PART("\"" DOCKER "distribution.manifest.list.v2+json\""),
	PART("\"a\\u0000b\""),
	PART("\"{\\\"created\\\":\\\"2020-01-01T00:00:00Z\\\",\\\"created\\\":1}\""),
	PART("\"{\\\"cr\\u0065ated\\\":\\\"2020-01-01T00:00:00Z\\\"} \""),
};

static const struct part KEYS[] = {
	PART("\"schemaVersion\""),
	PART("\"mediaType\""),
	PART("\"config\""),
	PART("\"layers\""),
	PART("\"manifests\""),
	PART("\"subject\""),
	PART("\"annotations\""),
	PART("\"digest\""),
	PART("\"size\""),
	PART("\"urls\""),
	PART("\"blobs\""),
	PART("\"fsLayers\""),
	PART("\"blobSum\""),
	PART("\"history\""),
	PART("\"artifactType\""),
	PART("\"v1Compatibility\""),
	PART("\"created\""),
	PART("\"createdAt\""),
	PART("\"descriptor\""),
	PART("\"org.opencontainers.image.created\""),
	PART("\"vnd.docker.reference.type\""),
	PART("\"\""),
	PART("\"a\""),
	PART("\"\\u0061\""),
	PART("\"\xc3\xa9\""),
	PART("\"\\u00e9\""),
	PART("\"\\ud800\""),
	PART("\"\\udc00\""),
	PART("\"\\ufffd\""),
	PART("\"\xef\xbf\xbd\""),
	PART("\"\\u0000\""),
	PART("\"a\\ud800\\u0000\""),
	PART("\"fs\\u004cayers\""),
	PART("\"manife\xc5\xbfts\""),
};

/* Into a string. */
static const struct part PIECES[] = {
	PART("\\u0000"),
	PART("\\u0041"),
	PART("\\u00E9"),
	PART("\\ud83d\\ude00"),
	PART("\\ud800"),
	PART("\\udc00"),
	PART("\\ud800\\ud83d\\ude00"),
	PART("\\ud800\\n"),
	PART("\\ud800\\u0041"),
	PART("\\n"),
	PART("\\/"),
	PART("\\\""),
	PART("\\\\"),
	PART("\\x"),
	PART("\\u12"),
	PART("\\u12G4"),
	PART("\\U0041"),
	PART("\\"),
	PART("\xc3\xa9"),
	PART("\xf0\x9f\x98\x80"),
	PART("\xc0\x80"),
	PART("\xed\xa0\x80"),
	PART("\xf5\x80\x80\x80"),
	PART("\xff"),
	PART("\x80"),
	PART("\xc3"),
	PART("\xe2\x82"),
	PART("\xf8\x80\x80\x80\x80"),
	PART("\0"),
	PART("\n"),
	PART("\x1f"),
	PART("\x7f"),
	PART("\""),
	PART(" "),
	PART("xxxxxxxxxxxxxxxxxxxx"),
};

/* Between tokens. */
static const struct part BETWEEN[] = {
	PART(","),
	PART(":"),
	PART("{"),
	PART("}"),
	PART("["),
	PART("]"),
	PART(" "),
	PART("\n\t\r"),
	PART("\v"),
	PART("\f"),
	PART("\0"),
	PART("/**/"),
	PART("\xef\xbb\xbf"),
	PART("\xc2\xa0"),
	PART("null"),
	PART("1"),
	PART("\"\""),
	PART("\\"),
};

static void insert_member(struct buf *text, const struct token *token)
{
	struct buf member = { 0 };
	struct part key = SOME(KEYS), value = SOME(VALUES);
	bool first = text->data[token->at] == '{';

	if (!first)
		buf_text(&member, ",");
	buf_add(&member, key.text, key.length);
	buf_text(&member, ":");
	buf_add(&member, value.text, value.length);
	if (first)
		buf_text(&member, ",");
	replace(text, token->at + first, 0, member.data, member.length);
	buf_free(&member);
}

static void change_case(struct buf *text, const struct token *token)
{
	char *letter = &text->data[token->at + random_below(token->length)];

	if (isalpha((unsigned char)*letter))
		*letter ^= 0x20;
}

/* An ordinary letter as the escape that means the same. */
static void escape_letter(struct buf *text, const struct token *token)
{
	size_t at = token->at + random_below(token->length);
	char escape[8];

	if (!isalnum((unsigned char)text->data[at]))
		return;
	snprintf(escape, sizeof escape, random_below(2) ? "\\u%04x" : "\\u%04X",
		 (unsigned char)text->data[at]);
	replace(text, at, 1, escape, 6);
}

static void copy_tokens(struct buf *text, const struct token *tokens, size_t count)
{
	size_t first = random_below(count), last = first + random_below(6),
	       to = random_below(count);
	struct buf copy = { 0 };

	if (last >= count)
		last = count - 1;
	buf_add(&copy, text->data + tokens[first].at,
		tokens[last].at + tokens[last].length - tokens[first].at);
	replace(text, tokens[to].at, random_below(2) ? tokens[to].length : 0, copy.data,
		copy.length);
	buf_free(&copy);
}

/* A member again, with a comma: a key given twice. */
static void double_member(struct buf *text, const struct token *tokens, size_t count)
{
	size_t first = random_below(count), colon = first + 1;
	struct buf copy = { 0 };

	if (colon + 1 >= count || text->data[tokens[first].at] != '"' ||
	    text->data[tokens[colon].at] != ':')
		return;
	buf_add(&copy, text->data + tokens[first].at, tokens[first].length);
	buf_text(&copy, random_below(2) ? ":0," : ":null,");
	replace(text, tokens[first].at, 0, copy.data, copy.length);
	buf_free(&copy);
}

static void swap_tokens(struct buf *text, const struct token *tokens, size_t count)
{
	struct token one = tokens[random_below(count)], other = tokens[random_below(count)];
	struct buf first = { 0 }, second = { 0 };

	if (one.at > other.at) {
		struct token kept = one;

		one = other;
		other = kept;
	}
	buf_add(&first, text->data + one.at, one.length);
	buf_add(&second, text->data + other.at, other.length);
	replace(text, other.at, other.length, first.data, first.length);
	if (one.at != other.at)
		replace(text, one.at, one.length, second.data, second.length);
	buf_free(&first);
	buf_free(&second);
}

/* Enough keys that they are sorted; one of them perhaps twice. */
static void insert_many_keys(struct buf *text, const struct token *token)
{
	size_t count = 40 + random_below(60), twice = random_below(2) ? random_below(count) : count;
	struct buf members = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_format(&members, "%s\"k%zu\":%zu", i > 0 ? "," : "{", i, i);
	if (twice < count)
		buf_format(&members, ",\"k%zu\":0", twice);
	buf_text(&members, "}");
	replace(text, token->at, token->length, members.data, members.length);
	buf_free(&members);
}

static void mutate(struct buf *text)
{
	static struct token tokens[TOKENS];
	size_t count = split(text->data, text->length, tokens);
	struct token token;

	if (count == 0)
		return;
	token = tokens[random_below(count)];
	switch (random_below(16)) {
	case 0:
		swap_tokens(text, tokens, count);
		break;
	case 1:
		copy_tokens(text, tokens, count);
		break;
	case 2:
		replace(text, token.at, token.length, "", 0);
		break;
	case 3:
		put(text, token.at, 0, SOME(BETWEEN));
		break;
	case 4:
		put(text, token.at + random_below(token.length + 1), 0, SOME(PIECES));
		break;
	case 5:
	case 6:
		change_case(text, &token);
		break;
	case 7:
		escape_letter(text, &token);
		break;
	case 8:
		double_member(text, tokens, count);
		break;
	case 9:
		text->length = random_below(text->length);
		break;
	case 10:
		text->data[random_below(text->length)] = (char)random_below(256);
		break;
	case 11:
		put(text, token.at, token.length, SOME(KEYS));
		break;
	case 12:
	case 13:
		insert_member(text, &token);
		break;
	case 14:
		if (random_below(8) == 0)
			insert_many_keys(text, &token);
		break;
	default:
		put(text, token.at, token.length, SOME(VALUES));
	}
}

/* Mutations of words and strings alone, so that many texts stay JSON. */
static void change_value(struct buf *text)
{
	static struct token tokens[TOKENS];
	size_t count = split(text->data, text->length, tokens);

	for (size_t tries = 0; tries < 20 && count > 0; tries++) {
		struct token token = tokens[random_below(count)];
		char first = text->data[token.at];
		size_t next = token.at + token.length;
		bool key = first == '"' && next < text->length && text->data[next] == ':';

		if (first != '"' && !in_word(first))
			continue;
		put(text, token.at, token.length, key ? SOME(KEYS) : SOME(VALUES));
		return;
	}
}

static struct {
	size_t manifests, configs; /* how many were read */
} understood;

static void count_understood(const char *body, size_t length, const char *type)
{
	struct oci_manifest manifest;
	struct err ignored = { 0 };
	int64_t created;

	if (oci_manifest_parse(body, length, type, &manifest, &ignored) == 0) {
		understood.manifests++;
		oci_manifest_clear(&manifest);
	}
	understood.configs += image_config_created(body, length, &created, &ignored) == 0;
}

static void compare_all(const struct buf *text)
{
	/* With exactly its length, so that a sanitizer sees a read beyond it. */
	CLEANUP(free_p) char *body = xmalloc(text->length > 0 ? text->length : 1);
	const char *type = REFERENCE_TYPES[random_below(REFERENCE_TYPE_COUNT)];

	memcpy(body, text->length > 0 ? text->data : "", text->length);
	count_understood(body, text->length, type);
	if (compare_manifest(body, text->length, type) && compare_form(body, text->length) &&
	    compare_config(body, text->length))
		return;
	fwrite(body, 1, text->length, stderr);
	fail_msg("\nthe readers differ, type %s", type ? type : "none");
}

static size_t number_from(const char *name, size_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void whole_documents_are_read_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < SEED_COUNT; i++) {
		for (size_t j = 0; j < REFERENCE_TYPE_COUNT; j++)
			assert_true(
				compare_manifest(SEEDS[i], strlen(SEEDS[i]), REFERENCE_TYPES[j]));
		assert_true(compare_form(SEEDS[i], strlen(SEEDS[i])));
		assert_true(compare_config(SEEDS[i], strlen(SEEDS[i])));
	}
}

static void mutations_are_read_alike(void **state)
{
	size_t count = number_from("MUTATIONS", 100000);

	(void)state;
	state_of_random = number_from("SEED", 1) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buf_free) struct buf text = { 0 };
		bool gently = random_below(2);

		buf_text(&text, SEEDS[random_below(SEED_COUNT)]);
		for (size_t many = 1 + random_below(4); many > 0; many--) {
			if (gently)
				change_value(&text);
			else
				mutate(&text);
		}
		compare_all(&text);
	}
	print_message("%zu texts: %zu manifests, %zu configs\n", count, understood.manifests,
		      understood.configs);
	/* Else the mutations break too much to show anything. */
	assert_true(understood.manifests >= count / 20 && understood.configs >= count / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_documents_are_read_alike),
		cmocka_unit_test(mutations_are_read_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
