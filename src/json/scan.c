/* Scans JSON letter by letter, each of them once. */
#include "json/scan.h"

#include "scan_keys.h"

#include <endian.h>
#include <limits.h>
#include <string.h>

static bool fail(struct json_scan *scan)
{
	scan->failed = true;
	return false;
}

/* The next byte, or -1 at the end of the text. */
static inline int peek(const struct json_scan *scan)
{
	return scan->at < scan->end ? (unsigned char)*scan->at : -1;
}

static inline bool take(struct json_scan *scan, char wanted)
{
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

static inline bool is_blank(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static inline void skip_blanks(struct json_scan *scan)
{
	while (scan->at < scan->end && is_blank(*scan->at))
		scan->at++;
}

/* From AT on to the first byte of a string that is not plain: a quote, a backslash, a control
 * character, or one that is not ASCII. Eight bytes at a time. */
static const char *skip_plain(const char *at, const char *end)
{
	static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

	for (; end - at >= 8; at += 8) {
		uint64_t bytes, quote, backslash, found;

		memcpy(&bytes, at, sizeof bytes);
		bytes = le64toh(bytes);
		quote = bytes ^ ones * '"';
		backslash = bytes ^ ones * '\\';
		/* The lowest bit that is set is exact, those above it need not be. */
		found = ((bytes - ones * 0x20) | (quote - ones) | (backslash - ones) | bytes) &
			tops;
		if (found)
			return at + __builtin_ctzll(found) / 8;
	}
	while (at < end && *at != '"' && *at != '\\' && (signed char)*at >= 0x20)
		at++;
	return at;
}

/* A character of more than one byte: as many as its first byte says. */
static bool skip_character(struct json_scan *scan)
{
	unsigned char first = (unsigned char)*scan->at;
	int more = first < 0xc0 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : -1;

	if (more < 0 || scan->end - scan->at <= more)
		return fail(scan);
	for (scan->at++; more > 0; more--, scan->at++) {
		if (((unsigned char)*scan->at & 0xc0) != 0x80)
			return fail(scan);
	}
	return true;
}

/* What follows a backslash. NUL is set when that is the character of this name. */
static bool skip_escape(struct json_scan *scan, bool *nul)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char hex[] = "0123456789abcdefABCDEF";
	int letter = peek(scan);

	scan->at += letter >= 0;
	if (letter != 'u')
		return (letter >= 0 && memchr(letters, letter, sizeof letters - 1)) || fail(scan);
	if (scan->end - scan->at < 4)
		return fail(scan);
	if (memcmp(scan->at, "0000", 4) == 0)
		*nul = true;
	for (int i = 0; i < 4; i++, scan->at++) {
		if (!memchr(hex, *scan->at, sizeof hex - 1))
			return fail(scan);
	}
	return true;
}

/* A string, its opening quote taken already. */
static bool scan_string(struct json_scan *scan, struct json_value *string, bool *nul)
{
	*string = (struct json_value){ .type = JSON_STRING, .at = scan->at };
	for (;;) {
		scan->at = skip_plain(scan->at, scan->end);
		if (scan->at == scan->end)
			return fail(scan);
		if (*scan->at == '"') {
			string->length = (size_t)(scan->at++ - string->at);
			return true;
		}
		if (*scan->at == '\\') {
			string->escaped = true;
			scan->at++;
			if (!skip_escape(scan, nul))
				return false;
		} else if (!skip_character(scan)) {
			return false;
		}
	}
}

static bool skip_digits(struct json_scan *scan)
{
	const char *begin = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > begin || fail(scan);
}

static bool skip_number(struct json_scan *scan)
{
	take(scan, '-');
	if (!take(scan, '0') && !skip_digits(scan))
		return false;
	if (take(scan, '.') && !skip_digits(scan))
		return false;
	if (take(scan, 'e') || take(scan, 'E')) {
		if (!take(scan, '+'))
			take(scan, '-');
		return skip_digits(scan);
	}
	return true;
}

static enum json_type skip_word(struct json_scan *scan)
{
	static const struct {
		const char *text;
		size_t length;
		enum json_type type;
	} words[] = { { "true", 4, JSON_BOOL },
		      { "false", 5, JSON_BOOL },
		      { "null", 4, JSON_NULL } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if ((size_t)(scan->end - scan->at) >= words[i].length &&
		    memcmp(scan->at, words[i].text, words[i].length) == 0) {
			scan->at += words[i].length;
			return words[i].type;
		}
	}
	fail(scan);
	return JSON_ABSENT;
}

static enum json_type skip_number_or_word(struct json_scan *scan)
{
	int first = peek(scan);

	if (first != '-' && (first < '0' || first > '9'))
		return skip_word(scan);
	return skip_number(scan) ? JSON_NUMBER : JSON_ABSENT;
}

static enum json_type enter(struct json_scan *scan)
{
	bool object = *scan->at++ == '{';

	scan->keys.first[scan->depth] = scan->keys.count;
	scan->objects = (scan->objects & ~(UINT32_C(1) << scan->depth)) | (uint32_t)object
										  << scan->depth;
	scan->depth++;
	scan->fresh = true;
	return object ? JSON_OBJECT : JSON_LIST;
}

static bool in_object(const struct json_scan *scan)
{
	return scan->depth > 0 && scan->objects >> (scan->depth - 1) & 1;
}

/* Reads a value, but of an object or a list only the beginning. */
static bool begin_value(struct json_scan *scan, struct json_value *value)
{
	bool nul = false;

	skip_blanks(scan);
	if (scan->depth == JSON_SCAN_DEPTH)
		return fail(scan);
	if (take(scan, '"'))
		return scan_string(scan, value, &nul);
	*value = (struct json_value){ .at = scan->at };
	if (peek(scan) == '{' || peek(scan) == '[') {
		value->type = enter(scan);
		return true;
	}
	value->type = skip_number_or_word(scan);
	value->length = (size_t)(scan->at - value->at);
	return !scan->failed;
}

/* True when the open object or list, which CLOSING ends, has something more; else it is left. */
static bool has_more(struct json_scan *scan, char closing)
{
	bool fresh = scan->fresh;

	skip_blanks(scan);
	scan->fresh = false;
	if (!take(scan, closing))
		return fresh || take(scan, ',') || fail(scan);
	scan->depth--;
	if (closing == '}' && json_scan_keys_leave(&scan->keys, scan->keys.first[scan->depth]))
		scan->twice = true;
	return false;
}

/* The next key of the open object, and the colon behind it. */
static bool next_key(struct json_scan *scan, struct json_value *key)
{
	bool nul = false;

	if (!has_more(scan, '}'))
		return false;
	skip_blanks(scan);
	if (!take(scan, '"'))
		return fail(scan);
	if (!scan_string(scan, key, &nul))
		return false;
	if (nul)
		return fail(scan);
	if (!scan->inside &&
	    json_scan_keys_add(&scan->keys, scan->keys.first[scan->depth - 1], key))
		scan->twice = true;
	skip_blanks(scan);
	return take(scan, ':') || fail(scan);
}

/* Reads on until only DEPTH objects and lists are open. */
static bool finish_value(struct json_scan *scan, unsigned depth)
{
	struct json_value ignored;

	while (scan->depth > depth && !scan->failed) {
		if (in_object(scan) ? next_key(scan, &ignored) : has_more(scan, ']'))
			begin_value(scan, &ignored);
	}
	return !scan->failed;
}

static bool scan_value(struct json_scan *scan, struct json_value *value)
{
	unsigned depth = scan->depth;

	if (!begin_value(scan, value) || !finish_value(scan, depth))
		return false;
	if (value->type == JSON_LIST || value->type == JSON_OBJECT)
		value->length = (size_t)(scan->at - value->at);
	return true;
}

static void start(struct json_scan *scan, const char *text, size_t length)
{
	scan->begin = scan->at = text;
	scan->end = text + length;
	scan->failed = scan->no_object = scan->twice = scan->fresh = scan->inside = false;
	scan->depth = 0;
	scan->objects = 0;
	scan->keys.count = scan->keys.copy_count = scan->keys.copy_capacity = 0;
	scan->keys.capacity = JSON_SCAN_KEYS;
	scan->keys.list = scan->keys.in_place;
	scan->keys.copies = NULL;
}

void json_scan_open(struct json_scan *scan, const char *body, size_t length)
{
	struct json_value ignored;

	start(scan, length > 0 ? body : "", length);
	if (length > INT_MAX) {
		scan->failed = true;
		return;
	}
	skip_blanks(scan);
	if (peek(scan) == '{')
		enter(scan);
	else
		scan->no_object = scan_value(scan, &ignored);
}

static int say_fault(const struct json_scan *scan, struct err *err)
{
	if (scan->end - scan->begin > INT_MAX)
		return err_set(err, ERR_IO, "too long to be read as JSON");
	/* Where a text was cut differs from one to the next: many of them are one trouble. */
	if (scan->failed && scan->at == scan->end)
		return err_set(err, ERR_IO, "not JSON: its end is missing");
	if (scan->failed)
		return err_set(err, ERR_IO, "not JSON (byte %zu)",
			       (size_t)(scan->at - scan->begin));
	if (scan->no_object)
		return err_set(err, ERR_IO, "not a JSON object");
	return scan->twice ? err_set(err, ERR_IO, "a JSON key is given twice") : 0;
}

int json_scan_close(struct json_scan *scan, struct err *err)
{
	if (!scan->failed && finish_value(scan, 0)) {
		skip_blanks(scan);
		if (scan->at < scan->end)
			fail(scan);
	}
	json_scan_keys_free(&scan->keys);
	return say_fault(scan, err);
}

void json_scan_inside(struct json_scan *scan, const struct json_value *value)
{
	bool opens = value->type == JSON_OBJECT || value->type == JSON_LIST;

	start(scan, opens ? value->at : "", opens ? value->length : 0);
	scan->inside = true;
	if (opens)
		enter(scan);
}

bool json_scan_member(struct json_scan *scan, struct json_value *key, struct json_value *value)
{
	return !scan->failed && in_object(scan) && next_key(scan, key) && scan_value(scan, value);
}

static bool next_item(struct json_scan *scan)
{
	return !scan->failed && scan->depth > 0 && !in_object(scan) && has_more(scan, ']');
}

bool json_scan_item(struct json_scan *scan, struct json_value *value)
{
	return next_item(scan) && scan_value(scan, value);
}

bool json_scan_item_open(struct json_scan *scan, struct json_value *value)
{
	return next_item(scan) && begin_value(scan, value);
}
